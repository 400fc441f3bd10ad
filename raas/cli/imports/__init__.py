"""`raas import`: a file of inscriptions and removals, applied exactly once."""
