"""The log of mutations: reading it, announcing new entries, subscribers."""
