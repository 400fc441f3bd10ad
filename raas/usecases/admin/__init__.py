"""Administration: registers and their logs, rights, restrictions, erasure and restore."""
