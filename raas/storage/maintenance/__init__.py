"""Trim logs, erase contents and delete expired rows."""
