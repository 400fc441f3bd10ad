"""Which named subscribers have a stream open in this process, told to the store now and then."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from raas.usecases.ports.errors import PortError
from raas.usecases.ports.subscriber_store import SubscriberKey, SubscriberStore

TELL_SECONDS = 20.0
"""Between two times of telling; the store takes a subscriber to be connected for three times as long."""


class Presence:
    """Counts open streams by subscriber; `run` tells the store."""

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
        """Tell the store until cancelled: soon after a change, and regularly."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(TELL_SECONDS):
                    await self._changed.wait()
            self._changed.clear()
            await self.tell()
            # Many may come and go at once.
            await asyncio.sleep(_TOGETHER_SECONDS)

    async def tell(self) -> None:
        """Tell the store now who is here and who is gone; what it cannot take now is told later."""
        gone, self._gone = self._gone, set()
        if not (self._open or gone):
            return
        try:
            await self._subscribers.seen(list(self._open), list(gone))
        except PortError:
            self._gone |= gone - self._open.keys()


_TOGETHER_SECONDS = 1.0
