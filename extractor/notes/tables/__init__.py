"""Tables of notes, a note a row or over several rows, a module a format."""
