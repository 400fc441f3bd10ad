"""A stopping server holds new calls until gRPC has handed out all that it received."""

from __future__ import annotations

import asyncio
import time

from raas.rpc.calls.closing import Closing


async def after_turns(closing: Closing, turns: int) -> bool:
    """A call that gRPC hands out only after so many turns of the event loop."""
    for _ in range(turns):
        await asyncio.sleep(0)
    return await closing.refuses()


async def test_call_of_a_process_without_processor_time_is_still_held() -> None:
    closing = Closing()
    holding = asyncio.create_task(closing.hold(10))
    await asyncio.sleep(0)
    call = asyncio.create_task(after_turns(closing, 10))
    time.sleep(0.3)  # The process is not scheduled: its timers are due before gRPC hands out the call.
    for _ in range(20):
        await asyncio.sleep(0)
    assert not holding.done()
    await asyncio.wait_for(holding, 5)
    assert not call.done()
    closing.release()
    assert await call


async def test_holding_ends_after_the_longest_time_although_every_turn_is_late() -> None:
    closing, ended = Closing(), asyncio.Event()

    async def keep_busy() -> None:
        while not ended.is_set():
            time.sleep(0.1)
            await asyncio.sleep(0)

    busy = asyncio.create_task(keep_busy())
    await asyncio.wait_for(closing.hold(1), 10)
    ended.set()
    await busy


async def test_calls_that_are_handed_out_slowly_are_all_held() -> None:
    closing, calls = Closing(), []

    async def hand_out() -> None:
        """As on a machine with little processor time: a call now and then, while the event loop runs."""
        for _ in range(20):
            await asyncio.sleep(0.04)
            calls.append(asyncio.create_task(closing.refuses()))

    holding = asyncio.create_task(closing.hold(20))
    await hand_out()
    assert not holding.done()
    await asyncio.wait_for(holding, 20)
    closing.release()
    assert await asyncio.gather(*calls) == [True] * 20


async def test_holding_ends_while_calls_keep_arriving() -> None:
    """As from many callers who do not wait for each other."""
    closing, calls = Closing(), set[asyncio.Task[bool]]()

    async def call() -> None:
        while True:
            await asyncio.sleep(0.001)
            calls.add(asyncio.create_task(closing.refuses()))

    calling = asyncio.create_task(call())
    await asyncio.wait_for(closing.hold(60), 30)
    calling.cancel()
    closing.release()
    assert all(await asyncio.gather(*calls))


async def test_calls_are_served_before_the_server_stops() -> None:
    assert not await Closing().refuses()
