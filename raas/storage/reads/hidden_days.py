"""The days that restrictions hide from reads as of an earlier revision, in SQL.

The table `restriction` is small and usually empty: each lookup is one probe of its primary key.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncEngine

from raas.domain.numbers.niss import Niss
from raas.domain.registers.restriction import HiddenDays
from raas.storage.connection.query import fetch
from raas.storage.rows.arrays import array
from raas.storage.rows.ranges import lines_of

_READ = """
SELECT x.niss, t.code, x.first_revision, x.last_revision, x.periods::text
FROM restriction x JOIN dossier_type t ON t.id = x.dossier_type_id
WHERE x.register_id = %(register)s AND x.niss = ANY(%(nisses)s::bigint[]) AND x.lift_time IS NULL"""


def joined_hidden_days(register: str, at: str) -> str:
    """A join for statements that read `dossier d`: `hidden.periods`, NULL where no days are hidden.

    `register` and `at` are SQL expressions: the id of the register and the revision asked.
    """
    return f"""
CROSS JOIN LATERAL (
  SELECT range_agg(x.periods) AS periods FROM restriction x
  WHERE x.register_id = {register} AND x.niss = d.niss AND x.dossier_type_id = d.dossier_type_id
    AND {at} BETWEEN x.first_revision AND x.last_revision AND x.lift_time IS NULL
) hidden"""


def hides_day(register: str, revision: str, day: str) -> str:
    """Whether the day is hidden from the state of the dossier of the mutation `m` at a revision."""
    return f"""EXISTS (
    SELECT FROM restriction x
    WHERE x.register_id = {register} AND x.niss = m.niss AND x.dossier_type_id = m.dossier_type_id
      AND {revision} BETWEEN x.first_revision AND x.last_revision AND x.lift_time IS NULL
      AND x.periods @> {day})"""


async def read_hidden_days(
    engine: AsyncEngine, register_id: int, nisses: Sequence[Niss]
) -> Sequence[HiddenDays]:
    """The hidden days of all dossiers of these numbers."""
    rows = await fetch(engine, _READ, {"register": register_id, "nisses": array(nisses)})
    return tuple(
        HiddenDays(Niss(niss), code, lines_of(periods), first, last)
        for niss, code, first, last, periods in rows
    )
