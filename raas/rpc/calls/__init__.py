"""Common parts of all calls: identity, metadata, permissions, errors, measurement."""
