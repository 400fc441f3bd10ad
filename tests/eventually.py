"""Waiting for conditions: tests wait until something is true, never for a fixed time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

_POLL_SECONDS = 0.02


def eventually(condition: Callable[[], T], seconds: float = 30) -> T:
    """Poll the condition until its result is truthy, and return that result.

    Raises AssertionError after `seconds`. Exceptions of the condition pass through.
    """
    deadline = time.monotonic() + seconds
    while not (result := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"the condition did not hold within {seconds} s")
        time.sleep(_POLL_SECONDS)
    return result


async def eventually_async(condition: Callable[[], T], seconds: float = 30) -> T:
    """Like `eventually`, without blocking the event loop."""
    deadline = time.monotonic() + seconds
    while not (result := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"the condition did not hold within {seconds} s")
        await asyncio.sleep(_POLL_SECONDS)
    return result
