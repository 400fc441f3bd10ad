"""A stopping server holds new calls until gRPC has handed out all that it received."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterable, Iterator

from raas.rpc.calls.closing import LONGEST_PAUSES, POLL_SECONDS, QUIET_PAUSES, Closing


class Clock:
    """A clock that only sleeping moves; each sleep ends as late as said, by default in time."""

    def __init__(self, late: Iterable[float] = ()) -> None:
        self.now = 0.0
        self._late: Iterator[float] = iter(late)

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds + next(self._late, 0.0)
        for _ in range(3):  # Whoever waits for this moment acts now.
            await asyncio.sleep(0)

    async def until(self, moment: float) -> None:
        while self.now < moment:
            await asyncio.sleep(0)


def closing_by(clock: Clock) -> Closing:
    return Closing(clock, clock.sleep)


async def test_call_of_a_process_without_processor_time_is_still_held() -> None:
    late = 0.3
    clock = Clock([late])  # The process is not scheduled: its timers are due before gRPC hands out the call.
    closing = closing_by(clock)
    holding = asyncio.create_task(closing.hold(60))
    await clock.until(late + (QUIET_PAUSES - 1) * late)
    assert not holding.done()
    call = asyncio.create_task(closing.refuses())
    await holding
    assert not call.done()
    closing.release()
    assert await call


async def test_holding_ends_after_the_longest_time_although_pauses_grow() -> None:
    clock = Clock(0.1 * 2**n for n in itertools.count())
    await closing_by(clock).hold(1)
    assert 1 < clock.now < 2


async def test_holding_ends_after_a_silence() -> None:
    clock = Clock()
    await closing_by(clock).hold(60)
    assert clock.now < (QUIET_PAUSES + 2) * POLL_SECONDS


async def test_calls_that_are_handed_out_slowly_are_all_held() -> None:
    clock = Clock()
    closing, calls = closing_by(clock), []
    holding = asyncio.create_task(closing.hold(60))
    for number in range(20):  # As on a machine with little processor time: a call now and then.
        await clock.until(0.04 * (number + 1))
        calls.append(asyncio.create_task(closing.refuses()))
    assert not holding.done()
    await holding
    closing.release()
    assert await asyncio.gather(*calls) == [True] * 20


async def test_holding_ends_while_calls_keep_arriving() -> None:
    """As from many callers who do not wait for each other."""
    clock = Clock()
    closing, calls = closing_by(clock), set[asyncio.Task[bool]]()

    async def call() -> None:
        while True:
            await clock.until(clock.now + POLL_SECONDS)
            calls.add(asyncio.create_task(closing.refuses()))

    calling = asyncio.create_task(call())
    await closing.hold(600)
    calling.cancel()
    assert clock.now < 3 * LONGEST_PAUSES * POLL_SECONDS
    closing.release()
    assert all(await asyncio.gather(*calls))


async def test_calls_are_served_before_the_server_stops() -> None:
    assert not await Closing().refuses()
