"""Output, progress, signals and exit statuses of commands."""
