"""Output, progress and exit statuses of commands."""
