"""Results as annotations of the notes' words, for tools in which people look, mend and label."""
