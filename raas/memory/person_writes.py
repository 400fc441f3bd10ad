"""The PersonWriteStore in memory."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

from raas.domain.audit.chain import register_chain
from raas.domain.numbers.niss import Niss
from raas.domain.persons.record import Person
from raas.domain.registers.content import SALT_BYTES, Content, content_hash
from raas.memory.state import MemoryState
from raas.memory.write_store import keep, load
from raas.usecases.ports.persons import LockedRegister, NissStatus, PersonWriteTransaction, Progress
from raas.usecases.ports.write_store import ImportKey, WriteSet

_MICROSECOND = timedelta(microseconds=1)


class MemoryPersonWriteStore:
    """Changes of persons and of the registers that hold them."""

    def __init__(self, state: MemoryState) -> None:
        self._state = state

    @asynccontextmanager
    async def begin(self, nisses: Collection[Niss]) -> AsyncIterator[PersonWriteTransaction]:
        """Take the lock of all writers, then load."""
        async with self._state.writing:
            yield _Transaction(self._state, nisses)


class _Transaction:
    def __init__(self, state: MemoryState, nisses: Collection[Niss]) -> None:
        self._state = state
        self._put: dict[Niss, Person] = {}
        self._progress: list[Progress] = []
        finals = {state.final(niss) for niss in nisses}
        united = {niss for niss in state.niss_statuses if state.final(niss) in finals}
        known = {*nisses, *finals, *united} - state.unknown
        self.persons: Mapping[Niss, Person] = {niss: state.record(niss) for niss in known}
        loaded = [
            (register, load(register, keys))
            for register in state.registers.values()
            if (keys := {key for key in register.dossiers if key[0] in {*nisses, *finals}})
        ]
        self._time = max([state.last_status_time(), *(each.record_time for _, each in loaded)]) + _MICROSECOND
        self.registers: Sequence[LockedRegister] = [
            LockedRegister(
                register.id,
                replace(
                    each,
                    record_time=self._time,
                    audit=state.audit.state(register_chain(register.enterprise_number)),
                ),
                register.dossier_types(),
            )
            for register, each in loaded
        ]

    async def import_offset(self, key: ImportKey) -> int:
        """The stored offset of an import."""
        return self._state.person_imports.get(key, 0)

    async def advance_import(self, progress: Progress) -> None:
        """Keep the offset of an import and its skipped rows until the commit."""
        self._progress.append(progress)

    async def put(self, persons: Sequence[Person]) -> None:
        """Keep the identities of changed records until the commit."""
        self._put.update({person.niss: person for person in persons})

    async def stored(self, niss: Niss) -> Person:
        """A record, including the changes of this transaction."""
        return self._put.get(niss) or self._state.record(niss)

    async def keep_content(self, niss: Niss, body: Mapping[str, Any]) -> tuple[int, str]:
        """Keep a content beside the log; answers its id and its hash in hexadecimal."""
        content_id = len(self._state.contents) + 1
        self._state.contents[content_id] = Content(body, None)
        return content_id, content_hash(secrets.token_bytes(SALT_BYTES), body).hex()

    async def commit(
        self, niss_statuses: Mapping[Niss, NissStatus], registers: Iterable[tuple[int, WriteSet]]
    ) -> None:
        """Keep all of it."""
        self._state.identities.update({niss: person.identity for niss, person in self._put.items()})
        for niss, status in niss_statuses.items():
            self._state.set_status(niss, status, self._time)
        for register_id, written in registers:
            keep(self._state, self._state.registers[register_id], written)
        for progress in self._progress:
            self._state.person_imports[progress.key] = progress.through
            self._state.person_rejections.setdefault(progress.key, []).extend(progress.rejected)
