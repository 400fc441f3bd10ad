"""The rights that a process knows: read, confirmed, watched."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from raas.domain.calendar.day import brussels_day
from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.rights.mandate import Mandate, MandatePermission
from raas.domain.rights.validity import Validity
from raas.memory.rights import MemoryRights
from raas.usecases.calls.rights_cache import FRESH_SECONDS, READ_SECONDS, WAIT_SECONDS, RightsCache
from raas.usecases.ports.errors import StoreUnavailable
from tests.eventually import eventually_async

OWNER, FRIEND = map(EnterpriseNumber, (1, 2))
NOW = datetime(2026, 6, 1, 21, 59, 59, tzinfo=UTC)


class Time:
    """The clock of the database and the monotonic one of the process, moved by hand."""

    def __init__(self) -> None:
        self.instant = NOW
        self.monotonic = 100.0

    def passes(self, seconds: float) -> None:
        self.instant += timedelta(seconds=seconds)
        self.monotonic += seconds


@pytest.fixture
def clock() -> Time:
    return Time()


@pytest.fixture
def store(clock: Time) -> MemoryRights:
    return MemoryRights(lambda: clock.instant)


@pytest.fixture
def cache(store: MemoryRights, clock: Time) -> RightsCache:
    return RightsCache(store.reader(), clock=lambda: clock.monotonic)


@asynccontextmanager
async def running(cache: RightsCache) -> AsyncIterator[None]:
    task = asyncio.create_task(cache.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


def mandate(**changes: Any) -> Mandate:
    return Mandate(uuid4(), OWNER, FRIEND, frozenset(MandatePermission), OWNER, NOW, **changes)


async def put(store: MemoryRights, right: Mandate) -> int:
    async with store.change() as transaction:
        await transaction.put(right)
    return transaction.version


def may_read(cache: RightsCache) -> bool:
    """Whether FRIEND may read; a view that is kept is asked for twice."""
    decided = {cache.view(FRIEND, OWNER, MandatePermission.READ) is not None for _ in range(2)}
    assert decided == {cache.snapshot.view(FRIEND, OWNER, MandatePermission.READ, cache.moment()) is not None}
    return decided.pop()


async def test_snapshot_is_fresh_for_a_second_after_the_primary_was_asked(
    cache: RightsCache, clock: Time
) -> None:
    assert not cache.is_fresh
    await cache.read()
    clock.passes(FRESH_SECONDS)
    assert cache.is_fresh
    clock.passes(0.001)
    assert not cache.is_fresh


async def test_notified_change_is_known_at_once(store: MemoryRights, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("raas.usecases.calls.rights_cache.WAIT_SECONDS", 300)
    cache = RightsCache(store.reader())
    async with running(cache):
        await cache.fresh()
        given = mandate()
        await cache.reached(await put(store, given))
        assert may_read(cache)
        await cache.reached(await put(store, given.revoked(OWNER, NOW)))
        assert not may_read(cache)


async def test_change_without_a_notification_is_found_by_reading(
    store: MemoryRights, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert READ_SECONDS < FRESH_SECONDS < WAIT_SECONDS
    # In time, long before the wait for it would end, on a busy machine too.
    monkeypatch.setattr("raas.usecases.calls.rights_cache.WAIT_SECONDS", 300)
    store.notifies = False
    cache = RightsCache(store.reader())
    async with running(cache):
        await cache.fresh()
        version = await put(store, mandate())
        begun = asyncio.get_running_loop().time()
        await cache.reached(version)
        assert may_read(cache)
        assert asyncio.get_running_loop().time() - begun < 100


async def test_time_goes_on_between_readings_by_the_monotonic_clock(
    cache: RightsCache, store: MemoryRights, clock: Time
) -> None:
    await put(store, mandate(validity=Validity(None, brussels_day(NOW))))
    await cache.read()
    assert may_read(cache)
    clock.monotonic += 0.9
    assert may_read(cache)
    # A day later in Belgium, without a reading in between.
    clock.monotonic += 0.1
    assert not may_read(cache)


async def test_mandate_of_some_hours_ends_between_readings_too(
    cache: RightsCache, store: MemoryRights, clock: Time
) -> None:
    await put(store, mandate(expire_time=NOW + timedelta(seconds=0.5)))
    await cache.read()
    clock.monotonic += 0.499
    assert may_read(cache)
    clock.monotonic += 0.001
    assert not may_read(cache)


async def test_mandate_begins_between_readings_too(
    cache: RightsCache, store: MemoryRights, clock: Time
) -> None:
    await put(store, mandate(validity=Validity(brussels_day(NOW) + 1)))
    await cache.read()
    clock.monotonic += 0.9
    assert not may_read(cache)
    clock.monotonic += 0.1
    assert may_read(cache)


async def test_restored_database_replaces_all_that_was_known(
    cache: RightsCache, store: MemoryRights, clock: Time
) -> None:
    await put(store, mandate())
    await put(store, mandate(dossier_types=frozenset({"A"})))
    await cache.read()
    restored = MemoryRights(lambda: clock.instant)
    await put(restored, mandate(validity=Validity(brussels_day(NOW) + 1)))
    cache._reader = restored.reader()
    await cache.read()
    assert cache.snapshot.version == 1
    assert not may_read(cache)


async def test_call_waits_for_rights_until_its_deadline(cache: RightsCache, clock: Time) -> None:
    with pytest.raises(StoreUnavailable):
        await cache.fresh(clock.monotonic + 0.01)
    waiting = [asyncio.create_task(cache.fresh()) for _ in range(3)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    await cache.read()
    assert await asyncio.gather(*waiting[1:]) == [None, None]


async def test_outage_of_the_store_is_survived(store: MemoryRights) -> None:
    cache = RightsCache(store.reader())
    store.answers = False
    async with running(cache):
        with pytest.raises(StoreUnavailable):
            await cache.fresh(asyncio.get_running_loop().time() + 0.2)
        store.answers = True
        await cache.fresh_again()


async def test_watches_are_called_when_rights_days_or_instants_change(
    cache: RightsCache, store: MemoryRights, clock: Time
) -> None:
    calls: list[str] = []
    stop = cache.watch(lambda: calls.append("called"))

    async def called() -> bool:
        calls.clear()
        await cache.read()
        return bool(calls)

    assert await called()
    assert not await called()
    await put(store, mandate(expire_time=NOW + timedelta(seconds=30)))
    assert await called()
    assert not await called()
    clock.passes(1)  # midnight in Belgium
    assert await called()
    clock.passes(28.9)
    assert not await called()
    clock.passes(0.1)  # the end of the mandate
    assert await called()
    assert not await called()
    stop()
    await put(store, mandate())
    assert not await called()


async def test_reached_gives_up_when_the_store_does_not_answer(
    store: MemoryRights, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("raas.usecases.calls.rights_cache.WAIT_SECONDS", 0.05)
    await RightsCache(store.reader()).reached(1)


async def test_reader_is_closed_when_the_cache_stops(store: MemoryRights) -> None:
    closed: list[bool] = []
    reader = store.reader()
    reader.close = lambda: closed.append(True)  # type: ignore[method-assign]
    cache = RightsCache(reader)
    async with running(cache):
        await eventually_async(lambda: cache.is_fresh)
    assert closed == [True]
