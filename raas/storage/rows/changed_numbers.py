"""Numbers whose status has changed: only of these may the nodes of a cluster differ."""

from __future__ import annotations

CHANGED_NUMBERS = """
SELECT niss FROM niss_status WHERE niss = ANY(%(nisses)s::bigint[])
GROUP BY niss HAVING count(*) > 1 LIMIT 1"""
"""One of these numbers that had another status before; no row when there is none."""
