"""Rows and arrays, to and from domain values."""
