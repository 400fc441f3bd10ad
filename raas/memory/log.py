"""The LogStore in memory, and Notifications of a single process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager

from raas.domain.errors import Reason, refuse
from raas.memory.mutations import entry_of
from raas.memory.state import Logged, MemoryState, RegisterState
from raas.usecases.ports.log import LogFilter, LogHead, LogPage, LogPoint, ReadLimits


class MemoryLogStore:
    """The logs of all registers."""

    def __init__(self, state: MemoryState) -> None:
        self._state = state

    async def heads(self, register_ids: Collection[int]) -> Mapping[int, LogHead]:
        """The heads of these logs."""
        return {id_: log_head(self._state.registers[id_]) for id_ in register_ids}

    async def read(
        self, after: Mapping[int, int], which: LogFilter, reach: ReadLimits
    ) -> Mapping[int, LogPage]:
        """The entries after these revisions."""
        registers = self._state.registers
        return {
            id_: log_page(self._state, registers[id_], revision, which, reach)
            for id_, revision in after.items()
        }

    async def point(self, register_id: int, revision: int) -> LogPoint:
        """The log point at a revision."""
        register = self._state.registers[register_id]
        if revision < register.oldest_revision:
            raise refuse(Reason.REVISION_EXPIRED, oldest_revision=str(register.oldest_revision))
        return register.point(revision)

    async def type_ids(self, register_id: int, codes: Collection[str]) -> Mapping[str, int]:
        """The ids of the dossier types with these codes."""
        types = self._state.registers[register_id].types
        return {code: types[code][0] for code in codes if code in types}


class NoNotifications:
    """The Notifications of a process that is alone on its store: nobody sends, nobody hears."""

    async def send(self, register_ids: Collection[int]) -> None:
        """Send nothing."""

    @asynccontextmanager
    async def listen(self) -> AsyncIterator[AsyncIterator[Collection[int]]]:
        """Notifications that never come."""
        yield _silence()


async def _silence() -> AsyncGenerator[Collection[int], None]:
    await asyncio.Event().wait()
    yield ()


def log_head(register: RegisterState) -> LogHead:
    """The head of a log."""
    latest = register.point(register.revision)
    return LogHead(register.enterprise_number, register.log_id, register.oldest_revision, latest)


def log_page(
    state: MemoryState, register: RegisterState, after: int, which: LogFilter, reach: ReadLimits
) -> LogPage:
    """The entries of one log after a revision."""
    edge = register.revision
    if after + reach.revisions <= edge:
        edge = register.log[after + reach.revisions - 1].mutation.batch_last_revision
    begin = max(after, register.oldest_revision - 1, 0)
    matching = [logged for logged in register.log[begin:edge] if _matches(which, register, logged)]
    entries = [entry_of(state, register, logged) for logged in matching[: reach.entries]]
    return LogPage(log_head(register), register.point(edge), entries, len(entries) >= reach.entries)


def _matches(which: LogFilter, register: RegisterState, logged: Logged) -> bool:
    new = logged.mutation
    if which.kinds and new.kind.value not in which.kinds:
        return False
    if which.nisses and new.niss not in which.nisses:
        return False
    codes = new.dossier_types if new.dossier_type_id is None else (register.code_of(new.dossier_type_id),)
    return not which.dossier_types or any(code in which.dossier_types for code in codes)
