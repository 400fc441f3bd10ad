"""What use cases share about a call: who calls, access, pages, limits."""
