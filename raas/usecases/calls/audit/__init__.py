"""The audit records of calls, while calls are served."""
