"""Transactions that change persons, over every register that holds them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from raas.domain.numbers.niss import Niss
from raas.domain.persons.record import Person
from raas.domain.registers.mutation import MutationKind
from raas.storage.audit.log import AuditLog
from raas.storage.connection.clock import ClockGuard
from raas.storage.connection.commit import NOTHING_TO_FIND, Evidence
from raas.storage.connection.transactions import Transaction, Transactions
from raas.storage.persons.evidence import evidence_of_import, evidence_of_person
from raas.storage.persons.imports import advance, locked_offset
from raas.storage.persons.locking import Loaded, lock_and_load
from raas.storage.persons.niss_history import status_statements
from raas.storage.persons.rows import put_persons, read_persons
from raas.storage.rows.arrays import array, array_or_null
from raas.storage.rows.contents import write_content
from raas.storage.writes.evidence import evidence_of
from raas.storage.writes.save import statements
from raas.usecases.ports.persons import NissStatus, Progress
from raas.usecases.ports.write_store import ImportKey, WriteSet

_WRITE_STATUSES = """
UPDATE person p SET status = s.status, replaced_by = s.replaced_by, successor = s.successor,
  version = p.version + 1, update_time = statement_timestamp()
FROM unnest(%s::bigint[], %s::smallint[], %s::bigint[], %s::bigint[])
     AS s (niss, status, replaced_by, successor)
WHERE p.niss = s.niss"""


class PostgresPersonWriteStore:
    """The PersonWriteStore of ports/persons.py on PostgreSQL.

    `log` is the open log of the audit; without it no audit records are kept.
    """

    def __init__(
        self, engine: AsyncEngine, clock: ClockGuard | None = None, log: AuditLog | None = None
    ) -> None:
        self._transactions = Transactions(engine)
        self._clock = clock or ClockGuard()
        self._log = log

    @asynccontextmanager
    async def begin(self, nisses: Collection[Niss]) -> AsyncIterator[_Transaction]:
        """Exclude all writers, load the persons, lock and load their registers."""
        async with self._transactions.begin() as transaction:
            loaded = await transaction.wait_for_locks(
                lock_and_load(transaction.connection, nisses, self._log)
            )
            self._clock.check(loaded.time)
            yield _Transaction(transaction, loaded, self._log)


class _Transaction:
    """The PersonWriteTransaction of ports/persons.py."""

    def __init__(self, transaction: Transaction, loaded: Loaded, log: AuditLog | None) -> None:
        self._log = log
        self.persons = loaded.persons
        self.registers = loaded.registers
        self._time = loaded.time
        self._transaction = transaction
        self._connection = transaction.connection
        self._progress: Progress | None = None
        self._written: Niss | None = None

    async def import_offset(self, key: ImportKey) -> int:
        """The stored offset of an import; no other transaction moves it before this one ends."""
        return await self._transaction.finish(locked_offset(self._connection, key))

    async def advance_import(self, progress: Progress) -> None:
        """Store the offset of an import, and its skipped rows."""
        await self._transaction.finish(advance(self._connection, progress))
        self._progress = progress

    async def put(self, persons: Sequence[Person]) -> None:
        """Write records, new or changed."""
        await self._transaction.finish(put_persons(self._connection, persons, self._time))
        self._written = persons[0].niss if persons else self._written

    async def stored(self, niss: Niss) -> Person:
        """A record as it is stored now."""
        return (await self._transaction.finish(read_persons(self._connection, [niss])))[niss]

    async def keep_content(self, niss: Niss, body: Mapping[str, Any]) -> tuple[int, str]:
        """Keep facts about a person beside the log; answers their id and the hash that the log holds."""
        return await self._transaction.finish(
            write_content(self._connection, niss, MutationKind.IDENTITY_CHANGED, body)
        )

    async def commit(
        self, niss_statuses: Mapping[Niss, NissStatus], registers: Iterable[tuple[int, WriteSet]]
    ) -> None:
        """Write all of it and commit, or nothing."""
        registers = list(registers)
        statements = list(self._statements(niss_statuses, registers))
        for register_id, written in registers:
            if written.mutations or written.audit:
                evidence = evidence_of(register_id, written, self._log)
                return await self._transaction.commit(evidence, statements)
        await self._transaction.finish(self._transaction.send(statements))
        written_number = next(iter(niss_statuses), self._written)
        await self._transaction.commit(await self._transaction.finish(self._evidence(written_number)))

    async def _evidence(self, written: Niss | None) -> Evidence:
        if self._progress is not None:
            return evidence_of_import(self._progress)
        return NOTHING_TO_FIND if written is None else await evidence_of_person(self._connection, written)

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
            yield _WRITE_STATUSES, columns
            yield from status_statements(niss_statuses, self._time)
        type_ids = {
            register.id: {code: id_ for code, (id_, _) in register.types.by_code.items()}
            for register in self.registers
        }
        for register_id, written in registers:
            yield from statements(register_id, written, type_ids[register_id], self._log)
