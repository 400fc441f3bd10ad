"""Administration of registers and their logs."""
