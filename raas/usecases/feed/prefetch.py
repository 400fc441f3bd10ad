"""Prefetching: read the next page of a log while the current one is serialised and sent.

A subscriber that catches up is then limited by the slower of the two, not by their sum. Prefetched pages
take memory and a subscriber may stop reading, so there are few of them at a time, and a page that is not
used soon is discarded.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine

from raas.usecases.ports.log import LogPage

_CONCURRENT = 2
"""Pages prefetched at a time, over all subscribers."""

_USED_WITHIN_SECONDS = 0.5


class Prefetcher:
    """Limits how many pages are prefetched at a time."""

    def __init__(self) -> None:
        self.free = _CONCURRENT

    def begin(
        self, position: int, read: Callable[[], Coroutine[None, None, LogPage]]
    ) -> PrefetchedPage | None:
        """Begin to read the page that follows a position; None when the limit is reached."""
        if not self.free:
            return None
        self.free -= 1
        return PrefetchedPage(self, position, asyncio.create_task(read()))


class PrefetchedPage:
    """A page that is being read, or was read and is not used yet."""

    def __init__(self, prefetcher: Prefetcher, position: int, reading: asyncio.Task[LogPage]) -> None:
        self._prefetcher = prefetcher
        self._position = position
        self._reading: asyncio.Task[LogPage] | None = reading
        # Retrieve the error of a page that is discarded, or asyncio logs it as never retrieved.
        reading.add_done_callback(lambda read: read.cancelled() or read.exception())
        self._timer = asyncio.get_running_loop().call_later(_USED_WITHIN_SECONDS, self.drop)

    async def page(self, position: int) -> LogPage | None:
        """The page, once; None when it was discarded or follows another position.

        Raises the error of the read.
        """
        reading = self._reading
        if position != self._position or reading is None:
            self.drop()
            return None
        # The subscriber waits for it now: the read may take its time.
        self._timer.cancel()
        try:
            return await reading
        finally:
            self.drop()

    def drop(self) -> None:
        """Discard the page, unless it was used or discarded before."""
        if self._reading is not None:
            self._timer.cancel()
            self._reading.cancel()
            self._reading = None
            self._prefetcher.free += 1
