"""Usage is counted by key and month, and stored once whatever fails."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from raas.domain.billing import BillingCounts, BillingKey, parse_month
from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.memory.billing import MemoryBillingStore
from raas.memory.state import MemoryState
from raas.usecases.billing import recorder
from raas.usecases.billing.counter import BillingCounter
from raas.usecases.billing.recorder import BillingRecorder
from raas.usecases.calls.call import Caller
from raas.usecases.ports.billing import UsageFilter
from raas.usecases.ports.errors import StoreUnavailable

OWN, OTHER = EnterpriseNumber(999999922), EnterpriseNumber(206731645)
CONSULT = "/raas.v1.RegisterService/Consult"
NOVEMBER, DECEMBER = parse_month("2026-11"), parse_month("2026-12")


@dataclass
class Clock:
    instant: datetime = datetime(2026, 11, 30, 22, 59, 59, tzinfo=UTC)

    def __call__(self) -> float:
        return self.instant.timestamp()


@dataclass
class FailingStore(MemoryBillingStore):
    """Fails as often as it is told: before a batch is stored, or after."""

    before: int = 0
    after: int = 0
    batches: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(MemoryState())

    async def add(self, number: int, counts: Mapping[BillingKey, BillingCounts]) -> None:
        self.batches.append(number)
        if self.before:
            self.before -= 1
            raise StoreUnavailable("away")
        await super().add(number, counts)
        if self.after:
            self.after -= 1
            raise StoreUnavailable("the answer was lost")


def test_calls_are_counted_by_caller_register_rpc_and_month() -> None:
    clock = Clock()
    counter = BillingCounter(clock)
    caller, gateway = Caller(OWN), Caller(OTHER, on_behalf_of=OWN)
    for _ in range(2):
        counter.add(caller, OWN, None, CONSULT, calls=1, items=3)
    counter.add(gateway, OWN, None, CONSULT, refused=1)
    clock.instant = datetime(2026, 11, 30, 23, tzinfo=UTC)
    counter.add(caller, OWN, None, CONSULT, deliveries=4)
    assert counter.take() == {
        BillingKey(NOVEMBER, OWN, None, OWN, None, CONSULT): BillingCounts(2, 6),
        BillingKey(NOVEMBER, OTHER, OWN, OWN, None, CONSULT): BillingCounts(refused=1),
        BillingKey(DECEMBER, OWN, None, OWN, None, CONSULT): BillingCounts(deliveries=4),
    }
    assert counter.take() == {}


async def stored(store: MemoryBillingStore) -> int:
    rows = await store.rows(UsageFilter(0, 12 * 9999), None, 100)
    return sum(row.counts.calls for row in rows)


async def test_batch_is_given_again_under_its_number_after_a_failure() -> None:
    counter, store = BillingCounter(), FailingStore(before=1, after=1)
    recording = BillingRecorder(counter, store)
    counter.add(Caller(OWN), None, None, CONSULT, calls=1)
    for _ in range(2):
        with pytest.raises(StoreUnavailable):
            await recording.flush()
        counter.add(Caller(OWN), None, None, CONSULT, calls=1)
    await recording.flush()
    assert await stored(store) == 3
    assert store.batches == [1, 1, 1, 2]
    await recording.flush()
    assert store.batches == [1, 1, 1, 2]


async def test_recorder_goes_on_after_an_outage(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorder, "INTERVAL_SECONDS", 0.001)
    counter, store = BillingCounter(), FailingStore(before=3)
    running = asyncio.create_task(BillingRecorder(counter, store).run())
    counter.add(Caller(OWN), None, None, CONSULT, calls=1)

    async with asyncio.timeout(30):
        while await stored(store) != 1:
            await asyncio.sleep(0.001)
    running.cancel()
    await asyncio.wait([running])
