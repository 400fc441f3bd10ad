"""Steps of trimming: where they end and which mutations remain."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from raas.domain.calendar.periods import Period
from raas.domain.errors import Reason, Refused
from raas.usecases.admin.trim import TrimProgress, TrimTarget, renew_logs, trim
from raas.usecases.ports.log import EVERYTHING, LogFilter, ReadLimits
from raas.usecases.ports.maintenance import TrimStore
from raas.usecases.ports.read_store import DossierFilter
from raas.usecases.ports.subscriber_store import SubscriberKey
from tests.contract.book import CALLER, START, Book, new_book, persons, write_at_random
from tests.contract.stores import Stores

PEOPLE = persons(5)
ANN = PEOPLE[0]
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
FAR = ReadLimits(1_000, 1_000)


@pytest.fixture
def trims(stores: Stores) -> TrimStore:
    return stores.trims


async def _book(stores: Stores, *groups: int) -> Book:
    book = await new_book(stores, "A")
    for size in groups:
        end = book.revision + 738_001
        await book.set(*((ANN, "A", (Period(738_000, end + i),)) for i in range(size)))
    return book


async def _kept(stores: Stores, book: Book) -> list[int]:
    page = (await stores.logs.read({book.id: 0}, EVERYTHING, FAR))[book.id]
    return [entry.revision for entry in page.entries]


async def test_trim_step_deletes_the_mutations_before_the_goal(stores: Stores, trims: TrimStore) -> None:
    book = await _book(stores, 1, 1, 1, 1, 1)
    step = await trims.step(book.id, 3, 100, None)
    assert (step.deleted, step.oldest_revision, step.held_by) == (2, 3, None)
    assert await _kept(stores, book) == [3, 4, 5]


async def test_trim_goal_beyond_the_log_keeps_the_last_mutation(stores: Stores, trims: TrimStore) -> None:
    book = await _book(stores, 1, 1, 1)
    step = await trims.step(book.id, 1_000, 100, None)
    assert (step.oldest_revision, await _kept(stores, book)) == (3, [3])


async def test_trim_step_ends_where_a_group_ends(stores: Stores, trims: TrimStore) -> None:
    book = await _book(stores, 1, 3, 2)
    # 3 lies inside the group 2 to 4.
    assert (await trims.step(book.id, 3, 100, None)).oldest_revision == 1
    assert (await trims.step(book.id, 3, 100, None)).oldest_revision == 1
    assert (await trims.step(book.id, 5, 100, None)).oldest_revision == 4


async def test_trim_step_has_the_requested_size_but_includes_whole_groups(
    stores: Stores, trims: TrimStore
) -> None:
    book = await _book(stores, 1, 1, 4, 1)
    steps = [await trims.step(book.id, 7, 2, None) for _ in range(4)]
    assert [step.oldest_revision for step in steps] == [2, 6, 7, 7]
    assert [step.deleted for step in steps] == [1, 4, 1, 0]


async def test_trim_step_stops_at_the_slowest_subscriber(stores: Stores, trims: TrimStore) -> None:
    book = await _book(stores, *[1] * 9)
    subscribers, logs = stores.subscribers, stores.logs
    log_id = (await logs.heads([book.id]))[book.id].log_id
    slow, quick = (SubscriberKey(book.id, CALLER, name) for name in ("slow", "quick"))
    await subscribers.enter(slow, log_id, EVERYTHING, 4)
    await subscribers.enter(quick, log_id, LogFilter(), 8)
    step = await trims.step(book.id, 7, 100, LONG_AGO)
    assert (step.oldest_revision, step.held_by) == (4, slow)
    # No subscriber was seen that recently; or subscribers are ignored.
    assert (await trims.step(book.id, 6, 100, datetime.now(UTC) + timedelta(days=1))).oldest_revision == 6
    assert (await trims.step(book.id, 7, 100, None)).oldest_revision == 7


async def test_trim_step_stops_at_a_subscriber_that_reads_again_from_below_its_acknowledged_revision(
    stores: Stores, trims: TrimStore
) -> None:
    book = await _book(stores, *[1] * 9)
    log_id = (await stores.logs.heads([book.id]))[book.id].log_id
    key = SubscriberKey(book.id, CALLER, "mirror")
    await stores.subscribers.enter(key, log_id, EVERYTHING, 8)
    await stores.subscribers.enter(key, log_id, EVERYTHING, 8, reading=2)
    assert (await trims.step(book.id, 9, 100, LONG_AGO)).oldest_revision == 2
    # Its acknowledgements move on from there, though the acknowledged revision stays where it is.
    assert await stores.subscribers.acknowledge(key, log_id, 5) == 8
    step = await trims.step(book.id, 9, 100, LONG_AGO)
    assert (step.oldest_revision, step.held_by) == (5, key)
    assert await stores.subscribers.acknowledge(key, log_id, 9) == 9
    assert (await trims.step(book.id, 9, 100, LONG_AGO)).oldest_revision == 9


async def test_deleted_subscriber_does_not_hold_back_trimming_while_connected(
    stores: Stores, trims: TrimStore
) -> None:
    book = await _book(stores, *[1] * 3)
    log_id = (await stores.logs.heads([book.id]))[book.id].log_id
    key = SubscriberKey(book.id, CALLER, "mirror")
    await stores.subscribers.enter(key, log_id, EVERYTHING, 0)
    await stores.subscribers.delete(key)
    assert (await trims.step(book.id, 2, 100, LONG_AGO)).oldest_revision == 2


async def test_subscriber_of_a_replaced_log_does_not_hold_back_trimming(
    stores: Stores, trims: TrimStore
) -> None:
    book = await _book(stores, 1, 1, 1)
    subscribers, logs = stores.subscribers, stores.logs
    log_id = (await logs.heads([book.id]))[book.id].log_id
    await subscribers.enter(SubscriberKey(book.id, CALLER, "slow"), log_id, EVERYTHING, 0)
    register = await stores.registers.find(book.number)
    assert register is not None
    await renew_logs(trims, [register])
    assert (await logs.heads([book.id]))[book.id].log_id != log_id
    assert (await trims.step(book.id, 2, 100, LONG_AGO)).oldest_revision == 2


async def test_trim_runs_in_steps_and_reports_each(stores: Stores, trims: TrimStore) -> None:
    book = await _book(stores, *[500] * 9)
    register = await stores.registers.find(book.number)
    assert register is not None
    told: list[TrimProgress] = []
    done = await trim(
        trims, register, TrimTarget(revision=4_200), now=datetime.now(UTC), progress=told.append
    )
    assert done == TrimProgress(3_999, 4_000, 4_200, None)
    assert [each.oldest_revision for each in told] == [2_000, 4_000, 4_000]


async def test_trim_by_time_keeps_the_state_at_that_time(stores: Stores, trims: TrimStore) -> None:
    book = await new_book(stores, "A", "B")
    await write_at_random(book, PEOPLE, 60, seed=7)
    register = await stores.registers.find(book.number)
    assert register is not None
    instant = book.entries[30].record_time + timedelta(milliseconds=500)
    at = max(entry.revision for entry in book.entries if entry.record_time <= instant)
    done = await trim(trims, register, TrimTarget(instant=instant), now=datetime.now(UTC))
    assert done.oldest_revision == at
    reads = stores.reads
    assert await reads.resolve_time(book.id, instant) == at
    page = await reads.page(book.id, DossierFilter(), at, None, 1_000)
    assert {(d.niss, d.dossier_type): (d.lines, d.revision) for d in page.dossiers} == book.state_at(at)
    with pytest.raises(Refused) as raised:
        await reads.page(book.id, DossierFilter(), at - 1, None, 1_000)
    assert raised.value.violations[0].reason is Reason.REVISION_EXPIRED
    # There is nothing to trim before the mutations that remain.
    again = await trim(trims, register, TrimTarget(instant=START), now=datetime.now(UTC))
    assert (again.deleted, again.oldest_revision) == (0, at)
