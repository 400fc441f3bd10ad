"""The SubscriberStore in memory."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.memory.state import MemoryState
from raas.usecases.ports.log import LogFilter
from raas.usecases.ports.subscriber_store import Subscriber, SubscriberKey


class MemorySubscriberStore:
    """The named subscribers."""

    def __init__(self, state: MemoryState) -> None:
        self._state = state
        self._known: dict[SubscriberKey, Subscriber] = {}

    async def find(self, key: SubscriberKey) -> Subscriber | None:
        """The subscriber as stored now."""
        known = self._known.get(key)
        if known is None:
            return None
        lag = self._state.registers[key.register_id].revision - known.acknowledged_revision
        return replace(known, lag=max(lag, 0))

    async def enter(self, key: SubscriberKey, log_id: UUID, which: LogFilter, revision: int) -> None:
        """A subscriber begins to read."""
        known = self._known.get(key)
        subscription = log_id, which.dossier_types, which.kinds
        if known and (known.log_id, known.dossier_types, known.kinds) == subscription:
            self._known[key] = replace(known, last_seen_time=_now())
        else:
            self._known[key] = Subscriber(key, *subscription, revision, 0, False, _now())

    async def acknowledge(self, key: SubscriberKey, log_id: UUID, revision: int) -> int:
        """Move forward, never back."""
        known = self._known.get(key)
        if known is None:
            known = Subscriber(key, log_id, (), (), revision, 0, False, _now())
        elif known.log_id == log_id:
            revision = max(revision, known.acknowledged_revision)
        self._known[key] = replace(
            known, log_id=log_id, acknowledged_revision=revision, last_seen_time=_now()
        )
        return revision

    async def seen(self, connected: Collection[SubscriberKey], gone: Collection[SubscriberKey]) -> None:
        """Note which subscribers have a stream open, and whose last one was closed."""
        for key in (*connected, *gone):
            if key in self._known:
                self._known[key] = replace(
                    self._known[key], connected=key in connected, last_seen_time=_now()
                )

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

    def slowest(self, register_id: int, log_id: UUID, seen_since: datetime) -> Subscriber | None:
        """The subscriber seen since then that has acknowledged least of a log."""
        active = [
            known
            for key, known in self._known.items()
            if key.register_id == register_id
            and known.log_id == log_id
            and known.last_seen_time >= seen_since
        ]
        return min(active, key=lambda known: (known.acknowledged_revision, known.key), default=None)


def _now() -> datetime:
    return datetime.now(UTC)
