"""Billable usage: counted in memory, added to the database every few seconds, listed by month."""
