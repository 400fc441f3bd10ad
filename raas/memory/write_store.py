"""The WriteStore in memory."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime

from raas.domain.audit.chain import register_chain
from raas.domain.errors import Violation
from raas.memory.state import Logged, MemoryState, RegisterState, lines_from
from raas.usecases.calls.successors import final_niss
from raas.usecases.ports.write_store import (
    DossierKey,
    DossierState,
    DossierTypes,
    ImportKey,
    LoadedState,
    LoadRequest,
    WriteSet,
    WriteTransaction,
)


class MemoryWriteStore:
    """Writes one transaction after the other."""

    def __init__(self, state: MemoryState) -> None:
        self.state = state

    @asynccontextmanager
    async def write(self, register_id: int, wanted: LoadRequest) -> AsyncIterator[WriteTransaction]:
        """Take the lock, then load."""
        async with self.state.writing:
            loaded = await self.snapshot(register_id, wanted)
            chain = register_chain(loaded.register)
            loaded = replace(loaded, audit=self.state.audit.state(chain))
            yield _Transaction(self.state, self.state.registers[register_id], loaded)

    async def snapshot(self, register_id: int, wanted: LoadRequest) -> LoadedState:
        """The state that a transaction would load now."""
        keys = list(wanted.dossiers)
        nisses = {niss for niss, _ in keys}
        followed = nisses | {self.state.final(niss) for niss in nisses}
        persons = self.state.persons(followed) if wanted.persons else {}
        finals = {(final_niss(niss, persons), type_id) for niss, type_id in keys}
        register = self.state.registers[register_id]
        return replace(
            load(register, finals),
            persons=persons,
            requests={key: register.requests[key] for key in wanted.requests if key in register.requests},
            imports={key: register.imports[key] for key in wanted.imports if key in register.imports},
            types_in_use=frozenset(wanted.types_in_use) & {type_id for _, type_id in register.dossiers},
        )

    async def dossier_types(self, register_id: int) -> DossierTypes:
        """All dossier types of the register."""
        return self.state.registers[register_id].dossier_types()

    async def adopt_import(self, register_id: int, key: ImportKey, earlier: str) -> None:
        """Give the import under the caller `earlier` to the caller of `key`, unless that has one."""
        register, before = self.state.registers[register_id], (earlier, key[1])
        if before in register.imports and key not in register.imports:
            register.imports[key] = register.imports.pop(before)
            for import_key, offset in [each for each in register.rejections if each[0] == before]:
                register.rejections[key, offset] = register.rejections.pop((import_key, offset))

    async def rejections(
        self, register_id: int, key: ImportKey, first: int, end: int
    ) -> Sequence[tuple[int, Sequence[Violation]]]:
        """The rows of an import that were skipped."""
        rejections = self.state.registers[register_id].rejections
        return sorted(
            (offset, violations)
            for (import_key, offset), violations in rejections.items()
            if import_key == key and first <= offset < end
        )


class _Transaction:
    def __init__(self, state: MemoryState, register: RegisterState, loaded: LoadedState) -> None:
        self.loaded = loaded
        self.state = state
        self._register = register
        self._parts: list[WriteSet] = []

    async def write(self, written: WriteSet) -> None:
        """Add a part."""
        self._parts.append(written)

    async def commit(self) -> None:
        """Keep all parts."""
        for part in self._parts:
            keep(self.state, self._register, part)


def load(register: RegisterState, keys: Iterable[DossierKey]) -> LoadedState:
    """The state of a register with these dossiers, as a transaction loads it."""
    latest = register.point(register.revision)
    keys = set(keys)
    return LoadedState(
        register.enterprise_number,
        register.log_id,
        register.revision,
        latest.checksum,
        register.types_revision,
        max(latest.record_time, datetime.now(UTC)),
        {key: register.dossiers[key][-1] for key in keys if key in register.dossiers},
        {key: register.shares[key] for key in keys if key in register.shares},
    )


def keep(state: MemoryState, register: RegisterState, written: WriteSet) -> None:
    """Add a write set to a register. Raises ValueError where its revisions do not follow the log."""
    state.audit.keep(register_chain(register.enterprise_number), written.audit)
    for place, mutation in enumerate(written.mutations, register.revision + 1):
        if mutation.revision != place:
            raise ValueError(f"revision {mutation.revision} does not follow {place - 1}")
    register.log.extend(Logged(mutation, written.record_time) for mutation in written.mutations)
    for mutation in written.mutations:
        if mutation.niss is not None and mutation.dossier_type_id is not None:
            key = mutation.niss, mutation.dossier_type_id
            kept = DossierState(lines_from(mutation.after), mutation.revision)
            register.dossiers.setdefault(key, []).append(kept)
    for code, dossier_type in written.types.items():
        type_id = register.types[code][0] if code in register.types else len(register.types) + 1
        register.types[code] = type_id, dossier_type
    register.types_revision = written.types_revision
    for key, shares in written.shares.items():
        if shares:
            register.shares[key] = shares
        else:
            register.shares.pop(key, None)
    register.requests.update(written.requests)
    register.imports.update(written.imports)
    register.rejections.update({(key, offset): found for key, offset, found in written.rejections})
