"""`raas import`: inscriptions and removals from a file, each applied exactly once."""
