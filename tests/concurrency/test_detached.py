"""Work that a cancelled caller leaves behind."""

from __future__ import annotations

import asyncio
import gc
from typing import Any

import pytest

from raas.concurrency.detached import _RUNNING, finish


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
