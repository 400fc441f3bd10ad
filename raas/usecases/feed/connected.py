"""Record in the store which named subscribers have a stream open in this process."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from raas.usecases.ports.errors import StoreUnavailable
from raas.usecases.ports.subscriber_store import SubscriberKey, SubscriberStore

REPORT_SECONDS = 20.0
"""The interval between two reports; the store counts a subscriber as connected for three times as long."""

_COLLECT_SECONDS = 1.0
"""The least time between two reports: many subscribers may connect at once."""


class ConnectedSubscribers:
    """Counts open streams by subscriber; `run` reports them to the store."""

    def __init__(self, subscribers: SubscriberStore) -> None:
        self._subscribers = subscribers
        self._open: Counter[SubscriberKey] = Counter()
        self._gone: set[SubscriberKey] = set()
        self._changed = asyncio.Event()

    @contextmanager
    def of(self, key: SubscriberKey | None) -> Iterator[None]:
        """A stream of this subscriber (None = one without a name) is open while the block lasts."""
        if key is None:
            yield
            return
        self._open[key] += 1
        self._gone.discard(key)
        self._changed.set()
        try:
            yield
        finally:
            self._open[key] -= 1
            if not self._open[key]:
                del self._open[key]
                self._gone.add(key)
                self._changed.set()

    async def run(self) -> None:
        """Report until cancelled: soon after a change, and at regular intervals. Raises StoreFault."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(REPORT_SECONDS):
                    await self._changed.wait()
            self._changed.clear()
            await self.report()
            await asyncio.sleep(_COLLECT_SECONDS)

    async def report(self) -> None:
        """Report who is connected and who has left; after an error the next report repeats it.

        Raises StoreFault. A store that is unavailable is not an error.
        """
        gone, self._gone = self._gone, set()
        if not (self._open or gone):
            return
        try:
            await self._subscribers.seen(list(self._open), list(gone))
        except BaseException as error:
            self._gone |= gone - self._open.keys()
            if not isinstance(error, StoreUnavailable):
                raise
