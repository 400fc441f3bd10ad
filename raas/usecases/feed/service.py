"""The change feed as a whole: the tasks that run in the background, and the use cases that need them."""

from __future__ import annotations

import asyncio
import contextlib

from raas.concurrency.keep_running import ReportFailure, keep_running
from raas.usecases.calls.pagination import Pages
from raas.usecases.feed.acknowledgements import ManageSubscribers
from raas.usecases.feed.connected import ConnectedSubscribers
from raas.usecases.feed.dispatcher import DispatcherLimits, FeedDispatcher
from raas.usecases.feed.list_mutations import ListMutations
from raas.usecases.feed.notifier import Notifier
from raas.usecases.feed.subscribe import Subscriptions
from raas.usecases.ports.authentic_source import AuthenticSource
from raas.usecases.ports.errors import PortError
from raas.usecases.ports.log import LogStore, Notifications
from raas.usecases.ports.messages import Messages
from raas.usecases.ports.read_store import ReadStore
from raas.usecases.ports.subscriber_store import SubscriberStore

_FAREWELL_SECONDS = 1.0


class FeedService:
    """The feed of one process; streams receive new mutations while `run` runs."""

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
        self._connected = ConnectedSubscribers(subscribers)
        self.subscriptions = Subscriptions(
            self._dispatcher, logs, reads, subscribers, self._connected, pages, messages
        )
        self.listing = ListMutations(logs, source, pages)
        self.subscribers = ManageSubscribers(subscribers, logs, pages)
        self.committed = self._notifier.committed
        """To be called after each committed transaction of this process that wrote mutations."""

    async def run(self, report: ReportFailure) -> None:
        """Run the background tasks until cancelled; each is restarted after an unexpected error.

        Writers are not affected by a task that fails. While the dispatcher is down, streams are silent;
        without notifications, mutations of other processes are found by polling.
        """
        tasks = {
            "feed dispatcher": self._dispatcher.run,
            "notification sender": self._notifier.send,
            "notification receiver": self._notifier.receive,
            "subscriber presence": self._connected.run,
        }
        async with asyncio.TaskGroup() as group:
            for task, work in tasks.items():
                group.create_task(keep_running(task, work, report))

    async def close(self) -> None:
        """End all streams with UNAVAILABLE and accept no new ones; before the server is stopped."""
        self._dispatcher.close()
        # Give the streams a turn to end, then report their subscribers as gone. Should that fail, the
        # store finds out by itself a minute later.
        with contextlib.suppress(TimeoutError, PortError):
            async with asyncio.timeout(_FAREWELL_SECONDS):
                await asyncio.sleep(0)
                await self._connected.report()
