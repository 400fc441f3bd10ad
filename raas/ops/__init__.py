"""Settings, logs, metrics and the other needs of operations."""
