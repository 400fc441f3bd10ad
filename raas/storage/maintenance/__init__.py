"""Trimming logs, erasing contents, forgetting expired rows."""
