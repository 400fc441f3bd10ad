"""The records of persons inside a transaction."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from raas.domain.numbers.niss import Niss
from raas.domain.persons.record import Person
from raas.storage.connection.errors import translated_errors
from raas.storage.connection.transactions import Connection
from raas.storage.persons.imports import advance, locked_offset
from raas.storage.persons.rows import put_persons, read_persons
from raas.usecases.ports.persons import Progress
from raas.usecases.ports.write_store import ImportKey


class PostgresPersonRecords:
    """The PersonRecords of person_ports.py on the connection of a transaction under way."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def persons(self, nisses: Collection[Niss]) -> Mapping[Niss, Person]:
        """The records of these numbers as they now are, this transaction's changes included."""
        with translated_errors():
            return await read_persons(self._connection, nisses)

    async def put(self, persons: Sequence[Person]) -> None:
        """Write records, new or changed, each one version further."""
        with translated_errors():
            await put_persons(self._connection, persons)

    async def import_offset(self, key: ImportKey) -> int:
        """The offset from which an import goes on; nobody else moves it until the transaction ends."""
        with translated_errors():
            return await locked_offset(self._connection, key)

    async def advance_import(self, progress: Progress) -> None:
        """Keep how far an import came, and the rows that were skipped on the way."""
        with translated_errors():
            await advance(self._connection, progress)
