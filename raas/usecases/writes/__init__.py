"""Use cases that write registers, and the write queue."""
