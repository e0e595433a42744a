"""Documents as text, a module a format: each has ``text(data, where)``, which raises ``NoteError``."""
