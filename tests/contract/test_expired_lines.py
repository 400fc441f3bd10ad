"""Lines are removed once they were kept for the period of their dossier type, and no other line."""

from __future__ import annotations

from calendar import monthrange
from datetime import date
from secrets import token_bytes

import pytest

from raas.domain.calendar.age import Age
from raas.domain.calendar.day import OPEN
from raas.domain.calendar.periods import Lines, Period
from raas.domain.numbers.niss import Niss
from raas.domain.registers.mutation import MutationKind, Stamp
from raas.domain.registers.operation import Action
from raas.domain.registers.register import Register
from raas.ops.page_seal import FernetPageSeal
from raas.usecases.calls.access import AdmittedRegister
from raas.usecases.calls.pagination import Pages
from raas.usecases.ports.log import EVERYTHING, ReadLimits
from raas.usecases.ports.read_store import DossierFilter
from raas.usecases.retention.lines import APPLICATION, ExpiredLines, ExpireLines
from raas.usecases.writes.batch import WriteLimits
from raas.usecases.writes.dossier_types import ManageDossierTypes
from raas.usecases.writes.queue import WriteQueues
from tests.contract.book import ACTOR, CALL_ID, Book, new_book, persons, write_at_random
from tests.contract.stores import Stores
from tests.contract.test_replaced_niss import HEALTH, Harness, call

PEOPLE = persons(40)
ANN, BEA = PEOPLE[:2]
TODAY = date(2024, 3, 31).toordinal()
NO_PAGES = Pages(FernetPageSeal(token_bytes(32)))
YEAR, MONTH, DAYS = Age(months=12), Age(months=1), Age(days=90)


def line(begin: str, last: str | None) -> Period:
    end = OPEN if last is None else date.fromisoformat(last).toordinal() + 1
    return Period(date.fromisoformat(begin).toordinal(), end)


def first_kept(age: Age) -> date:
    """The oracle: so many months or days before TODAY, in the last days of a month its last day."""
    today = date.fromordinal(TODAY)
    months = today.year * 12 + today.month - 1 - age.months
    year, month = months // 12, months % 12 + 1
    return date.fromordinal(
        date(year, month, min(today.day, monthrange(year, month)[1])).toordinal() - age.days
    )


def kept(lines: Lines, age: Age | None) -> Lines:
    """The oracle: lines as sets of days, of which one is kept if its last day is."""
    if age is None:
        return lines
    return tuple(line for line in lines if date.fromordinal(min(line.end - 1, OPEN - 1)) >= first_kept(age))


async def register_of(stores: Stores, book: Book) -> Register:
    found = await stores.registers.find(book.number)
    assert found is not None
    return found


def expiring(stores: Stores, batch: int = 1_000) -> ExpireLines:
    return ExpireLines(stores.reads, stores.writes, batch)


async def lines_of(stores: Stores, book: Book) -> dict[tuple[Niss, str], Lines]:
    page = await stores.reads.page(book.id, DossierFilter(), None, None, 1_000)
    return {(each.niss, each.dossier_type): each.lines for each in page.dossiers}


@pytest.mark.parametrize("batch", [1_000, 7])
async def test_lines_are_removed_after_the_period_of_their_type(stores: Stores, batch: int) -> None:
    book = await new_book(stores, "A")
    ages = {"A": None, "B": YEAR, "C": MONTH, "D": DAYS}
    for code, age in ages.items():
        if age is not None:
            await book.new_type(code, keep_after_end=age)
    await write_at_random(book, PEOPLE, 400, seed=21)
    register, before = await register_of(stores, book), await lines_of(stores, book)
    expected = {key: kept(lines, ages[key[1]]) for key, lines in before.items()}
    gone = {key: len(lines) - len(expected[key]) for key, lines in before.items()}
    due = [
        ExpiredLines(
            code,
            age,
            sum(1 for key, number in gone.items() if key[1] == code and number),
            sum(number for key, number in gone.items() if key[1] == code),
        )
        for code, age in ages.items()
        if age is not None
    ]
    assert all(each.lines for each in due)
    assert await expiring(stores).due(register, TODAY) == due
    assert await lines_of(stores, book) == before
    told: list[ExpiredLines] = []
    assert await expiring(stores, batch).remove(register, TODAY, told.append) == due
    assert [max(t.lines for t in told if t.dossier_type == each.dossier_type) for each in due] == [
        each.lines for each in due
    ]
    assert (len(told) > len(due)) == (batch == 7)
    assert await lines_of(stores, book) == {key: lines for key, lines in expected.items() if lines}
    after = await register_of(stores, book)
    log = (await stores.logs.read({book.id: register.revision}, EVERYTHING, ReadLimits(9_999, 9_999)))[
        book.id
    ]
    assert after.revision - register.revision == len(log.entries) == sum(each.dossiers for each in due)
    for entry in log.entries:
        mutation = await stores.reads.mutation(book.id, entry.revision)
        assert mutation is not None
        assert (mutation.kind, mutation.batch_last_revision) == (MutationKind.REMOVED, mutation.revision)
        assert (mutation.stamp.actor, mutation.stamp.application) == (book.number, APPLICATION)
    assert await expiring(stores).remove(after, TODAY) == [
        ExpiredLines(each.dossier_type, each.keep_after_end) for each in due
    ]
    assert (await register_of(stores, book)).revision == after.revision


@pytest.mark.parametrize(
    ("age", "last_removed"),
    [
        # In March the 29th to 31st of a month of 29 days all count as its 29th.
        (MONTH, "2024-02-28"),
        (YEAR, "2023-03-30"),
        (Age(days=31), "2024-02-28"),
        (Age(months=13), "2023-02-27"),
    ],
)
async def test_line_is_kept_through_its_last_day_and_the_period(
    stores: Stores, age: Age, last_removed: str
) -> None:
    book = await new_book(stores)
    await book.new_type("A", keep_after_end=age)
    first = date.fromisoformat(last_removed)
    kept_day = date.fromordinal(first.toordinal() + 1).isoformat()
    assert first_kept(age).isoformat() == kept_day
    await book.set(
        (ANN, "A", (line("2020-01-01", last_removed),)), (BEA, "A", (line("2020-01-01", kept_day),))
    )
    await expiring(stores).remove(await register_of(stores, book), TODAY)
    assert await lines_of(stores, book) == {(BEA, "A"): (line("2020-01-01", kept_day),)}


async def test_type_without_a_period_keeps_its_lines(stores: Stores) -> None:
    book = await new_book(stores, "A")
    await book.set((ANN, "A", (line("1950-01-01", "1950-01-02"),)))
    register = await register_of(stores, book)
    assert await expiring(stores).due(register, TODAY) == []
    assert await expiring(stores).remove(register, TODAY) == []


async def test_removal_reads_lines_and_period_again_under_the_lock(stores: Stores) -> None:
    book = await new_book(stores)
    await book.new_type("A", keep_after_end=MONTH)
    older, newer = line("2020-01-01", "2022-01-01"), line("2023-06-01", "2023-06-30")
    await book.set((ANN, "A", (older, newer)), (BEA, "A", (line("2020-01-01", None),)))
    register = await register_of(stores, book)

    async def removed() -> list[int]:
        stamp = Stamp(ACTOR, CALL_ID)
        return list(await expiring(stores).remove_of(register, "A", [ANN, BEA], TODAY, stamp))

    types = ManageDossierTypes(WriteQueues(stores.writes, WriteLimits()), stores.writes, NO_PAGES)
    admitted = AdmittedRegister(register.id, register.enterprise_number)
    # Meanwhile the owner decided for a longer period, and for none.
    await types.update(call(), admitted, "A", {"keep_after_end": "P1Y"})
    assert await removed() == [1, 0]
    assert (await lines_of(stores, book))[ANN, "A"] == (newer,)
    await types.update(call(), admitted, "A", {"keep_after_end": None})
    assert await removed() == [0, 0]
    assert (await lines_of(stores, book))[ANN, "A"] == (newer,)


async def test_expired_days_of_a_united_dossier_do_not_come_back(stores: Stores) -> None:
    harness = Harness(stores)
    admitted = await harness.register()
    types = ManageDossierTypes(harness.queues, stores.writes, NO_PAGES)
    await types.update(call(), admitted, HEALTH, {"keep_after_end": "P1D"})
    old, new = await harness.persons(2)
    await harness.apply(admitted, Action.INSCRIBE, old, 1)
    await harness.apply(admitted, Action.INSCRIBE, new, 10)
    await harness.numbers.replace(call(), old, new, validate_only=False)
    register = await stores.registers.find(admitted.enterprise_number)
    assert register is not None
    (removed,) = await expiring(stores).remove(register, TODAY)
    assert (removed.dossiers, removed.lines) == (1, 1)
    restored = await harness.numbers.restore(call(), old, validate_only=False)
    assert restored.inseparable == ()
    page = await stores.reads.page(register.id, DossierFilter(), None, None, 10)
    assert page.dossiers == ()


async def test_lines_of_a_cancelled_number_are_removed(stores: Stores) -> None:
    harness = Harness(stores)
    admitted = await harness.register()
    types = ManageDossierTypes(harness.queues, stores.writes, NO_PAGES)
    await types.update(call(), admitted, HEALTH, {"keep_after_end": "P1D"})
    (cancelled,) = await harness.persons(1)
    await harness.apply(admitted, Action.INSCRIBE, cancelled, 1)
    await harness.numbers.cancel(call(), cancelled)
    register = await stores.registers.find(admitted.enterprise_number)
    assert register is not None
    (removed,) = await expiring(stores).remove(register, TODAY)
    assert removed.lines == 1
