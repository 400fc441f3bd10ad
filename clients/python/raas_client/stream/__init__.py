"""Subscriptions and their events."""
