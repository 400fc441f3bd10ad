"""The PersonStore of ports/persons.py on PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import date
from functools import partial

from sqlalchemy.ext.asyncio import AsyncEngine

from raas.domain.numbers.niss import Niss
from raas.domain.persons.record import Person
from raas.domain.rights.view import VisibleTypes
from raas.domain.search.person_search import DayProbe, Probe
from raas.storage.connection.clock import ClockGuard
from raas.storage.connection.commit import NOTHING_TO_FIND, Evidence
from raas.storage.connection.lease import Connection
from raas.storage.connection.query import fetch
from raas.storage.connection.transactions import Transactions
from raas.storage.persons.create import PostgresPersonCreation, lock_additions
from raas.storage.persons.evidence import evidence_of_import, evidence_of_person
from raas.storage.persons.imports import (
    READ_OFFSET,
    READ_REJECTIONS,
    adopt_import,
    advance,
    locked_offset,
    rejections_of,
)
from raas.storage.persons.rows import READ_FINALS, READ_PERSONS, add_persons, person_of
from raas.storage.persons.search import HELD_TYPES, find, holds
from raas.storage.rows.arrays import array
from raas.storage.rows.type_condition import within_parameters
from raas.usecases.ports.persons import AddResult, Findable, Progress, Rejection
from raas.usecases.ports.write_store import ImportKey


class PostgresPersonStore:
    """Persons in the store; `writing` and `reading` are engines, the latter in autocommit."""

    def __init__(self, writing: AsyncEngine, reading: AsyncEngine, clock: ClockGuard | None = None) -> None:
        self._writing = Transactions(writing)
        self._clock = clock or ClockGuard()
        self._reading = reading
        self._finding = Transactions(reading)

    async def persons(self, nisses: Collection[Niss]) -> Mapping[Niss, Person]:
        """The records of these numbers as committed now; an unknown one is absent."""
        rows = await fetch(self._reading, READ_PERSONS, {"nisses": array(nisses)})
        return {row[0]: person_of(row) for row in rows}

    async def finals(self, nisses: Collection[Niss]) -> Mapping[Niss, Person]:
        """For each number the record of the final successor; an unknown number is absent."""
        rows = await fetch(self._reading, READ_FINALS, {"nisses": array(nisses)})
        return {row[-1]: person_of(row) for row in rows}

    async def holds(self, register_id: int, niss: Niss, within: VisibleTypes = None) -> bool:
        """Whether the register has a line under any number of the person to whom this one belongs."""
        parameters = {"register": register_id, "niss": niss, **within_parameters(within)}
        ((held,),) = await fetch(self._reading, holds(within), parameters)
        return bool(held)

    async def held_types(
        self, register_id: int, nisses: Collection[Niss], day: int
    ) -> Mapping[Niss, Mapping[str, bool]]:
        """The dossier types under which the register has a line of each person, under any number."""
        parameters = {"register": register_id, "nisses": array(nisses), "day": date.fromordinal(day)}
        held: dict[Niss, dict[str, bool]] = {}
        for niss, code, on_day in await fetch(self._reading, HELD_TYPES, parameters):
            held.setdefault(niss, {})[code] = on_day
        return held

    async def find(self, probe: Probe | DayProbe, limit: int) -> tuple[Sequence[Findable], bool]:
        """The records that an index finds with this probe, and whether there are more than `limit`."""
        return await self._finding.run(partial(find, probe=probe, limit=limit))

    async def add(self, persons: Sequence[Person], progress: Progress | None) -> AddResult:
        """Add new records and the progress of their import, in one transaction."""
        async with self._writing.begin() as transaction:
            found = await transaction.finish(self._add(transaction.connection, persons, progress))
            if isinstance(found, AddResult):
                return found
            await transaction.commit(found)
            return AddResult.ADDED

    async def _add(
        self, connection: Connection, persons: Sequence[Person], progress: Progress | None
    ) -> AddResult | Evidence:
        """Write them; answers the evidence of it, or why nothing is to be committed."""
        evidence = NOTHING_TO_FIND
        if progress is not None:
            if await locked_offset(connection, progress.key) != progress.before:
                return AddResult.OFFSET_MOVED
            await advance(connection, progress)
            evidence = evidence_of_import(progress)
        if persons and not await add_persons(connection, persons, self._clock):
            return AddResult.NUMBER_KNOWN
        if persons and progress is None:
            evidence = await evidence_of_person(connection, persons[0].niss)
        return evidence

    async def adopt_import(self, key: ImportKey, earlier: str) -> None:
        """Give the import under the caller `earlier` to the caller of `key`, unless that has one."""
        await self._writing.run(partial(adopt_import, key=key, earlier=earlier), writes=True)

    async def import_offset(self, key: ImportKey) -> int:
        """The stored offset of an import, as committed now."""
        rows = await fetch(self._reading, READ_OFFSET, {"caller": key[0], "import_id": key[1]})
        return int(rows[0][0]) if rows else 0

    async def rejections(self, key: ImportKey, first: int, end: int) -> Sequence[Rejection]:
        """The skipped rows of an import with first <= offset < end, in order of offset."""
        parameters = {"caller": key[0], "import_id": key[1], "first": first, "end": end}
        return rejections_of(await fetch(self._reading, READ_REJECTIONS, parameters))

    @asynccontextmanager
    async def creation(self) -> AsyncIterator[PostgresPersonCreation]:
        """Exclude all transactions that add persons; leaving without `add` rolls back."""
        async with self._writing.begin() as transaction:
            await transaction.wait_for_locks(lock_additions(transaction.connection))
            yield PostgresPersonCreation(transaction, self._clock)
