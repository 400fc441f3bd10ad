"""The state of a dossier at an earlier revision, in SQL.

The state at R is the row itself if its last mutation is not after R, else `before` of its first mutation
after R. A walk along previous_revision, back from the row, finds that mutation: it needs no index on the
log, and it is as long as the number of mutations after R. Days that a restriction hides are left out, except
for auditors.
"""

from __future__ import annotations

from raas.storage.reads.hidden_days import joined_hidden_days


def joined_state(register: str, at: str, *, hiding: bool) -> str:
    """A join for statements that read `dossier d`: it adds `was`, empty where the row itself is the state.

    With `hiding` it adds the hidden days, too.
    `register` and `at` are SQL expressions: the id of the register and the revision asked.
    """
    return f"""
LEFT JOIN LATERAL (
  WITH RECURSIVE later (previous_revision, before) AS (
    SELECT m.previous_revision, m.before FROM mutation m
    WHERE d.revision > {at} AND m.register_id = {register} AND m.revision = d.revision
    UNION ALL
    SELECT m.* FROM later CROSS JOIN LATERAL (
      SELECT previous_revision, before FROM mutation
      WHERE register_id = {register} AND revision = later.previous_revision OFFSET 0) m
    WHERE later.previous_revision > {at})
  SELECT previous_revision AS revision, before AS periods FROM later WHERE previous_revision <= {at}
) was ON true{joined_hidden_days(register, at) if hiding else ""}"""


def revision_at(at: str) -> str:
    """The revision of the dossier as of `at`, in a statement with `joined_state`."""
    return f"CASE WHEN d.revision > {at} THEN was.revision ELSE d.revision END"


def periods_at(at: str, *, hiding: bool) -> str:
    """The periods of the dossier as of `at`, in a statement with `joined_state`; NULL if trimmed."""
    periods = f"CASE WHEN d.revision > {at} THEN was.periods ELSE d.periods END"
    return f"({periods}) - coalesce(hidden.periods, '{{}}'::datemultirange)" if hiding else periods
