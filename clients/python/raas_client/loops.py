"""Event loops in threads of their own."""

from __future__ import annotations

import asyncio
from typing import Any


def new_loop() -> asyncio.AbstractEventLoop:
    """A loop for a thread of its own, in a process that may have others.

    grpc.aio hands an event of one loop to the thread of another. If the first loop was closed meanwhile, as
    after `asyncio.run`, the other one reports an error that concerns nobody: it is not logged.
    """
    loop = asyncio.new_event_loop()
    loop.set_exception_handler(_report)
    return loop


def _report(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    of_closed_loop = isinstance(context.get("exception"), RuntimeError) and "closed" in str(
        context["exception"]
    )
    if not (of_closed_loop and "PollerCompletionQueue" in context.get("message", "")):
        loop.default_exception_handler(context)
