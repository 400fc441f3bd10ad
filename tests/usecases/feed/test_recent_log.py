"""The tail of a log: what its readers find in it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from raas.domain.errors import Reason, Refused, refuse
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
        """What the tailer does."""
        run = segment_of(self.log.read(self.recent_log.position, EVERYTHING, ReadLimits(entries, entries)))
        written = [data.ljust(size) for data in self.messages.entries(self.recent_log.register, run.entries)]
        pieces = [cached(entry, data) for entry, data in zip(run.entries, written, strict=True)]
        self.recent_log.publish(run, pieces, now)
        for waiter in self.recent_log.waiting():
            wake(waiter)

    def next(self, position: int, which: LogFilter = EVERYTHING) -> tuple[Any, int]:
        shipment = self.recent_log.next(position, which)
        assert shipment is not None
        return read(shipment.data) if shipment.data else None, shipment.position


def test_there_is_nothing_before_something_is_published() -> None:
    assert _World().recent_log.next(0, EVERYTHING) is None


def test_a_reader_is_sent_what_follows_its_position() -> None:
    world = _World()
    world.log.write(2)
    world.publish()
    world.log.write(1)
    world.publish()
    assert world.next(0) == ({"mutations": [1, 2, 3], "through": 3}, 3)
    assert world.next(1) == ({"mutations": [2, 3], "through": 3}, 3)
    assert world.next(2) == ({"mutations": [3], "through": 3}, 3)
    assert world.recent_log.next(3, EVERYTHING) is None


def test_filters_are_those_of_the_store() -> None:
    world = _World()
    world.log.write(code="A", kind=1)
    world.log.write(code="B", kind=1)
    world.log.write(code="A", kind=2)
    world.publish()
    assert world.next(0, B_ONLY) == ({"mutations": [2], "through": 3}, 3)
    assert world.next(0, REMOVALS) == ({"mutations": [3], "through": 3}, 3)
    assert world.next(0, LogFilter(("B",), (2,), (2,))) == (None, 3)


def test_readers_at_the_head_share_one_message_per_filter() -> None:
    world = _World()
    world.log.write(code="B")
    world.publish()
    for which in (EVERYTHING, B_ONLY):
        one, other = world.recent_log.next(0, which), world.recent_log.next(0, which)
        assert one is not None
        assert one is other
    assert world.messages.written == [1]


def test_a_group_too_large_for_one_page_keeps_the_place_to_resume_from() -> None:
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


def test_only_so_many_bytes_are_kept() -> None:
    world = _World(keep_bytes=100)
    for _ in range(5):
        world.log.write()
        world.publish(size=40)
    assert [world.recent_log.reaches(position) for position in range(6)] == [False] * 3 + [True] * 3
    assert world.next(3) == ({"mutations": [4, 5], "through": 5}, 5)


def test_a_message_holds_about_a_run() -> None:
    world = _World(keep_bytes=10 * SEGMENT_BYTES)
    for _ in range(4):
        world.log.write()
        world.publish(size=SEGMENT_BYTES // 2)
    assert world.next(0) == ({"mutations": [1, 2], "through": 2}, 2)
    assert world.next(2) == ({"mutations": [3, 4], "through": 4}, 4)


def test_what_can_be_erased_is_not_shown_from_here_for_long() -> None:
    world = _World()
    for now, content in enumerate((None, {"after": {}}, None, {"after": {}}, None)):
        write = world.log.write if content is None else world.log.write_content
        write()
        world.publish(now=now)
    reached = []
    for now in (ERASABLE_SECONDS, ERASABLE_SECONDS + 1, ERASABLE_SECONDS + 2, ERASABLE_SECONDS + 3):
        world.recent_log.forget(now)
        reached.append([position for position in range(6) if world.recent_log.reaches(position)])
    assert reached == [[0, 1, 2, 3, 4, 5], [2, 3, 4, 5], [2, 3, 4, 5], [4, 5]]
    assert world.next(4) == ({"mutations": [5], "through": 5}, 5)


def test_a_tail_of_nothing_but_what_can_be_erased_goes_on_after_it() -> None:
    world = _World()
    world.log.write_content()
    world.publish(now=0)
    assert world.next(0)[1] == 1
    world.recent_log.forget(ERASABLE_SECONDS)
    assert (world.recent_log.reaches(0), world.recent_log.reaches(1)) == (False, True)
    assert world.recent_log.next(1, EVERYTHING) is None
    world.log.write()
    world.publish(now=ERASABLE_SECONDS)
    assert world.next(1) == ({"mutations": [2], "through": 2}, 2)


async def test_those_who_wait_are_woken_by_the_next_chunk() -> None:
    world = _World()
    loop = asyncio.get_running_loop()
    waiting = [asyncio.create_task(world.recent_log.beyond(0, loop.time() + 60)) for _ in range(3)]
    await asyncio.sleep(0)
    world.log.write()
    world.publish()
    await asyncio.gather(*waiting)
    assert world.recent_log.waiting() == []


async def test_nobody_waits_beyond_the_deadline_nor_leaves_anything_behind() -> None:
    world = _World()
    loop = asyncio.get_running_loop()
    await world.recent_log.beyond(0, loop.time() + 0.01)
    waiting = asyncio.create_task(world.recent_log.beyond(0, loop.time() + 60))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert world.recent_log.waiting() == []


async def test_a_tail_that_ended_tells_everybody_why() -> None:
    world = _World()
    world.recent_log.require_open()
    world.recent_log.end(refuse(Reason.UNAVAILABLE))
    await world.recent_log.beyond(0, asyncio.get_running_loop().time() + 60)
    for _ in range(2):
        with pytest.raises(Refused) as raised:
            world.recent_log.require_open()
        assert raised.value.violations[0].reason is Reason.UNAVAILABLE


def test_a_tail_goes_on_only_in_the_same_log() -> None:
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
