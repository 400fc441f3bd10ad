"""The proof of who calls: client certificates and tokens, read again when they are renewed."""
