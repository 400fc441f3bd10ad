"""The stream of mutations as a whole: what reads the logs, and the verbs that serve from it."""

from __future__ import annotations

import asyncio
import contextlib

from raas.usecases.calls.pagination import Pages
from raas.usecases.feed.acknowledgements import ManageSubscribers
from raas.usecases.feed.dispatcher import DispatcherLimits, FeedDispatcher
from raas.usecases.feed.list_mutations import ListMutations
from raas.usecases.feed.notifier import Notifier
from raas.usecases.feed.presence import Presence
from raas.usecases.feed.subscribe import Subscriptions
from raas.usecases.ports.authentic_source import AuthenticSource
from raas.usecases.ports.log import LogStore, Notifications
from raas.usecases.ports.messages import Messages
from raas.usecases.ports.read_store import ReadStore
from raas.usecases.ports.subscriber_store import SubscriberStore

_FAREWELL_SECONDS = 1.0


class FeedService:
    """Serves streams while `run` runs; one per process."""

    def __init__(
        self,
        logs: LogStore,
        reads: ReadStore,
        subscribers: SubscriberStore,
        notifications: Notifications,
        source: AuthenticSource,
        pages: Pages,
        messages: Messages,
        limits: DispatcherLimits | None = None,
    ) -> None:
        self._dispatcher = FeedDispatcher(logs, messages, limits)
        self._notifier = Notifier(self._dispatcher, notifications)
        self._presence = Presence(subscribers)
        self.subscriptions = Subscriptions(
            self._dispatcher, logs, reads, subscribers, self._presence, pages, messages
        )
        self.listing = ListMutations(logs, source)
        self.subscribers = ManageSubscribers(subscribers, logs, pages)
        self.committed = self._notifier.committed
        """To be called after each committed write of this process (`Lanes`)."""

    async def run(self) -> None:
        """Read logs, hear and tell, until cancelled. Ends by itself only after a fault of its own."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._dispatcher.run())
            tasks.create_task(self._notifier.run())
            tasks.create_task(self._presence.run())

    async def close(self) -> None:
        """End all streams with UNAVAILABLE and begin no more; before the server is stopped."""
        self._dispatcher.close()
        # Let those who read take note of it and leave; who was here, others find out anyway.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_FAREWELL_SECONDS):
                await asyncio.sleep(0)
                await self._presence.tell()
