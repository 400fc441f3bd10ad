"""Removing what has been kept for its period, by class of data."""
