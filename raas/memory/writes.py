"""The WriteStore of a fake register, and the changes of persons in it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from raas.domain.errors import Violation
from raas.domain.numbers.niss import Niss
from raas.memory.identities import kept_beside
from raas.memory.state import Logged, RegisterState, World, lines_from
from raas.usecases.calls.successors import final_niss
from raas.usecases.ports.person_change import LoadedRegister, NissStatus
from raas.usecases.ports.write_store import (
    DossierKey,
    DossierState,
    DossierTypes,
    ImportKey,
    LoadedState,
    LoadRequest,
    WriteSet,
)


class MemoryWrites:
    """Writes one transaction after the other."""

    def __init__(self, world: World) -> None:
        self._world = world

    @asynccontextmanager
    async def write(self, register_id: int, wanted: LoadRequest) -> AsyncIterator[_Transaction]:
        """Keep everybody else out, then load."""
        async with self._world.writing:
            loaded = await self.snapshot(register_id, wanted)
            yield _Transaction(self._world.registers[register_id], loaded)

    async def snapshot(self, register_id: int, wanted: LoadRequest) -> LoadedState:
        """What a transaction would load now."""
        keys = list(wanted.dossiers)
        persons = self._world.persons({niss for niss, _ in keys}) if wanted.persons else {}
        finals = {(final_niss(niss, persons), type_id) for niss, type_id in keys}
        state = self._world.registers[register_id]
        return replace(
            _loaded(state, finals),
            persons=persons,
            requests={key: state.requests[key] for key in wanted.requests if key in state.requests},
            imports={key: state.imports[key] for key in wanted.imports if key in state.imports},
        )

    async def dossier_types(self, register_id: int) -> DossierTypes:
        """All dossier types of the register."""
        return self._world.registers[register_id].dossier_types()

    async def rejections(
        self, register_id: int, key: ImportKey, first: int, end: int
    ) -> Sequence[tuple[int, Sequence[Violation]]]:
        """The rows of an import that were skipped."""
        skipped = self._world.registers[register_id].skipped
        return sorted(
            (offset, violations)
            for (import_key, offset), violations in skipped.items()
            if import_key == key and first <= offset < end
        )


class _Transaction:
    def __init__(self, state: RegisterState, loaded: LoadedState) -> None:
        self.loaded = loaded
        self._state = state
        self._parts: list[WriteSet] = []

    async def write(self, written: WriteSet) -> None:
        """A part of what is to be written."""
        self._parts.append(written)

    async def commit(self) -> None:
        """Keep all of it."""
        for part in self._parts:
            _keep(self._state, part)


class MemoryPersonChanges:
    """The PersonChangeStore of a fake: what concerns registers, for a fake keeps no records of persons."""

    def __init__(self, world: World) -> None:
        self._world = world

    @asynccontextmanager
    async def change(self) -> AsyncIterator[_PersonChange]:
        """Keep every writer out."""
        async with self._world.writing:
            yield _PersonChange(self._world)


class _PersonChange:
    def __init__(self, world: World) -> None:
        self._world = world

    async def niss_statuses(self, nisses: Sequence[Niss]) -> Mapping[Niss, NissStatus]:
        """What is known of these numbers."""
        known = ((niss, self._world.niss_status(niss)) for niss in nisses)
        return {niss: niss_status for niss, niss_status in known if niss_status is not None}

    async def united(self, nisses: Sequence[Niss]) -> Mapping[Niss, NissStatus]:
        """The numbers whose final successor is one of these."""
        niss_statuses = self._world.niss_statuses.items()
        return {each: niss_status for each, niss_status in niss_statuses if niss_status.successor in nisses}

    async def loaded_registers(self, nisses: Sequence[Niss]) -> Sequence[LoadedRegister]:
        """The registers concerned."""
        loaded_registers = []
        for state in self._world.registers.values():
            keys = {key for key in state.dossiers if key[0] in nisses}
            if keys:
                types = state.dossier_types()
                loaded_registers.append(
                    LoadedRegister(state.id, state.enterprise_number, _loaded(state, keys), types)
                )
        return loaded_registers

    async def keep_content(self, niss: Niss, body: Mapping[str, Any]) -> tuple[int, str]:
        """Keep facts about a person beside the log."""
        return kept_beside(self._world, body)

    async def commit(
        self, niss_statuses: Mapping[Niss, NissStatus], registers: Iterable[tuple[int, WriteSet]]
    ) -> None:
        """Keep all of it."""
        self._world.niss_statuses.update(niss_statuses)
        for register_id, written in registers:
            _keep(self._world.registers[register_id], written)


def _loaded(state: RegisterState, keys: Iterable[DossierKey]) -> LoadedState:
    latest = state.point(state.revision)
    keys = set(keys)
    return LoadedState(
        state.enterprise_number,
        state.log_id,
        state.revision,
        latest.checksum,
        state.types_revision,
        max(latest.record_time, datetime.now(UTC)),
        {key: state.dossiers[key][-1] for key in keys if key in state.dossiers},
        {key: state.shares[key] for key in keys if key in state.shares},
    )


def _keep(state: RegisterState, written: WriteSet) -> None:
    state.log.extend(Logged(mutation, written.record_time) for mutation in written.mutations)
    for mutation in written.mutations:
        if mutation.niss is not None and mutation.dossier_type_id is not None:
            key = mutation.niss, mutation.dossier_type_id
            kept = DossierState(lines_from(mutation.after), mutation.revision)
            state.dossiers.setdefault(key, []).append(kept)
    for code, dossier_type in written.types.items():
        type_id = state.types[code][0] if code in state.types else len(state.types) + 1
        state.types[code] = type_id, dossier_type
    state.types_revision = written.types_revision
    for key, shares in written.shares.items():
        state.shares[key] = shares
    state.requests.update(written.requests)
    state.imports.update(written.imports)
    state.skipped.update({(key, offset): violations for key, offset, violations in written.rejections})
