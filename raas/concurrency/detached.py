"""Work that runs to its end although its caller is cancelled."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

Result = TypeVar("Result")

_RUNNING: set[asyncio.Task[Any]] = set()
"""The event loop itself keeps only weak references to tasks."""


def detach(work: Coroutine[Any, Any, Result]) -> asyncio.Task[Result]:
    """Start work in a task that is kept until it ends; its error is raised at those who await it, if any."""
    task = asyncio.create_task(work)
    _RUNNING.add(task)
    task.add_done_callback(_RUNNING.discard)
    return task


async def finish(work: Coroutine[Any, Any, Result]) -> Result:
    """Run work to its end, whatever happens to the caller; returns its result.

    A caller that is cancelled leaves at once and the work goes on; its error is then dropped.
    """
    return await outlived_by(detach(work))


async def outlived_by(task: asyncio.Task[Result]) -> Result:
    """The result of a task that a cancelled caller leaves behind; its error is then dropped."""
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        # Nobody asks for its error any more, which asyncio would log.
        task.add_done_callback(_drop_error)
        raise


async def complete(work: Coroutine[Any, Any, Result]) -> Result:
    """Run work to its end; a caller that is cancelled meanwhile leaves after it.

    Its error is then dropped. A second cancellation makes the caller leave at once.
    """
    task = detach(work)
    try:
        return await outlived_by(task)
    except asyncio.CancelledError:
        await asyncio.wait({task})
        raise


def _drop_error(task: asyncio.Task[Any]) -> None:
    if not task.cancelled():
        task.exception()
