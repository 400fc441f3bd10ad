"""Connections, transactions and the errors of the driver."""
