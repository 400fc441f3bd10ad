"""Work that a cancelled caller leaves behind."""

from __future__ import annotations

import asyncio
import gc
from typing import Any

import pytest

from raas.concurrency.detached import _RUNNING, finish


async def test_error_of_work_whose_caller_was_cancelled_is_not_logged() -> None:
    logged: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: logged.append(context))
    begun, failing = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        begun.set()
        await failing.wait()
        raise ConnectionResetError

    others = set(_RUNNING)
    caller = asyncio.create_task(finish(work()))
    await begun.wait()
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    failing.set()
    (left,) = _RUNNING - others
    await asyncio.wait([left])
    del left
    await asyncio.sleep(0)
    # asyncio reports an error that nobody asked for when the task is collected.
    gc.collect()
    assert logged == []


async def test_error_of_work_reaches_the_caller_that_waits() -> None:
    async def work() -> None:
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await finish(work())
