"""Messages between health systems, a module a standard."""
