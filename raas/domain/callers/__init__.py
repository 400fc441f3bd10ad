"""Callers and what proves who they are."""
