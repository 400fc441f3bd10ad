"""The inspection of the audit: who asked what about whom."""
