"""The change feed: subscriptions, the dispatcher and reading the log."""
