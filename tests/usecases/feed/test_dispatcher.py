"""The dispatcher: which mutations it publishes to the subscribers, when, and how often it reads the log."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

import pytest

from raas.domain.errors import Reason, Refused
from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.usecases.feed import dispatcher as dispatcher_module
from raas.usecases.feed.catch_up import LogPages
from raas.usecases.feed.dispatcher import DispatcherLimits, FeedDispatcher
from raas.usecases.feed.pacing import PaceLimits
from raas.usecases.feed.subscription_loop import follow_log
from raas.usecases.ports.errors import StoreFault, StoreUnavailable
from raas.usecases.ports.log import EVERYTHING, LogEntry, LogFilter
from tests.memory.logs import (
    OTHER_LOG_ID,
    MemoryLogs,
    ReadableMessages,
    committed_batch,
    read,
)
from tests.rights import no_identity

REGISTER, NEIGHBOUR = 1, 2
HOURS = DispatcherLimits(poll_seconds=3600, poll_seconds_not_listening=3600)
"""Polling never finds anything: every mutation must be notified."""


def paced(**limits: Any) -> DispatcherLimits:
    """The same limits, at this pace."""
    return replace(HOURS, pace=PaceLimits(**limits))


B_ONLY = LogFilter(("B",), (), (2,))


@dataclass
class World:
    logs: MemoryLogs
    messages: ReadableMessages
    dispatcher: FeedDispatcher
    pages: LogPages = field(init=False)

    def __post_init__(self) -> None:
        self.pages = LogPages(self.logs, self.messages, lambda: self.dispatcher.subscribers)

    def write(self, mutations: int = 1, register_id: int = REGISTER, *, code: str = "A") -> int:
        last = self.logs[register_id].write(mutations, code=code)
        self.dispatcher.committed(register_id)
        return last

    def commit(self, mutations: int = 1) -> int:
        """A write of this process, whose committed batch reaches the dispatcher."""
        log = self.logs[REGISTER]
        after, last = log.revision, log.write(mutations)
        self.dispatcher.committed(REGISTER, committed_batch(after + 1, last))
        return last


@asynccontextmanager
async def world(limits: DispatcherLimits = HOURS) -> AsyncIterator[World]:
    logs, messages = MemoryLogs(), ReadableMessages()
    dispatcher = FeedDispatcher(logs, messages, limits)
    running = asyncio.create_task(dispatcher.run())
    # The first poll happens before there are subscribers.
    await asyncio.sleep(0)
    yield World(logs, messages, dispatcher)
    dispatcher.close()
    await running


class UnreliableMessages(ReadableMessages):
    """Messages that cannot be serialised while `fails`."""

    fails = False

    def entries(self, register: EnterpriseNumber, entries: Sequence[LogEntry]) -> Sequence[bytes]:
        if self.fails:
            raise ZeroDivisionError
        return super().entries(register, entries)


class Follower:
    """A subscriber that reads a stream in a task of its own."""

    def __init__(
        self,
        world: World,
        after: int,
        which: LogFilter = EVERYTHING,
        *,
        register_id: int = REGISTER,
        heartbeat: float = 3600.0,
    ) -> None:
        self.received: list[dict[str, Any]] = []
        self.reading = asyncio.Event()
        self.reading.set()
        self.ended: Refused | None = None
        self._changed = asyncio.Event()
        self._task = asyncio.create_task(self._follow(world, after, which, register_id, heartbeat))

    async def _follow(
        self, world: World, after: int, which: LogFilter, register_id: int, heartbeat: float
    ) -> None:
        try:
            async with world.dispatcher.follow(register_id) as recent_log:
                async for message in follow_log(
                    recent_log, register_id, after, which, no_identity, heartbeat, world.pages
                ):
                    self.received.append(read(message.data))
                    self._changed.set()
                    await self.reading.wait()
        except Refused as refused:
            self.ended = refused
            self._changed.set()

    @property
    def revisions(self) -> list[int]:
        return [r for message in self.received for r in message.get("mutations", ())]

    @property
    def through(self) -> int:
        message = self.received[-1] if self.received else {}
        place: int = message.get("through", message.get("bookmark", 0))
        return place

    async def has(self, through: int) -> None:
        await self._until(lambda: self.through >= through)

    async def end(self) -> Reason:
        await self._until(lambda: self.ended is not None)
        assert self.ended is not None
        return self.ended.violations[0].reason

    async def stop(self) -> None:
        self._task.cancel()
        await asyncio.wait([self._task])

    async def _until(self, condition: Any) -> None:
        async with asyncio.timeout(60):
            while not condition():
                self._changed.clear()
                await self._changed.wait()


async def settled() -> None:
    """Let every task run that needs no time to pass."""
    for _ in range(20):
        await asyncio.sleep(0)


async def test_committed_mutation_is_sent_at_once_and_only_once() -> None:
    async with world() as w:
        follower = Follower(w, 0)
        await settled()
        for _ in range(3):
            await follower.has(w.write())
        assert follower.revisions == [1, 2, 3]


async def test_pause_is_longer_when_messages_cost_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = count(0)
    # A hundred messages take 0.1 s, of which a tenth counts at once: with a share of a thirtieth, 0.3 s pass.
    monkeypatch.setattr(dispatcher_module, "process_time", lambda: next(clock) / 10)
    async with world(paced(busy=0.0, least_share=1 / 30, longest_seconds=3600)) as w:
        followers = [Follower(w, 0) for _ in range(100)]
        await settled()
        loop = asyncio.get_running_loop()
        began = loop.time()
        for _ in range(2):
            last = w.write()
            await asyncio.gather(*(follower.has(last) for follower in followers))
        assert loop.time() - began >= 0.3
        assert followers[0].revisions == [1, 2]


async def test_mutation_is_read_and_serialised_once_for_all_subscribers() -> None:
    async with world() as w:
        followers = [Follower(w, 0) for _ in range(5)] + [Follower(w, 0, B_ONLY)]
        await settled()
        for code in "ABA":
            last = w.write(code=code)
            await asyncio.gather(*(follower.has(last) for follower in followers[:5]))
        assert [follower.revisions for follower in followers] == [[1, 2, 3]] * 5 + [[2]]
        assert w.messages.written == [1, 2, 3]
        assert [set(asked) for asked, _, _ in w.logs.readings] == [{REGISTER}] * 3


async def test_committed_batch_is_published_without_a_read() -> None:
    async with world() as w:
        follower = Follower(w, 0)
        await settled()
        for mutations in (1, 3, 2):
            await follower.has(w.commit(mutations))
        assert follower.revisions == [1, 2, 3, 4, 5, 6]
        assert w.logs.readings == []


async def test_mutations_of_other_processes_in_between_are_read() -> None:
    async with world() as w:
        follower = Follower(w, 0)
        await settled()
        await follower.has(w.commit())
        # Another process commits; its notification has not arrived.
        w.logs[REGISTER].write(2)
        await follower.has(w.commit())
        await follower.has(w.commit())
        # Now a notification arrives together with a batch of this process.
        w.logs[REGISTER].write()
        w.dispatcher.committed(REGISTER)
        await follower.has(w.commit())
        assert follower.revisions == [1, 2, 3, 4, 5, 6, 7]
        assert [asked[REGISTER] for asked, _, _ in w.logs.readings] == [1, 5]


async def test_batches_beyond_the_queue_limit_are_read_from_the_log(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatcher_module, "_QUEUED_MUTATIONS", 5)
    async with world() as w:
        follower = Follower(w, 0)
        await settled()
        for _ in range(10):
            last = w.commit()
        await follower.has(last)
        assert follower.revisions == list(range(1, 11))
        assert [asked[REGISTER] for asked, _, _ in w.logs.readings] == [0]


async def test_committed_batch_of_another_log_ends_the_streams() -> None:
    async with world() as w:
        follower = Follower(w, 0)
        await settled()
        w.dispatcher.committed(REGISTER, committed_batch(1, 1, OTHER_LOG_ID))
        assert await follower.end() is Reason.LOG_REPLACED
        assert follower.revisions == []


async def test_subscriber_that_begins_in_the_past_reads_the_log_then_the_recent_log() -> None:
    async with world() as w:
        for _ in range(5):
            w.logs[REGISTER].write(2)
        follower = Follower(w, 4)
        await follower.has(10)
        await follower.has(w.write())
        assert follower.revisions == [5, 6, 7, 8, 9, 10, 11]


async def test_next_page_is_prefetched_while_a_subscriber_catches_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # On a busy machine a page may be used late.
    monkeypatch.setattr("raas.usecases.feed.prefetch._USED_WITHIN_SECONDS", 60)
    async with world() as w:
        for _ in range(5_000):
            w.logs[REGISTER].write()
        follower = Follower(w, 0)
        follower.reading.clear()
        await follower.has(1)
        await settled()
        # One message was sent, and the page after it was read.
        assert [asked[REGISTER] for asked, _, _ in w.logs.readings] == [0, follower.received[0]["through"]]
        follower.reading.set()
        await follower.has(w.write())
        assert follower.revisions == list(range(1, 5_002))
        places = [asked[REGISTER] for asked, _, _ in w.logs.readings]
        assert len(places) == len(set(places))


async def test_subscriber_that_stops_reading_continues_from_the_log() -> None:
    async with world(replace(HOURS, keep_bytes=20)) as w:
        slow, quick = Follower(w, 0), Follower(w, 0)
        await settled()
        slow.reading.clear()
        last = w.write()
        await asyncio.gather(slow.has(last), quick.has(last))
        for _ in range(30):
            await quick.has(w.write())
        # It holds one message; the server keeps none for it.
        assert len(slow.received) == 1
        slow.reading.set()
        await slow.has(31)
        assert slow.revisions == quick.revisions == list(range(1, 32))


async def test_quiet_log_gives_memory_to_the_logs_that_are_followed_after_it() -> None:
    async with world() as measuring, measuring.dispatcher.follow(REGISTER) as recent_log:
        measuring.write()
        await recent_log.beyond(0, deadline=float("inf"))
        entry_bytes = recent_log.size
    async with (
        world(replace(HOURS, keep_bytes=2 * entry_bytes)) as w,
        w.dispatcher.follow(REGISTER) as quiet,
    ):
        for revision in range(2):
            w.write()
            await quiet.beyond(revision, deadline=float("inf"))
        assert quiet.reaches(0)
        async with w.dispatcher.follow(NEIGHBOUR) as neighbour:
            w.write(register_id=NEIGHBOUR)
            await neighbour.beyond(0, deadline=float("inf"))
            assert quiet.size + neighbour.size <= 2 * entry_bytes
            assert (quiet.reaches(0), quiet.reaches(1), neighbour.reaches(0)) == (False, True, True)


async def test_late_subscriber_reads_erasable_contents_from_the_log(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("raas.usecases.feed.recent_log.ERASABLE_SECONDS", 0.05)
    async with world(DispatcherLimits(poll_seconds=0.01, poll_seconds_not_listening=0.01)) as w:
        at_the_head = Follower(w, 0)
        await settled()
        w.logs[REGISTER].write_content()
        w.dispatcher.committed(REGISTER)
        await at_the_head.has(1)
        async with w.dispatcher.follow(REGISTER) as recent_log, asyncio.timeout(60):
            while recent_log.reaches(0):
                await asyncio.sleep(0.01)
        w.logs[REGISTER].erase_contents()
        late = Follower(w, 0)
        await late.has(1)
        # Serialised for the recent log, and again after the erasure.
        assert (late.revisions, w.messages.written) == ([1], [1, 1])


async def test_logs_of_several_registers_are_read_together() -> None:
    async with world() as w:
        followers = [Follower(w, 0), Follower(w, 0, register_id=NEIGHBOUR)]
        await settled()
        w.write()
        w.write(register_id=NEIGHBOUR)
        await asyncio.gather(*(follower.has(1) for follower in followers))
        assert [set(asked) for asked, _, _ in w.logs.readings] == [{REGISTER, NEIGHBOUR}]


async def test_log_without_subscribers_is_not_read() -> None:
    async with world() as w:
        follower = Follower(w, 0)
        await settled()
        await follower.has(w.write())
        await follower.stop()
        w.write()
        await settled()
        assert len(w.logs.readings) == 1


async def test_group_larger_than_a_message_has_no_resume_point_inside() -> None:
    async with world() as w:
        follower = Follower(w, 0)
        await settled()
        last = w.write(2_500)
        await follower.has(last)
        assert follower.revisions == list(range(1, 2_501))
        # Until the end of the group, the resume point lies before it.
        assert {message["through"] for message in follower.received[:-1]} <= {0}


async def test_polling_finds_commits_that_were_not_notified() -> None:
    async with world(DispatcherLimits(poll_seconds=0.01)) as w:
        w.dispatcher.set_listening(True)
        follower = Follower(w, 0)
        await settled()
        w.logs[REGISTER].write()
        await follower.has(1)


async def test_dispatcher_polls_more_often_while_notifications_are_not_received() -> None:
    async with world(DispatcherLimits(poll_seconds=3600, poll_seconds_not_listening=0.01)) as w:
        w.dispatcher.set_listening(True)
        follower = Follower(w, 0)
        await settled()
        w.logs[REGISTER].write()
        w.dispatcher.set_listening(False)
        await follower.has(1)


async def test_quiet_stream_sends_bookmarks() -> None:
    async with world() as w:
        follower = Follower(w, 0, B_ONLY, heartbeat=0.05)
        await settled()
        last = w.write(3)
        await follower.has(last)
        assert follower.received[-1] == {"bookmark": 3, "complete": False}
        assert follower.revisions == []


async def test_stream_survives_an_outage_of_the_store() -> None:
    async with world() as w:
        follower = Follower(w, 0)
        await settled()
        w.logs.faults = [StoreUnavailable("restarting")] * 2
        await follower.has(w.write())
        assert follower.revisions == [1]


async def test_refusal_of_the_store_is_raised_and_ends_no_stream() -> None:
    logs, messages = MemoryLogs(), ReadableMessages()
    w = World(logs, messages, FeedDispatcher(logs, messages, HOURS))
    follower = Follower(w, 0)
    await settled()
    logs.faults = [StoreFault("permission denied")]
    with pytest.raises(StoreFault):
        await w.dispatcher.run()
    running = asyncio.create_task(w.dispatcher.run())
    await follower.has(w.write())
    assert follower.revisions == [1]
    w.dispatcher.close()
    await running


async def test_unexpected_error_ends_the_streams_and_the_dispatcher_can_run_again() -> None:
    logs, messages = MemoryLogs(), UnreliableMessages()
    w = World(logs, messages, FeedDispatcher(logs, messages, HOURS))
    follower = Follower(w, 0)
    await settled()
    messages.fails = True
    w.write()
    with pytest.raises(ZeroDivisionError):
        await w.dispatcher.run()
    assert await follower.end() is Reason.UNAVAILABLE
    messages.fails = False
    running = asyncio.create_task(w.dispatcher.run())
    again = Follower(w, 0)
    await again.has(1)
    await again.has(w.write())
    assert again.revisions == [1, 2]
    w.dispatcher.close()
    await running


async def test_closed_dispatcher_ends_streams_and_accepts_none() -> None:
    async with world() as w:
        follower = Follower(w, 0)
        await settled()
        w.dispatcher.close()
        assert await follower.end() is Reason.UNAVAILABLE
        assert await Follower(w, 0).end() is Reason.UNAVAILABLE


async def test_replaced_log_ends_only_its_own_streams() -> None:
    async with world(DispatcherLimits(poll_seconds_not_listening=0.01)) as w:
        follower, neighbour = Follower(w, 0), Follower(w, 0, register_id=NEIGHBOUR)
        await settled()
        w.logs[REGISTER].register.log_id = OTHER_LOG_ID
        assert await follower.end() is Reason.LOG_REPLACED
        await neighbour.has(w.write(register_id=NEIGHBOUR))
        # A new stream follows the new log.
        again = Follower(w, 0)
        await settled()
        await again.has(w.write())


async def test_slow_stream_ends_when_its_position_is_trimmed() -> None:
    async with world(replace(HOURS, keep_bytes=20)) as w:
        slow, quick = Follower(w, 0), Follower(w, 0)
        await settled()
        slow.reading.clear()
        await quick.has(w.write())
        for _ in range(30):
            await quick.has(w.write())
        w.logs[REGISTER].register.oldest_revision = 20
        slow.reading.set()
        assert await slow.end() is Reason.REVISION_EXPIRED
        await quick.has(w.write())


async def test_missing_revision_ends_the_stream() -> None:
    async with world() as w:
        follower = Follower(w, 0)
        await settled()
        w.logs[REGISTER].lost = {2}
        w.write(3)
        assert await follower.end() is Reason.INTERNAL
        assert follower.revisions == []
        assert await Follower(w, 1).end() is Reason.INTERNAL


async def test_mutations_are_sent_together_to_many_subscribers() -> None:
    async with world(
        paced(seconds_per_message=0.1, busy=0.0, least_share=0.5, longest_seconds=1.0, few=0)
    ) as w:
        followers = [Follower(w, 0) for _ in range(5)]
        await settled()
        # The first message is sent at once, the next one a second later: five messages at half of the time.
        await asyncio.gather(*(follower.has(w.write()) for follower in followers[:1]))
        for _ in range(20):
            last = w.write()
            await asyncio.sleep(0)
        await asyncio.gather(*(follower.has(last) for follower in followers))
        assert all(follower.revisions == list(range(1, 22)) for follower in followers)
        assert max(len(follower.received) for follower in followers) <= 3
