"""The RegisterStore."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from raas.domain.errors import Reason, Refused
from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.registers.register import Register, first_checksum
from raas.usecases.ports.registers import RegisterStore
from tests.contract.stores import Stores
from tests.oracle.numbers import enterprise_number


@pytest.fixture
def store(stores: Stores) -> RegisterStore:
    return stores.registers


def numbers(first: int, many: int) -> list[EnterpriseNumber]:
    return [EnterpriseNumber(int(enterprise_number(first + i))) for i in range(many)]


async def test_new_register_is_empty_and_found(store: RegisterStore) -> None:
    (number,) = numbers(1_000_001, 1)
    assert await store.find(number) is None
    before = datetime.now(UTC) - timedelta(seconds=1)
    created = await store.create(number, "Fictieve organisatie")
    assert created == Register(
        created.id,
        number,
        "Fictieve organisatie",
        created.log_id,
        0,
        0,
        created.record_time,
        0,
        0,
        first_checksum(number),
        created.create_time,
    )
    assert before < created.create_time < datetime.now(UTC) + timedelta(seconds=1)
    assert created.create_time.utcoffset() == timedelta(0)
    assert await store.find(number) == created


async def test_register_is_created_by_one_of_concurrent_callers(store: RegisterStore) -> None:
    (number,) = numbers(1_000_002, 1)
    answers = await asyncio.gather(
        *(store.create(number, f"Name {i}") for i in range(8)), return_exceptions=True
    )
    (created,) = [answer for answer in answers if isinstance(answer, Register)]
    refusals = [answer for answer in answers if isinstance(answer, Refused)]
    assert [(r.violations[0].reason, dict(r.violations[0].values)) for r in refusals] == [
        (Reason.REGISTER_EXISTS, {"register": f"{number:010d}"})
    ] * 7
    assert await store.find(number) == created


async def test_update_changes_only_the_fields_that_it_names(store: RegisterStore) -> None:
    number, nobody = numbers(1_000_003, 2)
    created = await store.create(number, "Before", institution=3)
    assert (created.sector, created.institution) == (None, 3)
    renamed = await store.update(number, {"name": "After"})
    assert (renamed.name, renamed.id, renamed.revision) == ("After", created.id, 0)
    assert await store.find(number) == renamed
    coded = await store.update(number, {"sector": 10, "institution": 0})
    assert (coded.name, coded.sector, coded.institution) == ("After", 10, 0)
    removed = await store.update(number, {"sector": None})
    assert (removed.sector, removed.institution) == (None, 0)
    assert await store.find(number) == removed
    with pytest.raises(Refused) as refused:
        await store.update(nobody, {"name": "After"})
    assert refused.value.violations[0].reason is Reason.REGISTER_UNKNOWN


async def test_ids_of_leaves_out_registers_that_do_not_exist(store: RegisterStore) -> None:
    there, absent = numbers(1_000_300, 5), numbers(1_000_400, 3)
    created = {number: (await store.create(number, "Name")).id for number in there}
    assert await store.ids_of([*absent, *reversed(there)]) == created
    assert await store.ids_of([]) == {}


async def test_page_has_registers_in_order_of_their_numbers(store: RegisterStore) -> None:
    there = numbers(1_000_100, 5)
    for number in reversed(there):
        await store.create(number, "Name")
    page = await store.page(there[1], 2)
    assert [r.enterprise_number for r in page] == there[2:4]
    assert (await store.page(None, 1))[0].enterprise_number <= there[0]
