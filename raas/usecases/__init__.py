"""The verbs: one file per verb or small family, and what they need from outside (ports)."""
