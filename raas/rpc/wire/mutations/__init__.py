"""Mutations as messages, and as the bytes of messages."""
