"""The LogStore of a fake register, its subscribers, and wake-ups that nobody else hears."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

from raas.domain.calendar.day import OPEN, day_text
from raas.domain.errors import Reason, refuse
from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.memory.state import Logged, RegisterState, World, lines_from
from raas.usecases.ports.log import LogEntry, LogFilter, LogHead, LogPage, LogPoint, ReadLimits
from raas.usecases.ports.subscriber_store import Subscriber, SubscriberKey


class MemoryLogs:
    """The logs of all registers."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def heads(self, register_ids: Collection[int]) -> Mapping[int, LogHead]:
        """The logs of these registers as they are."""
        return {id_: _head(self._world.registers[id_]) for id_ in register_ids}

    async def read(
        self, after: Mapping[int, int], which: LogFilter, reach: ReadLimits
    ) -> Mapping[int, LogPage]:
        """What follows these revisions."""
        return {
            id_: _page(self._world, self._world.registers[id_], begin, which, reach)
            for id_, begin in after.items()
        }

    async def point(self, register_id: int, revision: int) -> LogPoint:
        """What the log says at a revision."""
        state = self._world.registers[register_id]
        if revision < state.oldest_revision:
            raise refuse(Reason.REVISION_EXPIRED, oldest_revision=str(state.oldest_revision))
        return state.point(revision)

    async def type_ids(self, register_id: int, codes: Collection[str]) -> Mapping[str, int]:
        """The ids of the dossier types with these codes."""
        types = self._world.registers[register_id].types
        return {code: types[code][0] for code in codes if code in types}


class MemorySubscribers:
    """The places of named subscribers."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._known: dict[SubscriberKey, Subscriber] = {}

    async def find(self, key: SubscriberKey) -> Subscriber | None:
        """The subscriber as it is."""
        known = self._known.get(key)
        if known is None:
            return None
        lag = self._world.registers[key.register_id].revision - known.acknowledged_revision
        return replace(known, lag=max(lag, 0))

    async def enter(self, key: SubscriberKey, log_id: UUID, which: LogFilter, revision: int) -> None:
        """A subscriber begins to read."""
        known, now = self._known.get(key), datetime.now(UTC)
        if known and (known.log_id, known.dossier_types, known.kinds) == (
            log_id,
            which.dossier_types,
            which.kinds,
        ):
            self._known[key] = replace(known, last_seen_time=now)
        else:
            self._known[key] = Subscriber(
                key, log_id, which.dossier_types, which.kinds, revision, 0, False, now
            )

    async def acknowledge(self, key: SubscriberKey, log_id: UUID, revision: int) -> int:
        """Move forward, never back."""
        known, now = self._known.get(key), datetime.now(UTC)
        if known is None:
            known = Subscriber(key, log_id, (), (), revision, 0, False, now)
        elif known.log_id == log_id:
            revision = max(revision, known.acknowledged_revision)
        self._known[key] = replace(known, log_id=log_id, acknowledged_revision=revision, last_seen_time=now)
        return revision

    async def seen(self, connected: Collection[SubscriberKey], gone: Collection[SubscriberKey]) -> None:
        """Note who has a stream open, and whose last one was closed."""
        for key in (*connected, *gone):
            if key in self._known:
                now = datetime.now(UTC)
                self._known[key] = replace(self._known[key], connected=key in connected, last_seen_time=now)

    async def page(
        self,
        register_id: int,
        caller: EnterpriseNumber | None,
        after: tuple[EnterpriseNumber, str] | None,
        limit: int,
    ) -> Sequence[Subscriber]:
        """Subscribers in order of (caller, name)."""
        keys = sorted(
            key
            for key in self._known
            if key.register_id == register_id
            and caller in (None, key.caller)
            and (after is None or (key.caller, key.name) > after)
        )
        found = [await self.find(key) for key in keys[:limit]]
        return [subscriber for subscriber in found if subscriber is not None]

    async def delete(self, key: SubscriberKey) -> None:
        """Forget a subscriber."""
        self._known.pop(key, None)


class NobodyElse:
    """The WakeUps of a server that is the only process on its store."""

    async def send(self, register_ids: Collection[int]) -> None:
        """There is nobody to tell."""

    @asynccontextmanager
    async def listen(self) -> AsyncIterator[AsyncIterator[Collection[int]]]:
        """There is nobody to hear."""
        yield _silence()


async def _silence() -> AsyncGenerator[Collection[int], None]:
    await asyncio.Event().wait()
    yield ()


def _head(state: RegisterState) -> LogHead:
    return LogHead(state.enterprise_number, state.log_id, state.oldest_revision, state.point(state.revision))


def _page(world: World, state: RegisterState, after: int, which: LogFilter, reach: ReadLimits) -> LogPage:
    end = state.revision
    if after + reach.revisions <= end:
        end = state.log[after + reach.revisions - 1].mutation.batch_last_revision
    entries = [
        _entry(world, state, logged)
        for logged in state.log[max(after, 0) : end]
        if _matches(which, state, logged)
    ]
    entries = entries[: reach.entries]
    return LogPage(_head(state), state.point(end), entries, len(entries) >= reach.entries)


def _matches(which: LogFilter, state: RegisterState, logged: Logged) -> bool:
    new = logged.mutation
    if which.kinds and new.kind.value not in which.kinds:
        return False
    if which.nisses and new.niss not in which.nisses:
        return False
    types = new.dossier_types if new.dossier_type_id is None else (state.code_of(new.dossier_type_id),)
    return not which.dossier_types or any(code in which.dossier_types for code in types)


def _entry(world: World, state: RegisterState, logged: Logged) -> LogEntry:
    new, record_time = logged
    return LogEntry(
        new.revision,
        new.batch_last_revision,
        new.kind.value,
        new.niss,
        new.requested_niss,
        None if new.dossier_type_id is None else state.code_of(new.dossier_type_id),
        new.dossier_types or None,
        _half_open(new.before),
        _half_open(new.after),
        record_time,
        new.stamp.actor,
        str(new.stamp.call_id),
        new.stamp.request_id,
        new.stamp.legal_context,
        new.stamp.ticket,
        new.checksum,
        new.detail,
        None if new.content_id is None else world.contents[new.content_id],
    )


def _half_open(text: str) -> str:
    """The lines as the log writes them: with the day after the last one."""
    lines = (f"[{day_text(begin)},{day_text(end) if end < OPEN else ''})" for begin, end in lines_from(text))
    return "{" + ",".join(lines) + "}"
