"""Walks along the chains of dossiers to the mutations that changed whether a day is covered."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncEngine

from raas.domain.calendar.day import day_text
from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.numbers.niss import Niss
from raas.domain.registers.mutation import Mutation
from raas.domain.rights.view import VisibleTypes
from raas.storage.connection.query import fetch
from raas.storage.reads.hidden_days import hides_day
from raas.storage.rows.arrays import array
from raas.storage.rows.mutations import MUTATION_COLUMNS, mutations_of
from raas.storage.rows.type_condition import of_types, within_parameters
from raas.usecases.ports.errors import StoreFault
from raas.usecases.ports.read_store import DossierChain, DossierChains, WalkStart, WalkStep

_STEPS = 500
"""Mutations of each dossier that one statement reads: some milliseconds."""

_CHAINS = """
SELECT r.revision, d.niss, d.revision, d.periods @> %(day)s::date
FROM (SELECT revision FROM register_head WHERE register_id = %(register)s) r
LEFT JOIN (
  SELECT niss, revision, periods FROM dossier
  WHERE register_id = %(register)s AND niss = ANY(%(nisses)s::bigint[]) {of_types}
    AND (%(code)s::text IS NULL OR dossier_type_id = (
      SELECT id FROM dossier_type WHERE register_id = %(register)s AND code = %(code)s::text))) d ON true"""

# A walk ends at a mutation that changed whether the day is covered, at the beginning of the chain, where the
# log was trimmed, or after a number of steps.
_WALK = """
WITH RECURSIVE r AS MATERIALIZED (SELECT oldest_revision FROM register_head WHERE register_id = %(register)s),
walk (number, at, revision, previous_revision, kind, replaced, before, after, steps) AS (
  SELECT p.number, p.at, m.revision, m.previous_revision, m.kind, m.detail ->> 'replaced_niss',
         {before}, {after}, 1
  FROM unnest(%(revisions)s::bigint[], %(ats)s::bigint[]) WITH ORDINALITY AS p (revision, at, number)
  CROSS JOIN LATERAL (
    SELECT * FROM mutation WHERE register_id = %(register)s AND revision = p.revision OFFSET 0) m
  WHERE m.revision > (SELECT oldest_revision FROM r)
  UNION ALL
  SELECT w.number, w.at, m.revision, m.previous_revision, m.kind, m.detail ->> 'replaced_niss',
         {before}, {after}, w.steps + 1
  FROM walk w CROSS JOIN LATERAL (
    SELECT * FROM mutation WHERE register_id = %(register)s AND revision = w.previous_revision OFFSET 0) m
  WHERE w.steps < %(steps)s AND (w.revision > w.at OR w.before = w.after)
    AND m.revision > (SELECT oldest_revision FROM r))
SELECT DISTINCT ON (number) number, revision, previous_revision, kind, replaced, before, after
FROM walk ORDER BY number, steps DESC"""

_MUTATION = f"""
SELECT (SELECT enterprise_number FROM register WHERE id = %(register)s), {MUTATION_COLUMNS}
FROM register_head h JOIN mutation m ON m.register_id = %(register)s AND m.revision = %(revision)s
WHERE h.register_id = %(register)s AND m.revision > h.oldest_revision"""


async def read_chains(
    engine: AsyncEngine,
    register_id: int,
    nisses: Sequence[Niss],
    dossier_type: str | None,
    day: int,
    within: VisibleTypes,
) -> DossierChains:
    """The dossiers of these numbers, emptied ones too, and the revision of the register."""
    parameters = {
        "register": register_id,
        "nisses": array(nisses),
        "code": dossier_type,
        "day": day_text(day),
        **within_parameters(within),
    }
    rows = await fetch(engine, chains_statement(within), parameters)
    if not rows:
        raise StoreFault("the head of the register is gone")
    return DossierChains(rows[0][0], tuple(DossierChain(*row[1:]) for row in rows if row[1] is not None))


def chains_statement(within: VisibleTypes) -> str:
    """The statement for the dossiers of these types; None = all."""
    return _CHAINS.format(of_types=of_types("dossier_type_id", within))


async def walk(
    engine: AsyncEngine,
    register_id: int,
    starts: Sequence[WalkStart],
    day: int,
    steps: int = _STEPS,
    *,
    hiding: bool,
) -> Sequence[WalkStep | None]:
    """The mutation at which each walk ends, see `ReadStore.walk`.

    With `hiding`, a dossier does not cover a day at the revisions at which a restriction hides it.
    """
    parameters = {
        "register": register_id,
        "revisions": array(start.revision for start in starts),
        "ats": array(start.at for start in starts),
        "day": day_text(day),
        "steps": steps,
    }
    found: list[WalkStep | None] = [None] * len(starts)
    for number, revision, previous, kind, replaced, before, after in await fetch(
        engine, walk_statement(hiding=hiding), parameters
    ):
        replaced_niss = None if replaced is None else Niss(int(replaced))
        found[number - 1] = WalkStep(revision, previous, kind, replaced_niss, before, after)
    return found


def walk_statement(*, hiding: bool) -> str:
    """The statement for walks."""

    def covers(lines: str, revision: str) -> str:
        covered = f"{lines} @> %(day)s::date"
        hidden = hides_day("%(register)s", revision, "%(day)s::date")
        return f"{covered} AND NOT {hidden}" if hiding else covered

    return _WALK.format(before=covers("m.before", "m.revision - 1"), after=covers("m.after", "m.revision"))


async def read_mutation(engine: AsyncEngine, register_id: int, revision: int) -> Mutation | None:
    """One mutation; None = trimmed away."""
    rows = await fetch(engine, _MUTATION, {"register": register_id, "revision": revision})
    if not rows:
        return None
    return mutations_of(EnterpriseNumber(rows[0][0]), [rows[0][1:]])[0]
