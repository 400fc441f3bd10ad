"""A WriteStore in memory that can be made to fail, for tests of the lane."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID

from raas.domain.calendar.day import OPEN, parse_day
from raas.domain.calendar.periods import Lines, Period
from raas.domain.errors import Violation
from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.registers.dossier_type import DossierType
from raas.usecases.ports.errors import StoreFault
from raas.usecases.ports.write_store import (
    AnsweredRequest,
    DossierKey,
    DossierState,
    DossierTypes,
    ImportKey,
    LoadedState,
    LoadRequest,
    NewMutation,
    RequestKey,
    WriteSet,
)

REGISTER = EnterpriseNumber(999999922)
LOG_ID = UUID(int=1)


def lines_from(text: str) -> Lines:
    """The lines that `lines_text` wrote."""
    return tuple(
        Period(parse_day(begin), parse_day(end) + 1 if end else OPEN)
        for begin, end in re.findall(r"\[([^,]+),([^]]*)\]", text)
    )


class MemoryStore:
    """One register; `faults` are raised, one per commit, before anything is written (None = no fault)."""

    def __init__(self, *codes: str) -> None:
        self.types = DossierTypes(
            0,
            {code: (id_, DossierType(code, {})) for id_, code in enumerate(codes, 1)},
            {id_: DossierType(code, {}) for id_, code in enumerate(codes, 1)},
        )
        self.dossiers: dict[DossierKey, DossierState] = {}
        self.mutations: list[NewMutation] = []
        self.requests: dict[RequestKey, AnsweredRequest] = {}
        self.imports: dict[ImportKey, int] = {}
        self.skipped: dict[tuple[ImportKey, int], Sequence[Violation]] = {}
        self.checksum = b"\0" * 32
        self.transactions = 0
        self.faults: list[Exception | None] = []
        self.poisoned: set[int] = set()
        """Numbers that make any transaction that writes them fail."""
        self.access = asyncio.Event()
        """Commits wait for it."""
        self.access.set()
        self.begun = asyncio.Event()
        self._lock = asyncio.Lock()

    @property
    def revision(self) -> int:
        return len(self.mutations)

    def lines(self, niss: int, type_id: int) -> Lines:
        state = self.dossiers.get((niss, type_id))  # type: ignore[call-overload]
        return state.lines if state else ()

    @asynccontextmanager
    async def write(self, register_id: int, wanted: LoadRequest) -> AsyncIterator[MemoryTransaction]:
        async with self._lock:
            self.begun.set()
            yield MemoryTransaction(self, await self.snapshot(register_id, wanted))

    async def snapshot(self, register_id: int, wanted: LoadRequest) -> LoadedState:
        return LoadedState(
            REGISTER,
            LOG_ID,
            self.revision,
            self.checksum,
            self.types.revision,
            datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=self.revision),
            dossiers={key: self.dossiers[key] for key in wanted.dossiers if key in self.dossiers},
            requests={key: self.requests[key] for key in wanted.requests if key in self.requests},
            imports={key: self.imports[key] for key in wanted.imports if key in self.imports},
        )

    async def dossier_types(self, register_id: int) -> DossierTypes:
        return self.types

    async def rejections(
        self, register_id: int, key: ImportKey, first: int, end: int
    ) -> Sequence[tuple[int, Sequence[Violation]]]:
        return sorted(
            (offset, violations)
            for (import_key, offset), violations in self.skipped.items()
            if import_key == key and first <= offset < end
        )


class MemoryTransaction:
    def __init__(self, store: MemoryStore, loaded: LoadedState) -> None:
        self.loaded = loaded
        self._store = store
        self._parts: list[WriteSet] = []

    async def write(self, written: WriteSet) -> None:
        self._parts.append(written)

    async def commit(self) -> None:
        store = self._store
        await store.access.wait()
        store.transactions += 1
        if store.faults and (fault := store.faults.pop(0)) is not None:
            raise fault
        if store.poisoned & {m.niss for part in self._parts for m in part.mutations if m.niss}:
            raise StoreFault("poisoned")
        for part in self._parts:
            self._keep(part)

    def _keep(self, written: WriteSet) -> None:
        store = self._store
        assert [m.revision for m in written.mutations] == [
            store.revision + i for i in range(1, len(written.mutations) + 1)
        ]
        store.mutations.extend(written.mutations)
        store.checksum = written.checksum
        for key, (text, revision) in written.dossiers.items():
            store.dossiers[key] = DossierState(lines_from(text), revision)
        store.requests.update(written.requests)
        store.imports.update(written.imports)
        store.skipped.update({(key, offset): violations for key, offset, violations in written.rejections})
        if written.types:
            types = {**{c: t for c, (_, t) in store.types.by_code.items()}, **written.types}
            store.types = DossierTypes(
                written.types_revision,
                {code: (id_, types[code]) for id_, code in enumerate(types, 1)},
                dict(enumerate(types.values(), 1)),
            )
