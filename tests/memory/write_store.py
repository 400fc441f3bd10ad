"""The WriteStore in memory, slowed down and made to fail."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from uuid import UUID

from raas.domain.calendar.periods import Lines
from raas.domain.errors import Violation
from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.numbers.niss import Niss
from raas.domain.registers.dossier_type import DossierType
from raas.memory.state import MemoryState, RegisterState
from raas.memory.write_store import MemoryWriteStore
from raas.usecases.ports.errors import StoreFault
from raas.usecases.ports.write_store import (
    AnsweredRequest,
    DossierTypes,
    ImportKey,
    LoadedState,
    LoadRequest,
    NewMutation,
    RequestKey,
    WriteSet,
    WriteStore,
    WriteTransaction,
)

REGISTER = EnterpriseNumber(999999922)
LOG_ID = UUID(int=1)


class FaultyWriteStore:
    """Passes calls on to a WriteStore and causes faults at COMMIT."""

    def __init__(self, store: WriteStore) -> None:
        self._store = store
        self.transactions = 0
        """Transactions that came to COMMIT."""
        self.faults: list[Exception | None] = []
        """Raised one per COMMIT, before anything is written (None = no fault)."""
        self.poisoned: set[int] = set()
        """Numbers: a transaction that writes one of them fails."""
        self.access = asyncio.Event()
        """Commits wait for it."""
        self.access.set()
        self.begun = asyncio.Event()
        """Set by the first transaction that has the lock."""

    @asynccontextmanager
    async def write(self, register_id: int, wanted: LoadRequest) -> AsyncIterator[WriteTransaction]:
        async with self._store.write(register_id, wanted) as transaction:
            self.begun.set()
            yield _FaultyTransaction(self, transaction)

    async def snapshot(self, register_id: int, wanted: LoadRequest) -> LoadedState:
        return await self._store.snapshot(register_id, wanted)

    async def dossier_types(self, register_id: int) -> DossierTypes:
        return await self._store.dossier_types(register_id)

    async def rejections(
        self, register_id: int, key: ImportKey, first: int, end: int
    ) -> Sequence[tuple[int, Sequence[Violation]]]:
        return await self._store.rejections(register_id, key, first, end)


class _FaultyTransaction:
    def __init__(self, store: FaultyWriteStore, transaction: WriteTransaction) -> None:
        self.loaded = transaction.loaded
        self._store = store
        self._transaction = transaction
        self._written: set[int] = set()

    async def write(self, written: WriteSet) -> None:
        self._written.update(m.niss for m in written.mutations if m.niss is not None)
        await self._transaction.write(written)

    async def commit(self) -> None:
        store = self._store
        await store.access.wait()
        store.transactions += 1
        if store.faults and (fault := store.faults.pop(0)) is not None:
            raise fault
        if store.poisoned & self._written:
            raise StoreFault("poisoned")
        await self._transaction.commit()


class MemoryStore(FaultyWriteStore):
    """A FaultyWriteStore in memory, and what its first register holds."""

    def __init__(self, *codes: str) -> None:
        self._codes = codes
        self.state = MemoryState()
        self.register = self.add_register(REGISTER)
        super().__init__(MemoryWriteStore(self.state))

    def add_register(self, number: EnterpriseNumber) -> RegisterState:
        """A further register with the same dossier types."""
        types = {code: (id_, DossierType(code, {})) for id_, code in enumerate(self._codes, 1)}
        register = RegisterState(len(self.state.registers) + 1, number, "A register", LOG_ID, types=types)
        self.state.registers[register.id] = register
        return register

    @property
    def revision(self) -> int:
        return self.register.revision

    @property
    def mutations(self) -> list[NewMutation]:
        return [logged.mutation for logged in self.register.log]

    @property
    def requests(self) -> Mapping[RequestKey, AnsweredRequest]:
        return self.register.requests

    def lines(self, niss: int, type_id: int) -> Lines:
        states = self.register.dossiers.get((Niss(niss), type_id))
        return states[-1].lines if states else ()

    def copy_dossier(self, niss: Niss, to: Niss, type_id: int = 1) -> None:
        """Give a number the dossier of another, as no operation could."""
        self.register.dossiers[to, type_id] = list(self.register.dossiers[niss, type_id])

    def add_type(self, code: str, revision: int) -> None:
        """A further dossier type, created by another process at this revision."""
        self.register.types[code] = len(self.register.types) + 1, DossierType(code, {})
        self.register.types_revision = revision
