"""Reading ahead: the next page of a log is read while the last one is written down and sent.

Who catches up goes as fast as the slower of the two, not as both one after the other. A page that was read
ahead takes memory, and a reader may fall asleep: so there are few of them at a time, and each is given up
when it is not taken soon.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine

from raas.usecases.ports.log import LogPage

_AT_ONCE = 2
"""Pages read ahead at a time, over all readers."""

_TAKEN_WITHIN_SECONDS = 0.5


class Prefetcher:
    """How many pages may be read ahead at the moment."""

    def __init__(self) -> None:
        self.free = _AT_ONCE

    def begin(
        self, position: int, reading: Callable[[], Coroutine[None, None, LogPage]]
    ) -> PrefetchedPage | None:
        """Begin to read what follows a position; None when others read ahead enough."""
        if not self.free:
            return None
        self.free -= 1
        return PrefetchedPage(self, position, asyncio.create_task(reading()))


class PrefetchedPage:
    """A page on its way."""

    def __init__(self, ahead: Prefetcher, position: int, reading: asyncio.Task[LogPage]) -> None:
        self._ahead = ahead
        self._position = position
        self._reading: asyncio.Task[LogPage] | None = reading
        # Nobody may come for it: then nobody asks what became of it.
        reading.add_done_callback(lambda read: read.cancelled() or read.exception())
        self._timer = asyncio.get_running_loop().call_later(_TAKEN_WITHIN_SECONDS, self.drop)

    async def page(self, position: int) -> LogPage | None:
        """The page, once; None when it was given up or follows another position.

        Raises what the reading of it raised.
        """
        reading = self._reading
        if position != self._position or reading is None:
            self.drop()
            return None
        # Now that somebody waits for it, it may take as long as it takes.
        self._timer.cancel()
        try:
            return await reading
        finally:
            self.drop()

    def drop(self) -> None:
        """Give it up, if it was not taken or given up before."""
        if self._reading is not None:
            self._timer.cancel()
            self._reading.cancel()
            self._reading = None
            self._ahead.free += 1
