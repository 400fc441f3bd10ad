"""The calls of each service, and how a call is made."""
