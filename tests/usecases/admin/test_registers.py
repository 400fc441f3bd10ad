"""Create, rename and list registers."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from raas.domain.errors import Reason, Refused
from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.registers.register import Register
from raas.storage.reads.registers import PostgresRegisterStore
from raas.usecases.admin.registers import Registers
from tests.oracle.numbers import enterprise_number
from tests.usecases.feed.reading import CALL, OTHER_CALLER, new_pages, said

LIST = replace(CALL, rpc="/raas.v1.AdministrationService/ListRegisters")
NUMBERS = [EnterpriseNumber(int(enterprise_number(2_000_000 + i))) for i in range(5)]


@pytest.fixture
def registers(reading_engine: AsyncEngine) -> Registers:
    return Registers(PostgresRegisterStore(reading_engine), new_pages())


async def test_register_pages_list_each_register_once_in_order(registers: Registers) -> None:
    for number in reversed(NUMBERS):
        await registers.create(number, "Before")
    renamed = await registers.update(NUMBERS[0], {"name": "After"})
    for size in (1, 2, 3, 1_000):
        found: list[Register] = []
        token, pages = "", 0
        while token or not pages:
            page, token = await registers.page(LIST, size, token)
            assert len(page) <= size
            found += page
            pages += 1
        numbers = [register.enterprise_number for register in found]
        assert numbers == sorted(set(numbers))
        assert set(NUMBERS) <= set(numbers)
        assert [r for r in found if r.enterprise_number == NUMBERS[0]] == [renamed]


async def test_register_page_token_is_refused_for_another_caller(registers: Registers) -> None:
    for number in (EnterpriseNumber(int(enterprise_number(2_000_100 + i))) for i in range(2)):
        await registers.create(number, "Name")
    _, token = await registers.page(LIST, 1, "")
    with pytest.raises(Refused) as refused:
        await registers.page(replace(OTHER_CALLER, rpc=LIST.rpc), 1, token)
    assert said(refused.value) == [("page_token", Reason.PAGE_TOKEN_INVALID)]
