"""The records of a person at the authentic source, for a report about the person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy.ext.asyncio import AsyncEngine

from raas.domain.numbers.niss import Niss
from raas.domain.persons.record import Person
from raas.domain.persons.status import PersonStatus
from raas.storage.connection.query import fetch
from raas.storage.persons.store import PostgresPersonStore
from raas.storage.rows.arrays import array
from raas.usecases.inspection.person_report import StatusChange

_CHANGES = """
SELECT niss, time, status, replaced_by FROM niss_status
WHERE niss = ANY(%(nisses)s::bigint[]) ORDER BY time, niss"""


class PostgresPersonRecords:
    """Reads them; `reading` is an engine in autocommit."""

    def __init__(self, writing: AsyncEngine, reading: AsyncEngine) -> None:
        self._persons = PostgresPersonStore(writing, reading)
        self._reading = reading

    async def persons(self, nisses: Sequence[Niss]) -> Mapping[Niss, Person]:
        """The records of these numbers."""
        return await self._persons.persons(nisses)

    async def status_changes(self, nisses: Sequence[Niss]) -> Sequence[StatusChange]:
        """All changes of the status of these numbers."""
        rows = await fetch(self._reading, _CHANGES, {"nisses": array(nisses)})
        return [StatusChange(niss, time, PersonStatus(status), by) for niss, time, status, by in rows]
