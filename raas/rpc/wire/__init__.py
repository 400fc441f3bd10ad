"""Conversion between messages and domain values: requests are read, answers are written."""
