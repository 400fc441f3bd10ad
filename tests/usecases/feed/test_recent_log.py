"""The recent part of a log, and the messages that subscribers get from it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from raas.domain.errors import Reason, Refused, refuse
from raas.domain.rights.identity_fields import NO_IDENTITY
from raas.domain.rights.view import Content, RegisterView
from raas.usecases.feed.recent_log import ERASABLE_SECONDS, RecentLog, cached, wake
from raas.usecases.feed.segments import SEGMENT_BYTES, segment_of
from raas.usecases.ports.log import EVERYTHING, LogFilter, ReadLimits
from tests.memory.logs import OTHER_LOG_ID, MemoryLog, ReadableMessages, read

B_ONLY = LogFilter(("B",), (), (2,))
REMOVALS = LogFilter((), (2,))


class _World:
    def __init__(self, keep_bytes: int = SEGMENT_BYTES) -> None:
        self.log = MemoryLog()
        self.messages = ReadableMessages()
        self.recent_log = RecentLog(self.log.head, self.messages, keep_bytes)

    def publish(self, entries: int = 100, size: int = 0, now: float = 0.0) -> None:
        """Publish like the dispatcher."""
        run = segment_of(self.log.read(self.recent_log.position, EVERYTHING, ReadLimits(entries, entries)))
        written = [data.ljust(size) for data in self.messages.entries(self.recent_log.register, run.entries)]
        pieces = [cached(entry, data) for entry, data in zip(run.entries, written, strict=True)]
        self.recent_log.publish(run, pieces, now)
        for waiter in self.recent_log.take_waiting():
            wake(waiter)

    def next(self, position: int, which: LogFilter = EVERYTHING) -> tuple[Any, int]:
        message = self.recent_log.next(position, which, NO_IDENTITY)
        assert message is not None
        return read(message.data) if message.data else None, message.position


def test_recent_log_is_empty_at_first() -> None:
    assert _World().recent_log.next(0, EVERYTHING, NO_IDENTITY) is None


def test_subscriber_receives_the_mutations_after_its_position() -> None:
    world = _World()
    world.log.write(2)
    world.publish()
    world.log.write(1)
    world.publish()
    assert world.next(0) == ({"mutations": [1, 2, 3], "through": 3}, 3)
    assert world.next(1) == ({"mutations": [2, 3], "through": 3}, 3)
    assert world.next(2) == ({"mutations": [3], "through": 3}, 3)
    assert world.recent_log.next(3, EVERYTHING, NO_IDENTITY) is None


def test_recent_log_filters_like_the_store() -> None:
    world = _World()
    world.log.write(code="A", kind=1)
    world.log.write(code="B", kind=1)
    world.log.write(code="A", kind=2)
    world.publish()
    assert world.next(0, B_ONLY) == ({"mutations": [2], "through": 3}, 3)
    assert world.next(0, REMOVALS) == ({"mutations": [3], "through": 3}, 3)
    assert world.next(0, LogFilter(("B",), (2,), (2,))) == (None, 3)


def test_restricted_subscribers_share_messages_with_those_of_the_same_view_only() -> None:
    world = _World()
    world.log.write(code="B")
    world.publish()
    whole = world.recent_log.next(0, B_ONLY, NO_IDENTITY)
    views = [
        RegisterView(frozenset({"B"})),
        RegisterView(frozenset({"B"}), {Content.IDENTITY: frozenset({"B"})}),
        RegisterView(frozenset({"B"})),
    ]
    one, other, same = [world.recent_log.next(0, replace(B_ONLY, view=view), NO_IDENTITY) for view in views]
    assert one is same
    assert len({id(message) for message in (whole, one, other)}) == 3
    assert world.messages.restrictions == 2


def test_subscribers_at_the_head_share_one_message_per_filter() -> None:
    world = _World()
    world.log.write(code="B")
    world.publish()
    for which in (EVERYTHING, B_ONLY):
        one, other = [world.recent_log.next(0, which, NO_IDENTITY) for _ in range(2)]
        assert one is not None
        assert one is other
    assert world.messages.written == [1]


def test_group_in_several_chunks_keeps_the_resume_point() -> None:
    world = _World()
    world.log.write(1)
    world.log.write(5)
    world.publish(entries=1)
    world.publish(entries=3)
    assert world.next(1) == ({"mutations": [2, 3, 4], "through": 1}, 4)
    assert world.recent_log.point == world.log.point(1)
    world.publish()
    assert world.next(4) == ({"mutations": [5, 6], "through": 6}, 6)
    assert world.recent_log.point == world.log.point(6)


def test_recent_log_drops_chunks_beyond_its_size() -> None:
    world = _World(keep_bytes=100)
    for _ in range(5):
        world.log.write()
        world.publish(size=40)
    assert [world.recent_log.reaches(position) for position in range(6)] == [False] * 3 + [True] * 3
    assert world.next(3) == ({"mutations": [4, 5], "through": 5}, 5)


def test_message_holds_about_one_segment() -> None:
    world = _World(keep_bytes=10 * SEGMENT_BYTES)
    for _ in range(4):
        world.log.write()
        world.publish(size=SEGMENT_BYTES // 2)
    assert world.next(0) == ({"mutations": [1, 2], "through": 2}, 2)
    assert world.next(2) == ({"mutations": [3, 4], "through": 4}, 4)


def test_erasable_contents_are_dropped_after_some_seconds() -> None:
    world = _World()
    for now, content in enumerate((None, {"after": {}}, None, {"after": {}}, None)):
        write = world.log.write if content is None else world.log.write_content
        write()
        world.publish(now=now)
    reached = []
    for now in (ERASABLE_SECONDS, ERASABLE_SECONDS + 1, ERASABLE_SECONDS + 2, ERASABLE_SECONDS + 3):
        world.recent_log.drop_erasable(now)
        reached.append([position for position in range(6) if world.recent_log.reaches(position)])
    assert reached == [[0, 1, 2, 3, 4, 5], [2, 3, 4, 5], [2, 3, 4, 5], [4, 5]]
    assert world.next(4) == ({"mutations": [5], "through": 5}, 5)


def test_recent_log_continues_after_all_its_chunks_are_dropped() -> None:
    world = _World()
    world.log.write_content()
    world.publish(now=0)
    assert world.next(0)[1] == 1
    world.recent_log.drop_erasable(ERASABLE_SECONDS)
    assert (world.recent_log.reaches(0), world.recent_log.reaches(1)) == (False, True)
    assert world.recent_log.next(1, EVERYTHING, NO_IDENTITY) is None
    world.log.write()
    world.publish(now=ERASABLE_SECONDS)
    assert world.next(1) == ({"mutations": [2], "through": 2}, 2)


async def test_waiting_subscribers_are_woken_by_the_next_chunk() -> None:
    world = _World()
    loop = asyncio.get_running_loop()
    waiting = [asyncio.create_task(world.recent_log.beyond(0, loop.time() + 60)) for _ in range(3)]
    await asyncio.sleep(0)
    world.log.write()
    world.publish()
    await asyncio.gather(*waiting)
    assert world.recent_log.take_waiting() == []


async def test_wait_ends_at_the_deadline_and_leaves_nothing_behind() -> None:
    world = _World()
    loop = asyncio.get_running_loop()
    await world.recent_log.beyond(0, loop.time() + 0.01)
    waiting = asyncio.create_task(world.recent_log.beyond(0, loop.time() + 60))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert world.recent_log.take_waiting() == []


async def test_ended_recent_log_raises_its_error_for_every_subscriber() -> None:
    world = _World()
    world.recent_log.require_open()
    world.recent_log.end(refuse(Reason.UNAVAILABLE))
    await world.recent_log.beyond(0, asyncio.get_running_loop().time() + 60)
    for _ in range(2):
        with pytest.raises(Refused) as raised:
            world.recent_log.require_open()
        assert raised.value.violations[0].reason is Reason.UNAVAILABLE


def test_recent_log_continues_only_in_the_same_log() -> None:
    world = _World()
    for _ in range(3):
        world.log.write()
    world.publish()
    assert world.recent_log.fault(world.log.head) is None
    world.log.register.oldest_revision = 3
    assert world.recent_log.fault(world.log.head) is None
    world.log.write()
    world.log.register.oldest_revision = 4
    assert _reason(world) is Reason.REVISION_EXPIRED
    world.log.register.oldest_revision = 0
    del world.log.register.log[2:]
    assert _reason(world) is Reason.REVISION_IN_FUTURE
    world.log.register.log_id = OTHER_LOG_ID
    assert _reason(world) is Reason.LOG_REPLACED


def _reason(world: _World) -> Reason:
    fault = world.recent_log.fault(world.log.head)
    assert fault is not None
    return fault.violations[0].reason
