"""Lookups of persons: all dossiers of a few numbers, for many callers in one statement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy.ext.asyncio import AsyncEngine

from raas.concurrency.batch_loader import BatchLoader
from raas.domain.errors import Refused
from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.numbers.niss import Niss
from raas.domain.registers.revision_bounds import revision_violation
from raas.storage.connection.query import Row, fetch
from raas.storage.reads.as_of import joined_state, periods_at, revision_at
from raas.storage.rows.arrays import array, array_or_null
from raas.storage.rows.ranges import lines_of
from raas.usecases.ports.errors import StoreFault
from raas.usecases.ports.read_store import DossierView


class Lookup(NamedTuple):
    """A number in a register, as of a revision; None = now."""

    register_id: int
    niss: Niss
    at: int | None


@dataclass(frozen=True, slots=True)
class Found:
    """The dossiers with lines of a number in a register, in order of code, as of `revision`."""

    revision: int
    dossiers: tuple[DossierView, ...]


class Lookups:
    """Reads dossiers by number; concurrent calls share a statement and its snapshot."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._now = BatchLoader(self._fetch_now)
        self._earlier = BatchLoader(self._fetch_earlier)

    async def of(self, keys: Sequence[Lookup]) -> Sequence[Found]:
        """The dossiers of each key, in the order of the keys, in one snapshot.

        Raises Refused REVISION_IN_FUTURE, REVISION_EXPIRED; StoreUnavailable, StoreFault.
        """
        if not keys:
            return ()
        loader = self._now if all(key.at is None for key in keys) else self._earlier
        rows_of_keys = await loader.of(keys)
        return [_found(key, rows) for key, rows in zip(keys, rows_of_keys, strict=True)]

    async def _fetch_now(self, keys: Sequence[Lookup]) -> Sequence[Sequence[Row]]:
        return _by_key(keys, await fetch(self._engine, _NOW, _parameters(keys)))

    async def _fetch_earlier(self, keys: Sequence[Lookup]) -> Sequence[Sequence[Row]]:
        parameters = {**_parameters(keys), "revisions": array_or_null(key.at for key in keys)}
        return _by_key(keys, await fetch(self._engine, _EARLIER, parameters))


# OFFSET 0 keeps each part an index lookup, whatever the sizes of the tables (docs/decisions/0013).
_NOW = """
SELECT key.number, r.revision, r.oldest_revision, f.niss, f.code, f.partner, f.revision, f.lines
FROM unnest(%(registers)s::bigint[], %(nisses)s::bigint[]) WITH ORDINALITY AS key (register_id, niss, number)
CROSS JOIN LATERAL (
  SELECT revision, oldest_revision FROM register_head WHERE register_id = key.register_id OFFSET 0) r
LEFT JOIN LATERAL (
  SELECT d.niss, t.code, t.partner, d.revision, d.periods::text AS lines
  FROM dossier d CROSS JOIN LATERAL (
    SELECT code, partner FROM dossier_type WHERE id = d.dossier_type_id OFFSET 0) t
  WHERE d.register_id = key.register_id AND d.niss = key.niss OFFSET 0) f ON true"""

_AT = "coalesce(key.at, r.revision)"

_EARLIER = f"""
SELECT key.number, r.revision, r.oldest_revision, f.niss, f.code, f.partner, f.revision, f.lines
FROM unnest(%(registers)s::bigint[], %(nisses)s::bigint[], %(revisions)s::bigint[])
  WITH ORDINALITY AS key (register_id, niss, at, number)
CROSS JOIN LATERAL (
  SELECT revision, oldest_revision FROM register_head WHERE register_id = key.register_id OFFSET 0) r
LEFT JOIN LATERAL (
  SELECT d.niss, t.code, t.partner, {revision_at(_AT)} AS revision, ({periods_at(_AT)})::text AS lines
  FROM dossier d CROSS JOIN LATERAL (
    SELECT code, partner FROM dossier_type WHERE id = d.dossier_type_id OFFSET 0) t
  {joined_state("key.register_id", _AT)}
  WHERE d.register_id = key.register_id AND d.niss = key.niss OFFSET 0) f ON true"""


def _parameters(keys: Sequence[Lookup]) -> Mapping[str, Any]:
    return {
        "registers": array(key.register_id for key in keys),
        "nisses": array(key.niss for key in keys),
    }


def _by_key(keys: Sequence[Lookup], rows: Sequence[Row]) -> Sequence[Sequence[Row]]:
    by_key: list[list[Row]] = [[] for _ in keys]
    for number, *rest in rows:
        by_key[number - 1].append(tuple(rest))
    return by_key


def _found(key: Lookup, rows: Sequence[Row]) -> Found:
    if not rows:
        raise StoreFault("the head of the register is gone")
    revision, oldest_revision = rows[0][:2]
    if key.at is not None:
        violation = revision_violation(key.at, revision, oldest_revision)
        if violation is not None:
            raise Refused([violation])
    views = [
        DossierView(
            Niss(niss), code, None if partner is None else EnterpriseNumber(partner), lines_of(lines), last
        )
        for _, _, niss, code, partner, last, lines in rows
        if lines is not None and lines != "{}"
    ]
    # By code point, which is the order of COLLATE "C".
    views.sort(key=lambda view: view.dossier_type)
    return Found(revision if key.at is None else key.at, tuple(views))
