"""Calls of a running server: shared options, the client, and what a failed call says."""
