"""The ports through which processes share what callers use."""
