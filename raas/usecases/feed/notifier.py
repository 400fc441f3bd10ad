"""Notify other processes of committed mutations, and receive their notifications.

Notifications are sent outside the transactions that write: inside one, commits wait for each other. A lost
notification delays a mutation until the dispatcher polls the log.
"""

from __future__ import annotations

import asyncio
import contextlib

from raas.usecases.feed.dispatcher import FeedDispatcher
from raas.usecases.ports.errors import StoreUnavailable
from raas.usecases.ports.log import CommittedBatch, Notifications

_INTERVAL_SECONDS = 0.008
"""The least time between two notifications."""

_DELAY_SECONDS = 0.001
"""The delay of a notification: the writers are answered first."""

_RECONNECT_SECONDS = 0.5


class Notifier:
    """Passes committed batches to the dispatcher of this process and register ids to other processes.

    `committed` is called by the writers; `send` and `receive` run in the background.
    """

    def __init__(self, dispatcher: FeedDispatcher, notifications: Notifications) -> None:
        self._dispatcher = dispatcher
        self._notifications = notifications
        self._pending: set[int] = set()
        self._some_pending = asyncio.Event()

    def committed(self, register_id: int, committed_batch: CommittedBatch | None = None) -> None:
        """Pass on mutations of a register that this process committed; None = read them from the log."""
        self._dispatcher.committed(register_id, committed_batch)
        self._pending.add(register_id)
        self._some_pending.set()

    async def send(self) -> None:
        """Send notifications until cancelled; during an outage they are dropped. Raises StoreFault."""
        while True:
            await self._some_pending.wait()
            await asyncio.sleep(_DELAY_SECONDS)
            self._some_pending.clear()
            register_ids, self._pending = self._pending, set()
            with contextlib.suppress(StoreUnavailable):
                await self._notifications.send(register_ids)
            await asyncio.sleep(_INTERVAL_SECONDS)

    async def receive(self) -> None:
        """Pass on notifications of other processes until cancelled; reconnects after an outage.

        While it is not connected, the dispatcher polls more often. Raises StoreFault.
        """
        while True:
            with contextlib.suppress(StoreUnavailable):
                await self._receive_until_disconnected()
            await asyncio.sleep(_RECONNECT_SECONDS)

    async def _receive_until_disconnected(self) -> None:
        try:
            async with self._notifications.listen() as received:
                self._dispatcher.set_listening(True)
                async for register_ids in received:
                    for register_id in register_ids:
                        self._dispatcher.committed(register_id)
        finally:
            self._dispatcher.set_listening(False)
