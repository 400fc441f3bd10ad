"""Prefetched pages: used at their position, otherwise discarded, and few at a time."""

from __future__ import annotations

import asyncio

import pytest

from raas.usecases.feed import prefetch as prefetch_module
from raas.usecases.feed.prefetch import Prefetcher
from raas.usecases.ports.errors import StoreUnavailable
from raas.usecases.ports.log import EVERYTHING, LogPage, ReadLimits
from tests.memory.logs import MemoryLog

PAGE = MemoryLog().read(0, EVERYTHING, ReadLimits(1, 1))


class Reading:
    """One read of a page, which the test ends."""

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


async def test_prefetched_page_is_used_once() -> None:
    pages, reading = Prefetcher(), Reading()
    ahead = pages.begin(7, reading)
    assert ahead is not None
    taking = asyncio.create_task(ahead.page(7))
    await asyncio.sleep(0)
    reading.allowed.set()
    assert await taking is PAGE
    assert await ahead.page(7) is None
    assert (pages.free, reading.cancelled) == (2, False)


async def test_prefetched_page_of_another_position_is_discarded() -> None:
    pages, reading = Prefetcher(), Reading()
    ahead = pages.begin(7, reading)
    assert ahead is not None
    await asyncio.sleep(0)
    assert await ahead.page(6) is None
    await asyncio.sleep(0)
    assert (pages.free, reading.cancelled) == (2, True)


async def test_number_of_prefetched_pages_is_limited() -> None:
    pages = Prefetcher()
    begun = [pages.begin(7, Reading()) for _ in range(3)]
    assert [ahead is None for ahead in begun] == [False, False, True]
    for ahead in begun[:2]:
        assert ahead is not None
        ahead.drop()
        ahead.drop()
    assert pages.free == 2


async def test_prefetched_page_that_is_not_used_is_discarded_after_a_moment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(prefetch_module, "_USED_WITHIN_SECONDS", 0.01)
    pages, reading = Prefetcher(), Reading()
    ahead = pages.begin(7, reading)
    assert ahead is not None
    async with asyncio.timeout(60):
        while not reading.cancelled:
            await asyncio.sleep(0.01)
    assert pages.free == 2
    assert await ahead.page(7) is None


async def test_error_of_a_prefetch_is_raised_only_when_the_page_is_used() -> None:
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
