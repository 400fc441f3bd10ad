"""The composition of the commands that work on a database, with or without running servers."""
