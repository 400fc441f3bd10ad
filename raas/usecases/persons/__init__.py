"""The verbs on persons: what the authentic source answers, takes and gives out."""
