"""Telling other processes that registers have new mutations, and hearing it from them.

Off the transactions that write: a notification inside one makes commits wait for each other. What is
lost on the way does no harm, for every tailer also looks by itself now and then.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

from raas.usecases.feed.dispatcher import FeedDispatcher
from raas.usecases.ports.errors import PortError
from raas.usecases.ports.log import CommittedBatch, Notifications

_BETWEEN_SECONDS = 0.008
"""At most so often is anything told to others."""

_GATHER_SECONDS = 0.001
"""So long is news kept back: those whose writes it tells of are answered first."""

_AGAIN_SECONDS = 0.5


class Notifier:
    """Passes on what is committed here; `committed` belongs into the lanes, `run` does the rest."""

    def __init__(self, dispatcher: FeedDispatcher, notifications: Notifications) -> None:
        self._dispatcher = dispatcher
        self._notifications = notifications
        self._untold: set[int] = set()
        self._something = asyncio.Event()

    def committed(self, register_id: int, committed_batch: CommittedBatch | None = None) -> None:
        """A write of this process to this register is committed; None = what it added is to be read."""
        self._dispatcher.committed(register_id, committed_batch)
        self._untold.add(register_id)
        self._something.set()

    async def run(self) -> None:
        """Tell and hear until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._tell())
            tasks.create_task(self._hear(self._dispatcher.hears, self._dispatcher.committed))

    async def _tell(self) -> None:
        while True:
            await self._something.wait()
            await asyncio.sleep(_GATHER_SECONDS)
            self._something.clear()
            told, self._untold = self._untold, set()
            with contextlib.suppress(PortError):
                await self._notifications.send(told)
            await asyncio.sleep(_BETWEEN_SECONDS)

    async def _hear(self, hears: Callable[[bool], None], committed: Callable[[int], None]) -> None:
        while True:
            try:
                async with self._notifications.listen() as news:
                    hears(True)
                    async for register_ids in news:
                        for register_id in register_ids:
                            committed(register_id)
            except PortError:
                pass
            hears(False)
            await asyncio.sleep(_AGAIN_SECONDS)
