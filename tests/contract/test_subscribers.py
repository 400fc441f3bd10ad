"""Named subscribers in the store."""

from __future__ import annotations

import asyncio
from uuid import UUID

import pytest

from raas.usecases.ports.log import EVERYTHING, LogFilter
from raas.usecases.ports.subscriber_store import Subscriber, SubscriberKey, SubscriberStore
from tests.contract.book import CALLER, Book, new_book, persons, write_at_random
from tests.contract.stores import Stores

OTHER = CALLER + "/urn:app"
LOG, OTHER_LOG = UUID(int=1), UUID(int=2)
B_ONLY = LogFilter(("B",), (1, 2), (2,))


@pytest.fixture
def subscribers(stores: Stores) -> SubscriberStore:
    return stores.subscribers


@pytest.fixture
async def book(stores: Stores) -> Book:
    book = await new_book(stores, "A")
    await write_at_random(book, persons(3), 20, seed=1)
    return book


async def _found(subscribers: SubscriberStore, key: SubscriberKey) -> Subscriber:
    found = await subscribers.find(key)
    assert found is not None
    return found


async def test_subscriber_is_created_when_it_begins_to_read(subscribers: SubscriberStore, book: Book) -> None:
    key = SubscriberKey(book.id, CALLER, "mirror")
    assert await subscribers.find(key) is None
    await subscribers.enter(key, LOG, B_ONLY, 5)
    found = await _found(subscribers, key)
    assert (found.key, found.log_id, found.dossier_types, found.kinds) == (key, LOG, ("B",), (1, 2))
    assert (found.acknowledged_revision, found.lag, found.connected) == (5, 15, True)


async def test_subscriber_keeps_its_acknowledged_revision_under_the_same_filters_only(
    subscribers: SubscriberStore, book: Book
) -> None:
    key = SubscriberKey(book.id, CALLER, "mirror")
    await subscribers.enter(key, LOG, B_ONLY, 5)
    await subscribers.enter(key, LOG, B_ONLY, 9)
    assert (await _found(subscribers, key)).acknowledged_revision == 5
    await subscribers.enter(key, LOG, EVERYTHING, 3)
    assert (await _found(subscribers, key)).acknowledged_revision == 3
    await subscribers.enter(key, OTHER_LOG, EVERYTHING, 1)
    assert (await _found(subscribers, key)).acknowledged_revision == 1


async def test_acknowledged_revision_never_moves_back(subscribers: SubscriberStore, book: Book) -> None:
    key = SubscriberKey(book.id, CALLER, "mirror")
    await subscribers.enter(key, LOG, B_ONLY, 5)
    assert [await subscribers.acknowledge(key, LOG, revision) for revision in (8, 6, 10)] == [8, 8, 10]
    found = await _found(subscribers, key)
    assert (found.acknowledged_revision, found.dossier_types) == (10, ("B",))


async def test_acknowledging_creates_a_subscriber_without_filters(
    subscribers: SubscriberStore, book: Book
) -> None:
    key = SubscriberKey(book.id, CALLER, "poller")
    assert await subscribers.acknowledge(key, LOG, 4) == 4
    found = await _found(subscribers, key)
    assert (found.dossier_types, found.kinds) == ((), ())


async def test_acknowledged_revision_is_reset_in_another_log(
    subscribers: SubscriberStore, book: Book
) -> None:
    key = SubscriberKey(book.id, CALLER, "mirror")
    await subscribers.acknowledge(key, LOG, 15)
    assert await subscribers.acknowledge(key, OTHER_LOG, 2) == 2


async def test_presence_is_recorded_for_existing_subscribers(
    subscribers: SubscriberStore, book: Book
) -> None:
    here, gone, unknown = (SubscriberKey(book.id, CALLER, name) for name in ("here", "gone", "unknown"))
    for key in (here, gone):
        await subscribers.acknowledge(key, LOG, 1)
    before = (await _found(subscribers, here)).last_seen_time
    await subscribers.seen([here, gone, unknown], [])
    assert (await _found(subscribers, here)).connected
    await subscribers.seen([here], [gone])
    found = await _found(subscribers, here)
    assert found.connected
    assert found.last_seen_time > before
    assert not (await _found(subscribers, gone)).connected
    assert await subscribers.find(unknown) is None


async def test_concurrent_presence_reports_do_not_deadlock(subscribers: SubscriberStore, book: Book) -> None:
    keys = [SubscriberKey(book.id, CALLER, f"s{i}") for i in range(50)]
    for key in keys:
        await subscribers.acknowledge(key, LOG, 1)
    await asyncio.gather(
        *(subscribers.seen(keys, []) for _ in range(4)), *(subscribers.seen(keys[::-1], []) for _ in range(4))
    )
    assert (await _found(subscribers, keys[0])).connected


async def test_subscriber_pages_are_ordered_by_caller_and_name(
    subscribers: SubscriberStore, book: Book
) -> None:
    for caller, name in ((OTHER, "a"), (CALLER, "b"), (CALLER, "a"), (CALLER, "B")):
        await subscribers.acknowledge(SubscriberKey(book.id, caller, name), LOG, 1)
    everybody = await subscribers.page(book.id, None, None, 10)
    expected = [(CALLER, "B"), (CALLER, "a"), (CALLER, "b"), (OTHER, "a")]
    assert [(s.key.caller, s.key.name) for s in everybody] == expected
    rest = await subscribers.page(book.id, None, (CALLER, "a"), 1)
    assert [(s.key.caller, s.key.name) for s in rest] == [(CALLER, "b")]
    own = await subscribers.page(book.id, OTHER, None, 10)
    assert [(s.key.caller, s.key.name) for s in own] == [(OTHER, "a")]


async def test_deleted_subscriber_is_not_found(subscribers: SubscriberStore, book: Book) -> None:
    key = SubscriberKey(book.id, CALLER, "mirror")
    await subscribers.acknowledge(key, LOG, 1)
    await subscribers.delete(key)
    await subscribers.delete(key)
    assert await subscribers.find(key) is None


async def test_subscriber_deleted_while_connected_returns_with_its_filters(
    subscribers: SubscriberStore, book: Book
) -> None:
    key = SubscriberKey(book.id, CALLER, "mirror")
    await subscribers.enter(key, LOG, B_ONLY, 5)
    await subscribers.acknowledge(key, LOG, 9)
    await subscribers.delete(key)
    assert await subscribers.find(key) is None
    assert await subscribers.page(book.id, None, None, 10) == []
    assert await subscribers.acknowledge(key, LOG, 7) == 7
    found = await _found(subscribers, key)
    assert (found.dossier_types, found.kinds, found.acknowledged_revision) == (("B",), (1, 2), 7)


async def test_subscriber_deleted_before_its_stream_ended_is_forgotten_afterwards(
    subscribers: SubscriberStore, book: Book
) -> None:
    key = SubscriberKey(book.id, CALLER, "mirror")
    await subscribers.enter(key, LOG, B_ONLY, 5)
    await subscribers.delete(key)
    await subscribers.seen([], [key])
    assert await subscribers.acknowledge(key, LOG, 7) == 7
    found = await _found(subscribers, key)
    assert (found.dossier_types, found.kinds) == ((), ())


async def test_subscriber_deleted_while_connected_is_created_anew_by_its_next_stream(
    subscribers: SubscriberStore, book: Book
) -> None:
    key = SubscriberKey(book.id, CALLER, "mirror")
    await subscribers.enter(key, LOG, B_ONLY, 5)
    await subscribers.delete(key)
    await subscribers.enter(key, LOG, B_ONLY, 3)
    assert (await _found(subscribers, key)).acknowledged_revision == 3


async def test_a_subscriber_of_an_organisation_is_adopted_once_by_one_of_its_applications(
    subscribers: SubscriberStore, book: Book
) -> None:
    earlier, key = SubscriberKey(book.id, CALLER, "mirror"), SubscriberKey(book.id, OTHER, "mirror")
    await subscribers.adopt(key, CALLER)
    assert await subscribers.find(key) is None
    await subscribers.acknowledge(earlier, LOG, 3)
    await subscribers.adopt(key, CALLER)
    assert (await _found(subscribers, key)).acknowledged_revision == 3
    assert await subscribers.find(earlier) is None
    await subscribers.acknowledge(earlier, LOG, 1)
    await subscribers.adopt(key, CALLER)
    assert (await _found(subscribers, key)).acknowledged_revision == 3
