"""Persons and the status of their numbers."""
