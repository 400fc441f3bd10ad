"""Notifications to and from other processes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager

import pytest

from raas.usecases.feed.dispatcher import FeedDispatcher
from raas.usecases.feed.notifier import Notifier
from raas.usecases.ports.errors import StoreUnavailable
from raas.usecases.ports.log import CommittedBatch
from tests.memory.logs import MemoryLogs, ReadableMessages, committed_batch


class Wire:
    """The Notifications of the ports; the test plays the other processes."""

    def __init__(self) -> None:
        self.sent: list[set[int]] = []
        self.faults: list[Exception] = []
        self.listeners = 0
        self.attempted = asyncio.Event()
        self._news: asyncio.Queue[Collection[int] | Exception] = asyncio.Queue()

    async def send(self, register_ids: Collection[int]) -> None:
        self.attempted.set()
        if self.faults:
            raise self.faults.pop(0)
        self.sent.append(set(register_ids))

    @asynccontextmanager
    async def listen(self) -> AsyncIterator[AsyncIterator[Collection[int]]]:
        self.listeners += 1
        yield self._heard()

    async def _heard(self) -> AsyncIterator[Collection[int]]:
        while True:
            news = await self._news.get()
            if isinstance(news, Exception):
                raise news
            yield news

    def say(self, news: Collection[int] | Exception) -> None:
        self._news.put_nowait(news)


class Listener(FeedDispatcher):
    """A dispatcher that only records its calls."""

    def __init__(self) -> None:
        super().__init__(MemoryLogs(), ReadableMessages())
        self.committed_registers: list[int] = []
        self.committed_batches: list[CommittedBatch | None] = []
        self.heard: list[bool] = []
        self.changed = asyncio.Event()

    def committed(self, register_id: int, committed_batch: CommittedBatch | None = None) -> None:
        self.committed_registers.append(register_id)
        self.committed_batches.append(committed_batch)
        self.changed.set()

    def set_listening(self, listening: bool) -> None:
        self.heard.append(listening)
        self.changed.set()


@asynccontextmanager
async def running(wire: Wire) -> AsyncIterator[tuple[Notifier, Listener]]:
    dispatcher = Listener()
    notifier = Notifier(dispatcher, wire)
    tasks = [asyncio.create_task(notifier.send()), asyncio.create_task(notifier.receive())]
    yield notifier, dispatcher
    for task in tasks:
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


async def until(dispatcher: Listener, expected: object, found: str) -> None:
    async with asyncio.timeout(60):
        while getattr(dispatcher, found) != expected:
            dispatcher.changed.clear()
            await dispatcher.changed.wait()


async def test_commit_reaches_the_dispatcher_and_other_processes() -> None:
    wire = Wire()
    async with running(wire) as (notifier, dispatcher):
        added = committed_batch(1, 1)
        notifier.committed(4, added)
        assert (dispatcher.committed_registers, dispatcher.committed_batches) == ([4], [added])
        await wire.attempted.wait()
        assert wire.sent == [{4}]


async def test_commits_shortly_after_each_other_share_a_notification() -> None:
    wire = Wire()
    async with running(wire) as (notifier, _):
        notifier.committed(1)
        await wire.attempted.wait()
        wire.attempted.clear()
        for register_id in (2, 3, 2):
            notifier.committed(register_id)
        await wire.attempted.wait()
        assert wire.sent == [{1}, {2, 3}]


async def test_notification_that_fails_is_dropped_and_the_next_one_is_sent() -> None:
    wire = Wire()
    wire.faults = [StoreUnavailable("restarting")]
    async with running(wire) as (notifier, _):
        notifier.committed(1)
        await wire.attempted.wait()
        wire.attempted.clear()
        notifier.committed(2)
        await wire.attempted.wait()
        assert wire.sent == [{2}]


async def test_notification_of_another_process_reaches_the_dispatcher() -> None:
    wire = Wire()
    async with running(wire) as (_, dispatcher):
        wire.say([7, 8])
        await until(dispatcher, [7, 8], "committed_registers")
        assert dispatcher.heard == [True]


async def test_receiver_reconnects_and_the_dispatcher_is_told() -> None:
    wire = Wire()
    async with running(wire) as (_, dispatcher):
        wire.say(StoreUnavailable("lost"))
        await until(dispatcher, [True, False, True], "heard")
        wire.say([9])
        await until(dispatcher, [9], "committed_registers")
        assert wire.listeners == 2
