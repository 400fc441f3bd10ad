"""The SubscriberStore in memory."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

from raas.memory.state import MemoryState
from raas.usecases.ports.log import LogFilter
from raas.usecases.ports.subscriber_store import Subscriber, SubscriberKey


class MemorySubscriberStore:
    """The named subscribers."""

    def __init__(self, state: MemoryState) -> None:
        self._state = state
        self._known: dict[SubscriberKey, Subscriber] = {}
        self._reading: dict[SubscriberKey, int] = {}
        self._deleted: dict[SubscriberKey, Subscriber] = {}
        """Subscribers that were deleted while connected."""

    async def find(self, key: SubscriberKey) -> Subscriber | None:
        """The subscriber as stored now."""
        known = self._known.get(key)
        if known is None:
            return None
        lag = self._state.registers[key.register_id].revision - known.acknowledged_revision
        return replace(known, lag=max(lag, 0))

    async def adopt(self, key: SubscriberKey, earlier: str) -> None:
        """Give the subscriber of the caller `earlier` to the caller of `key`, unless that has one."""
        before = key._replace(caller=earlier)
        if before in self._known and key not in self._known:
            self._known[key] = replace(self._known.pop(before), key=key)
            if before in self._reading:
                self._reading[key] = self._reading.pop(before)

    async def enter(
        self, key: SubscriberKey, log_id: UUID, which: LogFilter, revision: int, reading: int | None = None
    ) -> None:
        """A subscriber begins to read."""
        known = self._known.get(key)
        subscription = log_id, which.dossier_types, which.kinds
        if known and (known.log_id, known.dossier_types, known.kinds) == subscription:
            self._known[key] = replace(known, connected=True, last_seen_time=_now())
        else:
            self._known[key] = Subscriber(key, *subscription, revision, 0, True, _now())
        self._reading[key] = revision if reading is None else reading
        self._deleted.pop(key, None)

    async def acknowledge(self, key: SubscriberKey, log_id: UUID, revision: int) -> int:
        """Move forward, never back."""
        known, reading = self._known.get(key), revision
        if known is None:
            known = self._deleted.pop(key, Subscriber(key, log_id, (), (), revision, 0, False, _now()))
        elif known.log_id == log_id:
            reading = max(revision, self._reading.get(key, known.acknowledged_revision))
            revision = max(revision, known.acknowledged_revision)
        self._reading[key] = reading
        self._known[key] = replace(
            known, log_id=log_id, acknowledged_revision=revision, last_seen_time=_now()
        )
        return revision

    async def seen(self, connected: Collection[SubscriberKey], gone: Collection[SubscriberKey]) -> None:
        """Note which subscribers have a stream open, and whose last one was closed."""
        for key in (*connected, *gone):
            if key not in connected:
                self._deleted.pop(key, None)
            if key in self._known:
                self._known[key] = replace(
                    self._known[key], connected=key in connected, last_seen_time=_now()
                )

    async def page(
        self,
        register_id: int,
        caller: str | None,
        after: tuple[str, str] | None,
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
        known = self._known.pop(key, None)
        if known is not None and known.connected:
            self._deleted[key] = known

    def slowest(
        self, register_id: int, log_id: UUID, seen_since: datetime
    ) -> tuple[int, SubscriberKey] | None:
        """The subscriber seen since then that reads, or has acknowledged, least of a log."""
        active = [
            (min(known.acknowledged_revision, self._reading.get(key, known.acknowledged_revision)), key)
            for key, known in self._known.items()
            if key.register_id == register_id
            and known.log_id == log_id
            and known.last_seen_time >= seen_since
        ]
        return min(active, default=None)


def _now() -> datetime:
    return datetime.now(UTC)
