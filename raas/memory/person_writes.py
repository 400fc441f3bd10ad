"""The PersonWriteStore in memory, as far as it concerns registers: it keeps no records of persons."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from raas.domain.numbers.niss import Niss
from raas.domain.registers.content import SALT_BYTES, Content, content_hash
from raas.memory.state import MemoryState
from raas.memory.write_store import keep, load
from raas.usecases.ports.person_change import LoadedRegister, NissStatus, PersonWriteTransaction
from raas.usecases.ports.persons import PersonRecords
from raas.usecases.ports.write_store import WriteSet


class MemoryPersonWriteStore:
    """Changes of numbers, told to the registers that they concern."""

    def __init__(self, state: MemoryState) -> None:
        self._state = state

    @asynccontextmanager
    async def change(self) -> AsyncIterator[PersonWriteTransaction]:
        """Take the lock of all writers."""
        async with self._state.writing:
            yield _Transaction(self._state)


class _Transaction:
    records: PersonRecords
    """Never set: there are no records in memory."""

    def __init__(self, state: MemoryState) -> None:
        self._state = state

    async def niss_statuses(self, nisses: Sequence[Niss]) -> Mapping[Niss, NissStatus]:
        """The statuses of these numbers; unknown numbers are absent."""
        known = ((niss, self._state.niss_status(niss)) for niss in nisses)
        return {niss: status for niss, status in known if status is not None}

    async def united(self, nisses: Sequence[Niss]) -> Mapping[Niss, NissStatus]:
        """The numbers whose final successor is one of these."""
        statuses = self._state.niss_statuses.items()
        return {each: status for each, status in statuses if status.successor in nisses}

    async def loaded_registers(self, nisses: Sequence[Niss]) -> Sequence[LoadedRegister]:
        """The registers concerned."""
        loaded = []
        for register in self._state.registers.values():
            keys = {key for key in register.dossiers if key[0] in nisses}
            if keys:
                types = register.dossier_types()
                loaded.append(
                    LoadedRegister(register.id, register.enterprise_number, load(register, keys), types)
                )
        return loaded

    async def keep_content(self, niss: Niss, body: Mapping[str, Any]) -> tuple[int, str]:
        """Keep a content beside the log; answers its id and its hash in hexadecimal."""
        content_id = len(self._state.contents) + 1
        self._state.contents[content_id] = Content(body, None)
        return content_id, content_hash(secrets.token_bytes(SALT_BYTES), body).hex()

    async def commit(
        self, niss_statuses: Mapping[Niss, NissStatus], registers: Iterable[tuple[int, WriteSet]]
    ) -> None:
        """Keep all of it."""
        self._state.niss_statuses.update(niss_statuses)
        for register_id, written in registers:
            keep(self._state.registers[register_id], written)
