"""Keys that sign, in files, behind commands or in devices; and the places that keep checkpoints."""
