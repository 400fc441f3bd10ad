"""Persons, their identity and the status of their numbers."""
