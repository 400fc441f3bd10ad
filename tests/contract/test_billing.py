"""The BillingStore: counts of all processes by month, months that close, and lists in pages."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import count

from raas.domain.billing import BillingCounts, BillingKey, Month, UsageRow, brussels_month
from raas.domain.calendar.periods import Period
from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.usecases.ports.billing import BillingStore, UsageFilter, place_of
from tests.contract.book import FIRST_DAY, PARTNER, new_book, persons
from tests.contract.stores import Stores
from tests.oracle.numbers import enterprise_number

_NUMBERS = (EnterpriseNumber(int(enterprise_number(7_400_000 + i))) for i in count())
_BATCHES = count(1)
NOW = brussels_month(datetime.now(UTC))
CONSULT, INSCRIBE = "/raas.v1.RegisterService/Consult", "/raas.v1.RegisterService/Inscribe"


def key(caller: EnterpriseNumber, month: Month, rpc: str = CONSULT, **others: EnterpriseNumber) -> BillingKey:
    fields = {name: others.get(name) for name in ("on_behalf_of", "register", "partner")}
    return BillingKey(month, caller, rpc=rpc, **fields)


async def rows_of(store: BillingStore, caller: EnterpriseNumber) -> Sequence[UsageRow]:
    return await store.rows(UsageFilter(NOW - 200, NOW + 200, caller), None, 1_000)


async def test_batches_of_processes_add_up(stores: Stores) -> None:
    one, other, caller = stores.new_billing(), stores.new_billing(), next(_NUMBERS)
    counts = {key(caller, NOW): BillingCounts(1, 2, 3, 4), key(caller, NOW, INSCRIBE): BillingCounts(5)}
    for store in (one, other, one):
        await store.add(next(_BATCHES), counts)
    assert await rows_of(one, caller) == [
        UsageRow(key(caller, NOW), BillingCounts(3, 6, 9, 12), closed=False),
        UsageRow(key(caller, NOW, INSCRIBE), BillingCounts(15), closed=False),
    ]


async def test_batch_counts_once_however_often_it_is_given(stores: Stores) -> None:
    store, caller, number = stores.new_billing(), next(_NUMBERS), next(_BATCHES)
    for _ in range(3):
        await store.add(number, {key(caller, NOW): BillingCounts(1)})
    assert [row.counts for row in await rows_of(store, caller)] == [BillingCounts(1)]


async def test_concurrent_processes_do_not_deadlock_or_lose_counts(stores: Stores) -> None:
    callers = [next(_NUMBERS) for _ in range(20)]
    numbers = [next(_BATCHES) for _ in range(24)]
    # In memory all are one process, whose batches come in order.
    processes = [stores.new_billing() for _ in range(8)]
    for some in (numbers[:8], numbers[8:16], numbers[16:]):
        orders = [callers[:: 1 - 2 * (place % 2)] for place in range(8)]
        await asyncio.gather(
            *(
                process.add(number, {key(each, NOW): BillingCounts(1) for each in order})
                for process, number, order in zip(processes, some, orders, strict=True)
            )
        )
    for caller in callers:
        assert [row.counts.calls for row in await rows_of(processes[0], caller)] == [24]


async def test_closed_month_stays_as_it_is(stores: Stores) -> None:
    store, caller, past = stores.new_billing(), next(_NUMBERS), NOW - 3
    await store.add(next(_BATCHES), {key(caller, past): BillingCounts(1)})
    await store.close_months()
    assert await rows_of(store, caller) == [UsageRow(key(caller, past), BillingCounts(1), closed=True)]
    # Both keys are moved to the same month and are one row there.
    late = {key(caller, past): BillingCounts(7), key(caller, past, INSCRIBE): BillingCounts(8)}
    await store.add(next(_BATCHES), late | {key(caller, NOW): BillingCounts(1)})
    first, *moved = await rows_of(store, caller)
    assert first == UsageRow(key(caller, past), BillingCounts(1), closed=True)
    assert all(past < row.key.month <= NOW and not row.closed for row in moved)
    assert sum(row.counts.calls for row in moved) == 16


async def test_month_that_goes_on_is_not_closed(stores: Stores) -> None:
    store, caller = stores.new_billing(), next(_NUMBERS)
    await store.add(next(_BATCHES), {key(caller, NOW): BillingCounts(1)})
    await store.close_months()
    assert [row.closed for row in await rows_of(store, caller)] == [False]


async def test_dossiers_are_counted_once_by_partner_when_a_month_has_ended(stores: Stores) -> None:
    store, past = stores.new_billing(), NOW - 30
    book, line = await new_book(stores, "A", "B"), (Period(FIRST_DAY, FIRST_DAY + 9),)
    first, second, third = persons(3)
    await book.set((first, "A", line), (second, "A", line), (third, "B", line), (first, "B", line))
    await book.set((first, "A", ()))
    await store.add(next(_BATCHES), {key(next(_NUMBERS), past): BillingCounts(1)})
    await store.close_months()
    await book.set((second, "A", ()))
    await store.close_months()
    counted = await store.rows(UsageFilter(past, past, book.number), None, 10)
    assert counted == [
        UsageRow(BillingKey(past, book.number, None, book.number, None, ""), BillingCounts(), True, 2),
        UsageRow(BillingKey(past, book.number, None, book.number, PARTNER, ""), BillingCounts(), True, 1),
    ]


async def test_rows_are_restricted_and_listed_in_pages(stores: Stores) -> None:
    store, (a, b, c, r, s) = stores.new_billing(), [next(_NUMBERS) for _ in range(5)]
    month = NOW + 7
    keys = [
        key(a, month, register=r),
        key(a, month, INSCRIBE, register=r, partner=s),
        key(b, month, register=s, on_behalf_of=a),
        key(b, month + 1),
        key(c, month, register=r),
    ]
    await store.add(next(_BATCHES), {each: BillingCounts(1) for each in keys})
    keys.sort(key=place_of)

    async def listed(*restrictions: EnterpriseNumber | None, last: Month = month + 1) -> list[BillingKey]:
        which, found, after = UsageFilter(month, last, *restrictions), [], None
        while page := await store.rows(which, after, 2):
            found += [row.key for row in page if row.key in keys]
            after = place_of(page[-1].key)
        return found

    assert await listed() == keys
    assert await listed(last=month) == [each for each in keys if each.month == month]
    assert await listed(a) == [each for each in keys if a in (each.caller, each.on_behalf_of)]
    assert await listed(None, r) == [each for each in keys if each.register == r]
    assert await listed(b, s) == [key(b, month, register=s, on_behalf_of=a)]
