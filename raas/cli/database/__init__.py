"""Commands that work on the database itself, beside running servers or without any."""
