"""Retention counts and removes class by class, within the periods, and no class that was not asked for."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, date, datetime, timedelta

import pytest

from raas.domain.calendar.age import Age
from raas.domain.calendar.day import OPEN
from raas.domain.calendar.periods import Period
from raas.domain.numbers.niss import Niss
from raas.domain.registers.register import Register
from raas.usecases.admin.erase import EraseContents
from raas.usecases.ports.audit.journal import NoJournal
from raas.usecases.ports.maintenance import RemovedRecords
from raas.usecases.ports.subscriber_store import SubscriberKey
from raas.usecases.retention.classes import REMOVED, DataClass, Periods
from raas.usecases.retention.contents import SETTLED, ForgottenContents
from raas.usecases.retention.lines import ExpireLines
from raas.usecases.retention.removal import Outcome, Part, Retention, RetentionStores
from tests.contract.book import Book, new_book, persons
from tests.contract.stores import Stores, memory_stores

ANN, BEA, CLEO = persons(3)
NOW = datetime.now(UTC)
NO_LIMIT = Periods(None, None, None)
LINE = Period(date(2020, 1, 1).toordinal(), date(2020, 2, 1).toordinal())


class Contents:
    """Contents about persons, by number, each with its time."""

    def __init__(self) -> None:
        settled = NOW - SETTLED - timedelta(days=1)
        self.held = {ANN: NOW - timedelta(days=400), BEA: settled, CLEO: settled}

    async def numbers_of(self, niss: Niss) -> Collection[Niss]:
        return {niss}

    async def count_before(self, instant: datetime) -> int:
        return sum(time < instant for time in self.held.values())

    async def persons_before(self, instant: datetime, after: Niss, limit: int) -> Sequence[Niss]:
        return sorted(niss for niss, time in self.held.items() if time < instant and niss > after)[:limit]

    async def erase_before(self, instant: datetime, limit: int) -> int:
        return await self.erase_of([niss for niss, time in self.held.items() if time < instant], limit)

    async def erase_of(self, nisses: Collection[Niss], limit: int) -> int:
        erased = [niss for niss in self.held if niss in nisses][:limit]
        for niss in erased:
            del self.held[niss]
        return len(erased)


class Requests:
    expired = 3

    async def count_expired_requests(self) -> int:
        return self.expired

    async def delete_expired_requests(self) -> int:
        deleted, self.expired = self.expired, 0
        return deleted


class Audit:
    def __init__(self) -> None:
        self.asked: list[datetime] = []

    async def partitions_before(self, before: datetime) -> Sequence[str]:
        self.asked.append(before)
        return ("audit_call_201610",)

    async def remove_before(self, before: datetime) -> RemovedRecords | None:
        return RemovedRecords(7, 1, await self.partitions_before(before))


class Case:
    """A register with an expired line of ANN and 4 mutations, one of a later year, and all other classes."""

    def __init__(self, stores: Stores, book: Book, register: Register) -> None:
        self.stores, self.book, self.register = stores, book, register
        self.contents, self.requests, self.audit = Contents(), Requests(), Audit()

    def retention(self, periods: Periods) -> Retention:
        erasing = EraseContents(self.contents, NoJournal())
        return Retention(
            RetentionStores(self.stores.trims, self.contents, self.requests, self.audit),
            ExpireLines(self.stores.reads, self.stores.writes),
            erasing,
            ForgottenContents(self.contents, self.stores.reads, erasing),
            periods,
            NOW,
        )

    async def read_again(self) -> Register:
        found = await self.stores.registers.find(self.book.number)
        assert found is not None
        return found

    async def due(self, periods: Periods, *classes: DataClass) -> list[Outcome]:
        use = self.retention(periods)
        registers = [await self.read_again()]
        return [each async for each in use.due(registers, classes or REMOVED)]

    async def remove(self, periods: Periods, *classes: DataClass) -> list[Outcome]:
        use = self.retention(periods)
        registers = [await self.read_again()]
        return [each async for each in use.remove(registers, classes or REMOVED)]


@pytest.fixture
async def case() -> Case:
    stores = memory_stores()
    book = await new_book(stores, "A")
    await book.new_type("B", keep_after_end=Age(months=12))
    await book.set((ANN, "B", (LINE,)))
    await book.set((BEA, "A", (LINE,)))
    await book.set((BEA, "A", ()))
    book.record_time = NOW - timedelta(days=30)
    await book.set((BEA, "B", (LINE._replace(end=OPEN),)))
    register = await stores.registers.find(book.number)
    assert register is not None
    return Case(stores, book, register)


def numbers(outcomes: list[Outcome]) -> dict[str, list[int]]:
    return {each.data_class: [part.number for part in each.parts] for each in outcomes}


async def test_removal_removes_what_was_counted_as_due(case: Case) -> None:
    periods = Periods(log=Age(months=6))
    due = await case.due(periods)
    # Revision 3 is the last one that is old enough: it stays as the beginning of the log.
    expected = {"lines": [1], "log": [2], "contents": [1, 1], "requests": [3], "audit": [1]}
    assert numbers(due) == expected
    things = [part.things for outcome in due if outcome.data_class == "contents" for part in outcome.parts]
    assert things == ["contents", "numbers that no register knows"]
    assert case.audit.asked == [datetime(NOW.year - 10, NOW.month, 1, tzinfo=UTC)]
    assert numbers(await case.due(periods)) == expected
    assert numbers(await case.remove(periods)) == expected
    # No register knows CLEO; BEA is known.
    assert case.contents.held.keys() == {BEA}
    assert numbers(await case.due(periods, *REMOVED[:4])) == {
        "lines": [0],
        "log": [],
        "contents": [0, 0],
        "requests": [0],
    }


async def test_class_without_a_period_is_kept(case: Case) -> None:
    for outcomes in (await case.due(NO_LIMIT), await case.remove(NO_LIMIT)):
        assert numbers(outcomes) == {"lines": [1], "log": [], "contents": [], "requests": [3], "audit": []}
    assert len(case.contents.held) == 3


async def test_only_the_classes_asked_for_are_removed(case: Case) -> None:
    outcomes = await case.remove(Periods(log=Age(days=1)), DataClass.REQUESTS)
    assert numbers(outcomes) == {"requests": [3]}
    assert numbers(await case.due(Periods(), DataClass.LINES)) == {"lines": [1]}


async def test_subscriber_that_lags_behind_holds_back_the_log(case: Case) -> None:
    key = SubscriberKey(case.book.id, "0999999922", "slow")
    await case.stores.subscribers.acknowledge(key, case.register.log_id, 2)
    (outcome,) = await case.remove(Periods(log=Age(days=1)), DataClass.LOG)
    assert outcome.is_held_back
    assert outcome.parts == [Part(1, "mutations", case.book.number, held_by=key)]
