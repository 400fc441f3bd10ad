"""The use cases, one file for each or for a small family, and their ports."""
