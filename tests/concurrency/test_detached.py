"""Work that runs to its end although its caller is cancelled."""

from __future__ import annotations

import asyncio
import gc
from typing import Any

import pytest

from raas.concurrency.detached import _RUNNING, complete, finish


async def test_error_of_work_whose_caller_was_cancelled_is_not_logged() -> None:
    # What earlier tests left behind is reported before.
    gc.collect()
    logged: list[dict[str, Any]] = []
    loop = asyncio.get_running_loop()
    before = loop.get_exception_handler()
    loop.set_exception_handler(lambda _, context: logged.append(context))
    begun, failing = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        begun.set()
        await failing.wait()
        raise ConnectionResetError

    try:
        coroutine = work()
        caller = asyncio.create_task(finish(coroutine))
        await begun.wait()
        caller.cancel()
        with pytest.raises(asyncio.CancelledError):
            await caller
        failing.set()
        (left,) = [task for task in _RUNNING if task.get_coro() is coroutine]
        await asyncio.wait([left])
        del left, coroutine
        await asyncio.sleep(0)
        # asyncio reports an error that nobody asked for when the task is collected.
        gc.collect()
    finally:
        loop.set_exception_handler(before)
    assert logged == []


async def test_error_of_work_reaches_the_caller_that_waits() -> None:
    async def work() -> None:
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await finish(work())


@pytest.mark.parametrize("fails", [False, True])
async def test_cancelled_caller_leaves_after_the_work_that_it_completes(fails: bool) -> None:
    begun, ending, ended = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def work() -> None:
        begun.set()
        await ending.wait()
        ended.set()
        if fails:
            raise ConnectionResetError

    caller = asyncio.create_task(complete(work()))
    await begun.wait()
    caller.cancel()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert not caller.done()
    ending.set()
    with pytest.raises(asyncio.CancelledError):
        await caller
    assert ended.is_set()


async def test_completed_work_has_its_result_and_its_error() -> None:
    async def work(fails: bool) -> int:
        if fails:
            raise ConnectionResetError
        return 7

    assert await complete(work(False)) == 7
    with pytest.raises(ConnectionResetError):
        await complete(work(True))
