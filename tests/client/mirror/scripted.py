"""Subscriptions of a mirror whose events a test has written."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterable
from datetime import UTC, datetime
from typing import cast

from raas.v1.period_pb2 import Period
from raas_client import Bookmark, Checkpoint, Event, Subscription
from raas_client.stream.starts import Start

SINCE_2024 = Period(begin="2024-01-01")
RECORDED = datetime(2024, 1, 1, tzinfo=UTC)


class ScriptedEvents:
    """Yields these events in order, and then nothing more."""

    def __init__(self, events: Iterable[Event]) -> None:
        self._events = events

    def subscribe(self, start: Start) -> Subscription:
        """A subscription with these events, whatever its start."""
        return cast(Subscription, self)

    async def events(self) -> AsyncGenerator[Event, None]:
        """The events."""
        for event in self._events:
            yield event
        await asyncio.Event().wait()


def complete(revision: int, record_time: datetime = RECORDED) -> Bookmark:
    """The end of a snapshot of `revision`, without a checksum."""
    return Bookmark(revision, True, record_time, b"", Checkpoint("log", revision))
