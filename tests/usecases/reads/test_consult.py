"""Consult and Export."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from raas.domain.calendar.periods import Period
from raas.domain.errors import Reason, Refused
from raas.domain.numbers.niss import Niss
from raas.storage.reads.store import PostgresReadStore
from raas.usecases.persons.no_history import UnchangingNumbers
from raas.usecases.ports.errors import StoreUnavailable
from raas.usecases.ports.read_store import DossierFilter, DossierView
from raas.usecases.reads.as_of import AsOf
from raas.usecases.reads.consult import Consult
from tests.storage.seed import FIRST_DAY, START, Book, new_book, persons, write_at_random
from tests.usecases.feed.reading import (
    CALL,
    OTHER_CALLER,
    REPLACED,
    SUCCESSOR,
    Source,
    admitted,
    new_pages,
    said,
)

EVERYTHING = DossierFilter()
LINE = Period(FIRST_DAY, FIRST_DAY + 10)


@pytest.fixture
def consult(reading_engine: AsyncEngine) -> Consult:
    return Consult(PostgresReadStore(reading_engine), Source(), UnchangingNumbers(), new_pages())


@pytest.fixture
async def book(engine: AsyncEngine) -> Book:
    book = await new_book(engine, "A", "B")
    await write_at_random(book, persons(30), 200, seed=21)
    return book


def keys(book: Book, revision: int) -> list[tuple[Niss, str]]:
    return list(book.state_at(revision))


async def exported(
    consult: Consult, book: Book, which: DossierFilter = EVERYTHING, as_of: AsOf | None = None
) -> tuple[list[DossierView], list[tuple[int, int]]]:
    """All dossiers, and of each part how many it had and its revision."""
    dossiers: list[DossierView] = []
    parts = []
    async for part in consult.export(CALL, admitted(book), which, as_of):
        dossiers += part.dossiers
        parts.append((len(part.dossiers), part.revision))
    return dossiers, parts


async def test_all_pages_are_as_of_the_first_one(consult: Consult, book: Book) -> None:
    found: list[tuple[Niss, str]] = []
    token, pages = "", 0
    while token or not pages:
        answer = await consult.page(CALL, admitted(book), EVERYTHING, None, 7, token)
        assert answer.revision == 200
        found += [(view.niss, view.dossier_type) for view in answer.dossiers]
        await write_at_random(book, persons(30), book.revision + 10, seed=pages)
        token, pages = answer.next_page_token, pages + 1
    assert found == keys(book, 200)
    assert pages > 3


async def test_token_keeps_the_as_of_of_the_first_page(consult: Consult, book: Book) -> None:
    as_of = AsOf(instant=START + timedelta(seconds=10, microseconds=5))
    expected = max(e.revision for e in book.entries if e.record_time <= START + timedelta(seconds=10))
    first = await consult.page(CALL, admitted(book), EVERYTHING, as_of, 3, "")
    assert first.revision == expected
    for again in (None, as_of):
        second = await consult.page(CALL, admitted(book), EVERYTHING, again, 3, first.next_page_token)
        third = await consult.page(CALL, admitted(book), EVERYTHING, again, 3, second.next_page_token)
        found = [(v.niss, v.dossier_type) for page in (first, second, third) for v in page.dossiers]
        assert found == keys(book, expected)[:9]
        assert (second.revision, third.revision) == (expected, expected)
    for other in (AsOf(revision=expected), AsOf(instant=START), AsOf(revision=0)):
        with pytest.raises(Refused) as refused:
            await consult.page(CALL, admitted(book), EVERYTHING, other, 3, first.next_page_token)
        assert said(refused.value) == [("page_token", Reason.PAGE_TOKEN_INVALID)]


async def test_token_for_another_request_is_refused(
    consult: Consult, book: Book, engine: AsyncEngine
) -> None:
    token = (await consult.page(CALL, admitted(book), EVERYTHING, None, 3, "")).next_page_token
    other = admitted(await new_book(engine, "A"))
    for call, register, which in (
        (OTHER_CALLER, admitted(book), EVERYTHING),
        (CALL, other, EVERYTHING),
        (CALL, admitted(book), DossierFilter(dossier_types=("A",))),
    ):
        with pytest.raises(Refused) as refused:
            await consult.page(call, register, which, None, 3, token)
        assert said(refused.value) == [("page_token", Reason.PAGE_TOKEN_INVALID)]


async def test_replaced_number_is_resolved_on_every_page(consult: Consult, engine: AsyncEngine) -> None:
    book = await new_book(engine, "A", "B")
    other = persons(1)[0]
    await book.set((REPLACED, "A", (LINE,)), (REPLACED, "A", ()), (other, "A", (LINE,)))
    await book.set((SUCCESSOR, "A", (LINE,)), (SUCCESSOR, "B", (LINE,)))
    which = DossierFilter((REPLACED, other, SUCCESSOR))
    first = await consult.page(CALL, admitted(book), which, None, 2, "")
    second = await consult.page(CALL, admitted(book), which, None, 2, first.next_page_token)
    found = [(view.niss, view.dossier_type) for view in (*first.dossiers, *second.dossiers)]
    assert found == [(SUCCESSOR, "A"), (SUCCESSOR, "B"), (other, "A")]
    assert (first.resolved, second.resolved) == (((REPLACED, SUCCESSOR),), ((REPLACED, SUCCESSOR),))
    assert second.next_page_token == ""
    assert [v.niss for v in (await exported(consult, book, which))[0]] == [SUCCESSOR, SUCCESSOR, other]
    # As of then, the number had not been replaced.
    then = await consult.page(CALL, admitted(book), which, AsOf(revision=1), 10, "")
    assert [(v.niss, v.dossier_type) for v in then.dossiers] == [(REPLACED, "A")]
    assert then.resolved == ()


async def test_impossible_reads_are_refused(consult: Consult, book: Book) -> None:
    await book.trim(50)
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    for which, as_of, violations in (
        (EVERYTHING, AsOf(revision=49), [("at_revision", Reason.REVISION_EXPIRED)]),
        (EVERYTHING, AsOf(revision=201), [("at_revision", Reason.REVISION_IN_FUTURE)]),
        (EVERYTHING, AsOf(instant=START), [("at_time", Reason.REVISION_EXPIRED)]),
        (EVERYTHING, AsOf(instant=tomorrow), [("at_time", Reason.VALUE_INVALID)]),
        (
            DossierFilter(dossier_types=("B", "X")),
            None,
            [("dossier_types[1]", Reason.DOSSIER_TYPE_UNKNOWN)],
        ),
    ):
        with pytest.raises(Refused) as refused:
            await consult.page(CALL, admitted(book), which, as_of, 10, "")
        assert said(refused.value) == violations
        with pytest.raises(Refused) as refused:
            await exported(consult, book, which, as_of)
        assert said(refused.value) == violations


async def test_export_is_complete_and_of_one_revision(consult: Consult, book: Book) -> None:
    for as_of, revision in ((None, 200), (AsOf(revision=77), 77)):
        dossiers, parts = await exported(consult, book, as_of=as_of)
        assert [(v.niss, v.dossier_type) for v in dossiers] == keys(book, revision)
        assert {part_revision for _, part_revision in parts} == {revision}


async def test_empty_export_has_one_empty_part(consult: Consult, book: Book) -> None:
    assert await exported(consult, book, DossierFilter(active_on=1)) == ([], [(0, 200)])


async def test_export_ignores_later_writes(consult: Consult, engine: AsyncEngine) -> None:
    book = await new_book(engine, "A", "B")
    people = persons(1_200)
    await book.set(*((person, code, (LINE,)) for person in people for code in ("A", "B")))
    dossiers: list[DossierView] = []
    async for part in consult.export(CALL, admitted(book), EVERYTHING, None):
        assert len(part.dossiers) <= 1_000
        dossiers += part.dossiers
        await book.set((people[-1], "A", ()), (people[0], "B", ()))
    assert [(v.niss, v.dossier_type) for v in dossiers] == keys(book, 2_400)


async def test_part_of_large_dossiers_holds_few(consult: Consult, engine: AsyncEngine) -> None:
    book = await new_book(engine, "A")
    lines = tuple(Period(day, day + 1) for day in range(FIRST_DAY, FIRST_DAY + 2_000, 2))
    await book.set(*((person, "A", lines) for person in persons(100)))
    dossiers, parts = await exported(consult, book)
    assert [v.niss for v in dossiers] == persons(100)
    # 256 KiB of 1,000 lines each, some 28 bytes a line.
    assert max(length for length, _ in parts) == 9


async def test_export_ends_with_an_error_when_its_revision_is_trimmed(
    consult: Consult, engine: AsyncEngine
) -> None:
    book = await new_book(engine, "A")
    await book.set(*((person, "A", (LINE,)) for person in persons(1_500)))
    parts = consult.export(CALL, admitted(book), EVERYTHING, None)
    assert len((await anext(parts)).dossiers) == 1_000
    await book.set((persons(1)[0], "A", ()))
    await book.trim(1_501)
    with pytest.raises(Refused) as refused:
        await anext(parts)
    assert said(refused.value) == [("at_revision", Reason.REVISION_EXPIRED)]


async def test_export_ends_at_the_deadline_of_its_call(consult: Consult, engine: AsyncEngine) -> None:
    book = await new_book(engine, "A")
    await book.set(*((person, "A", (LINE,)) for person in persons(1_500)))
    late = replace(CALL, deadline=time.monotonic())
    with pytest.raises(StoreUnavailable):
        await anext(consult.export(late, admitted(book), EVERYTHING, None))
