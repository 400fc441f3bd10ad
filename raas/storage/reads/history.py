"""The history of persons in a register, from the log."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncEngine

from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.numbers.niss import Niss
from raas.domain.registers.mutation import Mutation
from raas.domain.rights.view import VisibleTypes
from raas.storage.connection.query import fetch
from raas.storage.reads.window_sql import PAGE_BYTES
from raas.storage.rows.arrays import array
from raas.storage.rows.mutations import MUTATION_COLUMNS, mutations_of
from raas.storage.rows.type_condition import of_any_type, of_types, within_parameters

_AFTER = "greatest(%(after)s::bigint, (SELECT oldest_revision FROM r))"

# First the revisions: the walk along each dossier's chain, from its last mutation back, and the mutations
# without a dossier, which have an index of their own. Then the mutations of the first revisions are read.
_HISTORY = """
WITH RECURSIVE r AS MATERIALIZED (
  SELECT oldest_revision FROM register_head WHERE register_id = %(register)s),
wanted_type AS MATERIALIZED (
  SELECT id FROM dossier_type WHERE register_id = %(register)s AND code = %(code)s::text),
chain (revision) AS (
  SELECT d.revision FROM dossier d
  WHERE d.register_id = %(register)s AND d.niss = ANY(%(nisses)s::bigint[]) AND d.revision > {after}
    AND (%(code)s::text IS NULL OR d.dossier_type_id = (SELECT id FROM wanted_type)) {of_types}
  UNION ALL
  SELECT m.previous_revision
  FROM chain c CROSS JOIN LATERAL (
    SELECT * FROM mutation WHERE register_id = %(register)s AND revision = c.revision OFFSET 0) m
  WHERE m.previous_revision > {after}),
wanted AS (
  SELECT revision FROM chain
  UNION ALL
  SELECT m.revision FROM mutation m
  WHERE m.register_id = %(register)s AND m.niss = ANY(%(nisses)s::bigint[]) AND m.dossier_type_id IS NULL
    AND m.revision > {after} {of_any_type}
    AND (%(code)s::text IS NULL OR (SELECT id FROM wanted_type) = ANY(m.dossier_type_ids))
  ORDER BY revision LIMIT %(limit)s)
SELECT (SELECT count(*) FROM wanted), x.*
FROM (
  SELECT h.*, sum(octet_length(h.before) + octet_length(h.after)) OVER (
                ORDER BY h.revision ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS bytes_before
  FROM (
    SELECT (SELECT enterprise_number FROM register WHERE id = %(register)s), {columns}
    FROM wanted w
    CROSS JOIN LATERAL (
      SELECT * FROM mutation WHERE register_id = %(register)s AND revision = w.revision OFFSET 0) m
    ORDER BY m.revision OFFSET 0) h
) x
WHERE coalesce(x.bytes_before, 0) < %(bytes)s ORDER BY x.revision"""


async def read_history(
    engine: AsyncEngine,
    register_id: int,
    nisses: Sequence[Niss],
    dossier_type: str | None,
    after: int,
    limit: int,
    within: VisibleTypes,
) -> tuple[Sequence[Mutation], bool]:
    """Mutations of these numbers with revision > `after`, oldest first, and whether more follow.

    There may be fewer than `limit` although more follow: a page ends after about PAGE_BYTES of lines.
    """
    parameters = {
        "register": register_id,
        "nisses": array(nisses),
        "code": dossier_type,
        "after": after,
        "limit": limit + 1,
        "bytes": PAGE_BYTES,
        **within_parameters(within),
    }
    rows = await fetch(engine, history_statement(within), parameters)
    if not rows:
        return (), False
    total, register = rows[0][:2]
    mutations = mutations_of(EnterpriseNumber(register), [row[2:-1] for row in rows[:limit]])
    return mutations, len(mutations) < total


def history_statement(within: VisibleTypes) -> str:
    """The statement for the mutations that concern these types; None = all."""
    return _HISTORY.format(
        after=_AFTER,
        columns=MUTATION_COLUMNS,
        of_types=of_types("d.dossier_type_id", within),
        of_any_type=of_any_type("m.dossier_type_ids", within),
    )
