"""Work on long sequences in slices, so that other tasks run in between."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Generator, Iterable, Iterator, Sequence
from time import perf_counter
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def slices(items: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    """The items in order, in slices of `size`; the last one may be shorter."""
    for begin in range(0, len(items), size):
        yield items[begin : begin + size]


async def yielding_slices(items: Sequence[Item], size: int) -> AsyncGenerator[Sequence[Item], None]:
    """Like `slices`; yields to the event loop after every slice."""
    for some in slices(items, size):
        yield some
        await asyncio.sleep(0)


async def yielding_items(items: Iterable[Item], seconds: float) -> AsyncGenerator[Item, None]:
    """The items in order; yields to the event loop after every `seconds` of work on them."""
    ends = perf_counter() + seconds
    for item in items:
        yield item
        if perf_counter() >= ends:
            await asyncio.sleep(0)
            ends = perf_counter() + seconds


async def run_in_slices(steps: Generator[object, None, Result]) -> Result:
    """Run a generator to its end, yielding to the event loop wherever it yields; returns its result."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            result: Result = end.value
            return result
        await asyncio.sleep(0)
