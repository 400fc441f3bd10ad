"""Blocking work that may never end, in a thread that nothing waits for."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

Result = TypeVar("Result")


async def in_thread_of_its_own(work: Callable[[], Result], name: str) -> Result:
    """Run work in a thread of its own; returns its result or raises its error.

    A caller that is cancelled leaves at once; the thread goes on and its result is dropped. Unlike those of
    `asyncio.to_thread`, the thread delays neither other work nor the end of the event loop and the process.
    """
    done: Future[Result] = Future()
    # A future that runs cannot be cancelled: its result is set in any case.
    done.set_running_or_notify_cancel()

    def run() -> None:
        try:
            result = work()
        except Exception as error:
            done.set_exception(error)
        else:
            done.set_result(result)

    threading.Thread(target=run, name=name, daemon=True).start()
    return await asyncio.wrap_future(done)
