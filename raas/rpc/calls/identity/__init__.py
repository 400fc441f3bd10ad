"""Identification of callers, and the end of what identifies them."""
