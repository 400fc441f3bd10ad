"""Proof of identity: client certificates and signed tokens, without gRPC and without a database."""


class IdentityFilesRefused(Exception):
    """A file that the settings of identity name cannot be used; the text says which, and why."""
