"""What every call passes, whichever its service: identity, metadata, errors, measurement."""
