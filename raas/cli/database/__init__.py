"""Commands that work on the database, with or without running servers."""
