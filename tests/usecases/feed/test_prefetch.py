"""Pages read ahead: taken when they are the right ones, given up otherwise, and few at a time."""

from __future__ import annotations

import asyncio

import pytest

from raas.usecases.feed import prefetch as reading_ahead
from raas.usecases.feed.prefetch import Prefetcher
from raas.usecases.ports.errors import StoreUnavailable
from raas.usecases.ports.log import EVERYTHING, LogPage, ReadLimits
from tests.memory.logs import MemoryLog

PAGE = MemoryLog().read(0, EVERYTHING, ReadLimits(1, 1))


class Reading:
    """One reading of a page, which ends when told to."""

    def __init__(self) -> None:
        self.allowed = asyncio.Event()
        self.cancelled = False
        self.fault: Exception | None = None

    async def __call__(self) -> LogPage:
        try:
            await self.allowed.wait()
        except asyncio.CancelledError:
            self.cancelled = True
            raise
        if self.fault is not None:
            raise self.fault
        return PAGE


async def test_a_page_is_taken_once_by_who_comes_to_it() -> None:
    pages, reading = Prefetcher(), Reading()
    ahead = pages.begin(7, reading)
    assert ahead is not None
    taking = asyncio.create_task(ahead.page(7))
    await asyncio.sleep(0)
    reading.allowed.set()
    assert await taking is PAGE
    assert await ahead.page(7) is None
    assert (pages.free, reading.cancelled) == (2, False)


async def test_a_page_of_another_place_is_given_up() -> None:
    pages, reading = Prefetcher(), Reading()
    ahead = pages.begin(7, reading)
    assert ahead is not None
    await asyncio.sleep(0)
    assert await ahead.page(6) is None
    await asyncio.sleep(0)
    assert (pages.free, reading.cancelled) == (2, True)


async def test_few_are_read_at_a_time() -> None:
    pages = Prefetcher()
    begun = [pages.begin(7, Reading()) for _ in range(3)]
    assert [ahead is None for ahead in begun] == [False, False, True]
    for ahead in begun[:2]:
        assert ahead is not None
        ahead.drop()
        ahead.drop()
    assert pages.free == 2


async def test_a_page_that_nobody_takes_is_given_up_after_a_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading_ahead, "_TAKEN_WITHIN_SECONDS", 0.01)
    pages, reading = Prefetcher(), Reading()
    ahead = pages.begin(7, reading)
    assert ahead is not None
    async with asyncio.timeout(10):
        while not reading.cancelled:
            await asyncio.sleep(0.01)
    assert pages.free == 2
    assert await ahead.page(7) is None


async def test_who_takes_a_page_is_told_what_went_wrong_nobody_else() -> None:
    pages = Prefetcher()
    for taken in (True, False):
        reading = Reading()
        reading.fault = StoreUnavailable("the store is away")
        reading.allowed.set()
        ahead = pages.begin(7, reading)
        assert ahead is not None
        if taken:
            with pytest.raises(StoreUnavailable):
                await ahead.page(7)
        else:
            await asyncio.sleep(0)
            ahead.drop()
    assert pages.free == 2
