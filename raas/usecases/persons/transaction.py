"""Transactions that change persons and the registers that hold them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from raas.domain.calendar.periods import Lines
from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.numbers.niss import Niss
from raas.domain.persons.record import Person
from raas.domain.registers.dossier_type import DossierType
from raas.usecases.calls.audit.call_audit import write_record
from raas.usecases.calls.call import Call
from raas.usecases.persons.record_cache import RecordCache
from raas.usecases.ports.persons import LockedRegister, PersonWriteStore, PersonWriteTransaction, Progress
from raas.usecases.ports.write_store import ImportKey
from raas.usecases.writes.unit_of_work import RegisterUnitOfWork


class RegisterDraft:
    """A locked register and the mutations that the transaction adds to it."""

    def __init__(self, locked: LockedRegister, max_lines: int) -> None:
        self.id = locked.id
        self.enterprise_number: EnterpriseNumber = locked.state.register
        self.unit_of_work = RegisterUnitOfWork(locked.state, locked.types, max_lines)
        self._types = locked.types

    def type_of(self, type_id: int) -> DossierType:
        """A dossier type of the register."""
        return self._types.by_id[type_id]

    def dossiers_of(self, niss: Niss) -> Sequence[tuple[DossierType, Lines]]:
        """The dossiers of a number, emptied ones too, with their lines as they are now."""
        return [
            (self.type_of(type_id), self.unit_of_work.lines((niss, type_id)))
            for type_id in self.unit_of_work.types_of(niss)
        ]


class PersonTransactions:
    """Begins transactions; calls `committed(register_id)` for every register that one of them wrote."""

    def __init__(
        self, store: PersonWriteStore, max_lines: int, committed: Callable[[int], None] = lambda _: None
    ) -> None:
        self._store = store
        self._max_lines = max_lines
        self._committed = committed

    @asynccontextmanager
    async def begin(self, nisses: Collection[Niss]) -> AsyncIterator[PersonTransaction]:
        """Exclude all writers, then load these persons and lock the registers that hold them.

        A transaction changes no other persons. Leaving without commit rolls back.
        """
        async with self._store.begin(nisses) as transaction:
            yield PersonTransaction(transaction, self._max_lines, self._committed)


class PersonTransaction:
    """One transaction over the records of persons and all registers that hold them."""

    def __init__(
        self, transaction: PersonWriteTransaction, max_lines: int, committed: Callable[[int], None]
    ) -> None:
        self._transaction = transaction
        self._committed = committed
        self._registers = [RegisterDraft(locked, max_lines) for locked in transaction.registers]
        self.records = RecordCache(transaction.persons)

    def registers(self, nisses: Collection[Niss]) -> Sequence[RegisterDraft]:
        """The registers with a dossier, be it empty, of one of these numbers, in the order of their ids."""
        return [each for each in self._registers if any(each.unit_of_work.types_of(niss) for niss in nisses)]

    async def stored(self, niss: Niss) -> Person:
        """A record as it is stored, with its new version and time, after all changed records are written."""
        await self._write_records()
        return await self._transaction.stored(niss)

    async def keep_content(self, niss: Niss, body: Mapping[str, Any]) -> tuple[int, str]:
        """Keep facts about a person beside the log; answers their id and the hash that the log holds."""
        return await self._transaction.keep_content(niss, body)

    async def import_offset(self, key: ImportKey) -> int:
        """The stored offset of an import."""
        return await self._transaction.import_offset(key)

    async def advance_import(self, progress: Progress) -> None:
        """Store the offset of an import."""
        await self._transaction.advance_import(progress)

    async def commit(self, call: Call | None = None) -> None:
        """Write all of it and commit, or nothing. Raises StoreUnavailable, CommitUnknown, StoreFault.

        The chain of each register that changes gets an audit record of the call.
        """
        if call is not None:
            for register in self._registers:
                _record(call, register)
        written = [
            (register.id, result)
            for register in self._registers
            if (result := register.unit_of_work.take()) is not None
        ]
        await self._write_records()
        await self._transaction.commit(self.records.changed_statuses, written)
        for register_id, _ in written:
            self._committed(register_id)

    async def _write_records(self) -> None:
        for persons in self.records.take_puts():
            await self._transaction.put(persons)


def _record(call: Call, register: RegisterDraft) -> None:
    """Record a call that changes a register by changing a person."""
    unit_of_work = register.unit_of_work
    if unit_of_work.not_taken:
        touched, revision = unit_of_work.pending_numbers, unit_of_work.revision
        unit_of_work.record(write_record(call, register.enterprise_number, touched, (), revision))
