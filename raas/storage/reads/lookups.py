"""Lookups of persons: all dossiers of a few numbers, for many callers in one round trip."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy.ext.asyncio import AsyncEngine

from raas.concurrency.batch_loader import BatchLoader
from raas.domain.errors import Refused
from raas.domain.numbers.niss import Niss
from raas.domain.registers.revision_bounds import revision_violation
from raas.storage.connection.query import Row, fetch, fetch_each
from raas.storage.reads.as_of import joined_state, periods_at, revision_at
from raas.storage.reads.type_codes import TypeCodes
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
    """Reads dossiers by number; concurrent calls share a statement.

    With `hiding`, earlier states are read without the days that restrictions hide.
    """

    def __init__(self, engine: AsyncEngine, types: TypeCodes, *, hiding: bool) -> None:
        self._engine = engine
        self._types = types
        self._earlier_statement = earlier_statement(hiding=hiding)
        self._now = BatchLoader(self._fetch_now)
        self._earlier = BatchLoader(self._fetch_earlier)

    async def of(self, keys: Sequence[Lookup]) -> Sequence[Found]:
        """The dossiers of each key, in the order of the keys; those of a register are of one snapshot.

        Raises Refused REVISION_IN_FUTURE, REVISION_EXPIRED; StoreUnavailable, StoreFault.
        """
        if not keys:
            return ()
        loader = self._now if all(key.at is None for key in keys) else self._earlier
        rows_of_keys = await loader.of(keys)
        return [self._found(key, rows) for key, rows in zip(keys, rows_of_keys, strict=True)]

    async def _fetch_now(self, keys: Sequence[Lookup]) -> Sequence[Sequence[Row]]:
        registers = {key.register_id for key in keys}
        if len(registers) == 1:
            parameters: dict[str, Any] = {"register": registers.pop()}
            statement = _OF_ONE
        else:
            parameters = {"registers": array(key.register_id for key in keys)}
            parameters["each_register"] = array(registers)
            statement = _OF_SEVERAL
        parameters["nisses"] = array(key.niss for key in keys)
        by_key: list[list[Row]] = [[] for _ in keys]
        for row in await fetch(self._engine, statement, parameters):
            by_key[row[0] - 1].append(row)
        return await self._with_types(keys, by_key)

    async def _fetch_earlier(self, keys: Sequence[Lookup]) -> Sequence[Sequence[Row]]:
        places: defaultdict[int, list[int]] = defaultdict(list)
        for place, key in enumerate(keys):
            places[key.register_id].append(place)
        registers = sorted(places)
        each = [
            {
                "register": register_id,
                "nisses": array(keys[place].niss for place in places[register_id]),
                "revisions": array_or_null(keys[place].at for place in places[register_id]),
            }
            for register_id in registers
        ]
        by_key: list[list[Row]] = [[] for _ in keys]
        rows_of_registers = await fetch_each(self._engine, self._earlier_statement, each)
        for register_id, rows in zip(registers, rows_of_registers, strict=True):
            for row in rows:
                by_key[places[register_id][row[0] - 1]].append(row)
        return await self._with_types(keys, by_key)

    async def _with_types(
        self, keys: Sequence[Lookup], by_key: Sequence[Sequence[Row]]
    ) -> Sequence[Sequence[Row]]:
        """The rows, once the names of their dossier types are known."""
        await self._types.load(
            {
                (key.register_id, row[3], row[5])
                for key, rows in zip(keys, by_key, strict=True)
                for row in rows
                if row[5] is not None
            }
        )
        return by_key

    def _found(self, key: Lookup, rows: Sequence[Row]) -> Found:
        if not rows:
            raise StoreFault("the head of the register is gone")
        _, revision, oldest_revision = rows[0][:3]
        if key.at is not None:
            violation = revision_violation(key.at, revision, oldest_revision)
            if violation is not None:
                raise Refused([violation])
        views = []
        for *_, niss, type_id, last, lines in rows:
            if lines is not None and lines != "{}":
                name = self._types.name(key.register_id, type_id)
                views.append(DossierView(niss, name.code, name.partner, lines_of(lines), last))
        # By code point, which is the order of COLLATE "C".
        views.sort(key=lambda view: view.dossier_type)
        return Found(revision if key.at is None else key.at, tuple(views))


_COLUMNS = """
SELECT key.number, h.revision, h.oldest_revision, h.types_revision,
       d.niss, d.dossier_type_id, d.revision, d.periods::text"""

# OFFSET 0 keeps each part an index lookup, whatever the sizes of the tables (docs/decisions/0013).
_OF_ONE = f"""{_COLUMNS}
FROM register_head h
CROSS JOIN unnest(%(nisses)s::bigint[]) WITH ORDINALITY AS key (niss, number)
LEFT JOIN LATERAL (
  SELECT niss, dossier_type_id, revision, periods FROM dossier
  WHERE register_id = %(register)s AND niss = key.niss OFFSET 0) d ON true
WHERE h.register_id = %(register)s"""

# A sharded PostgreSQL sends it to the nodes of these registers at the same time. LATERAL it cannot do there.
_OF_SEVERAL = f"""{_COLUMNS}
FROM unnest(%(registers)s::bigint[], %(nisses)s::bigint[]) WITH ORDINALITY AS key (register_id, niss, number)
JOIN register_head h ON h.register_id = key.register_id
LEFT JOIN dossier d ON d.register_id = h.register_id AND d.niss = key.niss
WHERE h.register_id = ANY(%(each_register)s::bigint[])"""

_AT = "coalesce(key.at, h.revision)"


def earlier_statement(*, hiding: bool) -> str:
    """The statement for earlier states."""
    return f"""{_COLUMNS}
FROM register_head h
CROSS JOIN unnest(%(nisses)s::bigint[], %(revisions)s::bigint[]) WITH ORDINALITY AS key (niss, at, number)
LEFT JOIN LATERAL (
  SELECT d.niss, d.dossier_type_id, {revision_at(_AT)} AS revision,
         {periods_at(_AT, hiding=hiding)} AS periods
  FROM dossier d {joined_state("%(register)s", _AT, hiding=hiding)}
  WHERE d.register_id = %(register)s AND d.niss = key.niss OFFSET 0) d ON true
WHERE h.register_id = %(register)s"""
