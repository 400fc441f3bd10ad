"""Persons in requests and answers."""
