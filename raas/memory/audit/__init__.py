"""The stores of the audit in memory."""
