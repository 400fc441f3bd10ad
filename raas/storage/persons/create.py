"""A transaction that may add one person, while no other transaction adds one."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from raas.domain.numbers.niss import Niss
from raas.domain.persons.record import Person
from raas.domain.search.person_search import DayProbe, Probe
from raas.storage.connection.clock import ClockGuard
from raas.storage.connection.commit import Evidence
from raas.storage.connection.lease import Connection
from raas.storage.connection.query import Row
from raas.storage.connection.transactions import Transaction
from raas.storage.persons.evidence import evidence_of_person
from raas.storage.persons.rows import add_persons, read_persons
from raas.storage.persons.search import find
from raas.storage.rows.arrays import array
from raas.storage.writes.load import ADDITIONS_LOCK
from raas.usecases.ports.errors import StoreFault
from raas.usecases.ports.persons import CreatedBefore, Findable
from raas.usecases.ports.write_store import RequestKey

_LOCK = f"SELECT pg_advisory_xact_lock({ADDITIONS_LOCK})"

_CREATED_BEFORE = "SELECT body_hash, niss FROM person_request WHERE caller = %s AND request_id = %s"

_OF_PERSONS = "SELECT niss FROM person WHERE niss = ANY(%(nisses)s::bigint[])"

# A register may know a number that the source does not: it was inscribed while another source was used.
_OF_DOSSIERS = "SELECT DISTINCT niss FROM dossier WHERE niss = ANY(%(nisses)s::bigint[])"

_REMEMBER = "INSERT INTO person_request (caller, request_id, body_hash, niss) VALUES (%s, %s, %s, %s)"


async def lock_additions(connection: Connection) -> None:
    """Exclude all transactions that add persons."""
    await connection.execute(_LOCK)


class PostgresPersonCreation:
    """The PersonCreation of ports/persons.py. READ COMMITTED: each statement sees all earlier commits."""

    def __init__(self, transaction: Transaction, clock: ClockGuard) -> None:
        self._transaction = transaction
        self._clock = clock
        self._connection = transaction.connection

    async def created_before(self, key: RequestKey) -> CreatedBefore | None:
        """The person created under this request id; None = there is none."""
        row = await self._transaction.finish(self._first(_CREATED_BEFORE, key))
        return None if row is None else CreatedBefore(bytes(row[0]), row[1])

    async def find(self, probe: Probe | DayProbe, limit: int) -> tuple[Sequence[Findable], bool]:
        """Like `PersonStore.find`, on the data committed when it is called."""
        return await self._transaction.finish(find(self._connection, probe, limit))

    async def persons(self, nisses: Collection[Niss]) -> Mapping[Niss, Person]:
        """The records of these numbers; an unknown one is absent."""
        return await self._transaction.finish(read_persons(self._connection, nisses))

    async def taken(self, nisses: Sequence[Niss]) -> Collection[Niss]:
        """Those of these numbers that a person has, or that a register knows."""
        return await self._transaction.finish(self._taken(nisses))

    async def add(self, person: Person, key: RequestKey | None, fingerprint: bytes) -> Person:
        """Add the person, store the request id, and commit. Raises StoreFault when the number is taken."""
        record, evidence = await self._transaction.finish(self._add(person, key, fingerprint))
        await self._transaction.commit(evidence)
        return record

    async def _first(self, statement: str, parameters: Sequence[Any]) -> Row | None:
        return await (await self._connection.execute(statement, parameters)).fetchone()

    async def _taken(self, nisses: Sequence[Niss]) -> Collection[Niss]:
        parameters = {"nisses": array(nisses)}
        async with self._connection.pipeline():
            persons = await self._connection.execute(_OF_PERSONS, parameters)
            dossiers = await self._connection.execute(_OF_DOSSIERS, parameters)
        return {niss for (niss,) in (*await persons.fetchall(), *await dossiers.fetchall())}

    async def _add(
        self, person: Person, key: RequestKey | None, fingerprint: bytes
    ) -> tuple[Person, Evidence]:
        if not await add_persons(self._connection, [person], self._clock):
            raise StoreFault("the number of a new person is taken")
        if key is not None:
            await self._connection.execute(_REMEMBER, (*key, fingerprint, person.niss))
        record = (await read_persons(self._connection, [person.niss]))[person.niss]
        return record, await evidence_of_person(self._connection, person.niss)
