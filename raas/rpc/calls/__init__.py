"""What all calls have in common: identity, metadata, permissions, errors, measurement."""
