"""Pages of the log: their entries, their ends, and the head read with them."""

from __future__ import annotations

import pytest

from raas.domain.calendar.periods import Period
from raas.domain.errors import Reason, Refused
from raas.domain.registers.mutation import MutationKind
from raas.domain.registers.register import first_checksum
from raas.usecases.ports.log import EVERYTHING, LogFilter, LogStore, ReadLimits
from tests.contract.book import ACTOR, CALL_ID, Book, new_book, persons
from tests.contract.stores import Stores

ANN, BOB = persons(2)
YEAR = (Period(738_000, 738_365),)
FAR = ReadLimits(1_000, 1_000)


@pytest.fixture
def logs(stores: Stores) -> LogStore:
    return stores.logs


async def _book(stores: Stores, *groups: int) -> Book:
    """A register with groups of mutations of these sizes, alternately of ANN under A and BOB under B."""
    book = await new_book(stores, "A", "B")
    number = 0
    for size in groups:
        changes = []
        for _ in range(size):
            number += 1
            who, code = (ANN, "A") if number % 2 else (BOB, "B")
            changes.append((who, code, (Period(738_000, 738_001 + number),)))
        await book.set(*changes)
    return book


async def test_page_has_the_entries_after_a_revision(stores: Stores, logs: LogStore) -> None:
    book = await _book(stores, 1, 2, 3)
    page = (await logs.read({book.id: 1}, EVERYTHING, FAR))[book.id]
    assert [(e.revision, e.batch_last_revision) for e in page.entries] == [
        (2, 3),
        (3, 3),
        (4, 6),
        (5, 6),
        (6, 6),
    ]
    assert (page.edge.revision, page.limited) == (6, False)


async def test_entry_equals_the_mutation_that_was_written(stores: Stores, logs: LogStore) -> None:
    book = await new_book(stores, "A", "B")
    await book.set((ANN, "A", YEAR))
    await book.about(BOB, MutationKind.IDENTITY_CHANGED, ("B", "A"), fields=["address"])
    first, second = (await logs.read({book.id: 0}, EVERYTHING, FAR))[book.id].entries
    assert (first.kind, first.niss, first.dossier_type, first.dossier_types) == (1, ANN, "A", None)
    assert (first.before, first.after) == ("{}", "{[2021-07-29,2022-07-29)}")
    assert (first.record_time, first.actor, first.call_id) == (
        book.entries[0].record_time,
        ACTOR,
        str(CALL_ID),
    )
    assert (second.kind, second.niss, second.dossier_type, second.dossier_types, second.detail) == (
        MutationKind.IDENTITY_CHANGED.value,
        BOB,
        None,
        ["B", "A"],
        {"fields": ["address"]},
    )


async def test_edge_is_the_end_of_the_group_at_the_read_limit(stores: Stores, logs: LogStore) -> None:
    book = await _book(stores, 1, 2, 3)
    for revisions, edge in ((1, 1), (2, 3), (3, 3), (4, 6), (6, 6), (7, 6)):
        page = (await logs.read({book.id: 0}, EVERYTHING, ReadLimits(revisions, 100)))[book.id]
        assert (page.edge.revision, len(page.entries), page.limited) == (edge, edge, False)
        assert page.edge.record_time == book.entries[edge - 1].record_time


async def test_entries_end_at_the_limit_even_inside_a_group(stores: Stores, logs: LogStore) -> None:
    book = await _book(stores, 1, 2, 3)
    page = (await logs.read({book.id: 0}, EVERYTHING, ReadLimits(6, 5)))[book.id]
    assert ([e.revision for e in page.entries], page.limited) == ([1, 2, 3, 4, 5], True)


@pytest.mark.parametrize(
    ("types", "kinds", "nisses", "expected"),
    [
        (("B",), (), (), [2, 4, 5]),
        (("A",), (), (), [1, 3, 5]),
        ((), (MutationKind.IDENTITY_CHANGED.value,), (), [5]),
        (("B",), (MutationKind.INSCRIBED.value,), (), [2, 4]),
        ((), (), (ANN,), [1, 3]),
        (("B",), (), (ANN,), []),
    ],
)
async def test_page_has_only_entries_that_match_the_filter(
    stores: Stores,
    logs: LogStore,
    types: tuple[str, ...],
    kinds: tuple[int, ...],
    nisses: tuple[int, ...],
    expected: list[int],
) -> None:
    book = await _book(stores, 1, 3)
    await book.about(BOB, MutationKind.IDENTITY_CHANGED, ("A", "B"))
    ids = await logs.type_ids(book.id, types)
    which = LogFilter(types, kinds, tuple(ids[code] for code in types), nisses)  # type: ignore[arg-type]
    page = (await logs.read({book.id: 0}, which, FAR))[book.id]
    assert [e.revision for e in page.entries] == expected
    assert page.edge.revision == 5


async def test_several_logs_are_read_by_one_statement(stores: Stores, logs: LogStore) -> None:
    one, other, quiet = await _book(stores, 1, 2), await _book(stores, 2), await _book(stores)
    pages = await logs.read({one.id: 1, other.id: 0, quiet.id: 0}, EVERYTHING, FAR)
    assert {id_: [e.revision for e in page.entries] for id_, page in pages.items()} == {
        one.id: [2, 3],
        other.id: [1, 2],
        quiet.id: [],
    }
    assert {page.head.register for page in pages.values()} == {one.number, other.number, quiet.number}


async def test_empty_log_has_a_point_at_revision_zero(stores: Stores, logs: LogStore) -> None:
    book = await new_book(stores, "A")
    head = (await logs.heads([book.id]))[book.id]
    assert (head.latest.revision, head.latest.checksum) == (0, first_checksum(book.number))
    page = (await logs.read({book.id: 0}, EVERYTHING, FAR))[book.id]
    assert page.edge == head.latest == await logs.point(book.id, 0)
    await book.set((ANN, "A", YEAR))
    assert await logs.point(book.id, 0) == head.latest


async def test_point_has_the_record_time_and_checksum_of_its_revision(stores: Stores, logs: LogStore) -> None:
    book = await _book(stores, 1, 1, 1)
    point = await logs.point(book.id, 2)
    assert (point.revision, point.record_time) == (2, book.entries[1].record_time)
    await book.trim(2)
    with pytest.raises(Refused) as raised:
        await logs.point(book.id, 1)
    (violation,) = raised.value.violations
    assert (violation.reason, violation.values) == (Reason.REVISION_EXPIRED, {"oldest_revision": "2"})


async def test_type_ids_are_found_by_code(stores: Stores, logs: LogStore) -> None:
    book = await new_book(stores, "A", "B")
    assert await logs.type_ids(book.id, ["A", "X"]) == {"A": book.types["A"]}
