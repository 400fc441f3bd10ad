"""Changes of a person's standing: one transaction over every register that holds the person."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.numbers.niss import Niss
from raas.domain.persons.status import PersonStatus
from raas.domain.registers.mutation import MutationKind
from raas.storage.connection.errors import translated_errors
from raas.storage.connection.transactions import Connection, Transactions
from raas.storage.persons.records import PostgresPersonRecords
from raas.storage.rows.arrays import array, array_or_null
from raas.storage.rows.contents import write_content
from raas.storage.rows.dossier_types import read_dossier_types
from raas.storage.writes.load import PERSONS_LOCK, dossier_shares, dossier_states
from raas.storage.writes.save import statements
from raas.usecases.ports.person_change import LoadedRegister, NissStatus
from raas.usecases.ports.persons import PersonRecords
from raas.usecases.ports.write_store import LoadedState, WriteSet

_LOCK = f"SELECT pg_advisory_xact_lock({PERSONS_LOCK})"
_TRANSACTION = "SELECT pg_current_xact_id()::text"

_STANDINGS = "SELECT niss, status, replaced_by, successor FROM person WHERE niss = ANY(%s::bigint[])"
_UNITED = "SELECT niss, status, replaced_by, successor FROM person WHERE successor = ANY(%s::bigint[])"

# The clock is read after the locks were granted, like in writes/load.py.
_LOCK_REGISTERS = """
WITH locked AS MATERIALIZED (
  SELECT id, enterprise_number, log_id, revision, checksum, types_revision, record_time FROM register
  WHERE id IN (SELECT register_id FROM dossier WHERE niss = ANY(%(nisses)s::bigint[]))
  ORDER BY id FOR NO KEY UPDATE)
SELECT id, enterprise_number, log_id, revision, checksum, types_revision,
       greatest(record_time, clock_timestamp())
FROM locked ORDER BY id"""

_DOSSIERS = """
SELECT niss, dossier_type_id, periods::text, revision FROM dossier
WHERE register_id = %s AND niss = ANY(%s::bigint[])"""

_SHARES = """
SELECT niss, dossier_type_id, origin, periods::text, inseparable::text FROM dossier_share
WHERE register_id = %s AND niss = ANY(%s::bigint[])"""

_WRITE_STANDINGS = """
UPDATE person p SET status = s.status, replaced_by = s.replaced_by, successor = s.successor,
  version = p.version + 1, update_time = clock_timestamp()
FROM unnest(%s::bigint[], %s::smallint[], %s::bigint[], %s::bigint[])
     AS s (niss, status, replaced_by, successor)
WHERE p.niss = s.niss"""


class PostgresPersonWriteStore:
    """The PersonChangeStore of person_change.py on PostgreSQL."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._transactions = Transactions(engine)

    @asynccontextmanager
    async def change(self) -> AsyncIterator[PostgresPersonChange]:
        """Keep every write lane out, then read; leaving without commit rolls back."""
        async with self._transactions.connection() as connection:
            with translated_errors():
                await connection.execute(_LOCK)
                row = await (await connection.execute(_TRANSACTION)).fetchone()
            yield PostgresPersonChange(self._transactions, connection, row[0] if row else "")


class PostgresPersonChange:
    """A transaction in which no write lane runs anywhere."""

    def __init__(self, transactions: Transactions, connection: Connection, transaction_id: str) -> None:
        self.records: PersonRecords = PostgresPersonRecords(connection)
        self._connection = connection
        self._transactions = transactions
        self._transaction_id = transaction_id
        self._holdings: dict[int, LoadedRegister] = {}

    async def niss_statuses(self, nisses: Sequence[Niss]) -> Mapping[Niss, NissStatus]:
        """What is known of these numbers."""
        return await self._standings(_STANDINGS, array(nisses))

    async def united(self, nisses: Sequence[Niss]) -> Mapping[Niss, NissStatus]:
        """The numbers whose final successor is one of these."""
        return await self._standings(_UNITED, array(nisses))

    async def _standings(self, statement: str, parameter: object) -> Mapping[Niss, NissStatus]:
        with translated_errors():
            rows = await (await self._connection.execute(statement, (parameter,))).fetchall()
        return {
            niss: NissStatus(PersonStatus(status), replaced_by, successor)
            for niss, status, replaced_by, successor in rows
        }

    async def loaded_registers(self, nisses: Sequence[Niss]) -> Sequence[LoadedRegister]:
        """The registers concerned, locked in the order of their ids, with their dossiers of these numbers."""
        numbers = array(nisses)
        with translated_errors():
            cursor = await self._connection.execute(_LOCK_REGISTERS, {"nisses": numbers})
            return [await self._holding(row, numbers) for row in await cursor.fetchall()]

    async def _holding(self, row: tuple[Any, ...], numbers: str) -> LoadedRegister:
        register_id, number, log_id, revision, checksum, types_revision, record_time = row
        execute = self._connection.execute
        async with self._connection.pipeline():
            dossiers = await execute(_DOSSIERS, (register_id, numbers))
            shares = await execute(_SHARES, (register_id, numbers))
            types = await read_dossier_types(self._connection, register_id)
        loaded = LoadedState(
            EnterpriseNumber(number),
            log_id,
            revision,
            checksum,
            types_revision,
            record_time,
            dossier_states(await dossiers.fetchall()),
            dossier_shares(await shares.fetchall()),
        )
        loaded_register = self._holdings[register_id] = LoadedRegister(
            register_id, loaded.register, loaded, types
        )
        return loaded_register

    async def keep_content(self, niss: Niss, body: Mapping[str, Any]) -> tuple[int, str]:
        """Keep facts about a person beside the log; answers their id and the hash that stands for them."""
        with translated_errors():
            return await write_content(self._connection, niss, MutationKind.IDENTITY_CHANGED, body)

    async def commit(
        self, niss_statuses: Mapping[Niss, NissStatus], registers: Iterable[tuple[int, WriteSet]]
    ) -> None:
        """Write all of it and commit, or nothing."""
        await self._transactions.commit(
            self._connection, self._transaction_id, self._statements(niss_statuses, registers)
        )

    def _statements(
        self, niss_statuses: Mapping[Niss, NissStatus], registers: Iterable[tuple[int, WriteSet]]
    ) -> Iterable[tuple[str, Any]]:
        if niss_statuses:
            columns = (
                array(niss_statuses),
                array(s.status.value for s in niss_statuses.values()),
                array_or_null(s.replaced_by for s in niss_statuses.values()),
                array_or_null(s.successor for s in niss_statuses.values()),
            )
            yield _WRITE_STANDINGS, columns
        for register_id, written in registers:
            loaded_register = self._holdings[register_id]
            ids = {code: id_ for code, (id_, _) in loaded_register.types.by_code.items()}
            yield from statements(register_id, written, ids)
