"""Calls that are cancelled at any point, over the real stores."""
