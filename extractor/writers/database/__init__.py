"""Records as the five tables of a database: a file of its own, or a warehouse that is there."""
