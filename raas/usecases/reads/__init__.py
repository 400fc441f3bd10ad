"""Use cases that read registers."""
