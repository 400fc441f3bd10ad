"""Create, change and list registers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping

from raas.domain.errors import Reason, refuse
from raas.domain.numbers.enterprise_number import EnterpriseNumber, enterprise_number_text
from raas.domain.registers.register import Register
from raas.usecases.calls.call import Call
from raas.usecases.calls.pagination import MAX_PAGE_SIZE, Pages, page_size_of
from raas.usecases.ports.registers import RegisterStore


class Registers:
    """The use cases that manage registers; all raise StoreUnavailable."""

    def __init__(self, store: RegisterStore, pages: Pages) -> None:
        self._store = store
        self._pages = pages

    async def create(
        self, number: EnterpriseNumber, name: str, sector: int | None = None, institution: int | None = None
    ) -> Register:
        """Create an empty register. Raises Refused REGISTER_EXISTS."""
        return await self._store.create(number, name, sector, institution)

    async def update(self, number: EnterpriseNumber, changes: Mapping[str, str | int | None]) -> Register:
        """Change fields of a register, which is not a mutation. Raises Refused REGISTER_UNKNOWN."""
        return await self._store.update(number, changes)

    async def page(self, call: Call, page_size: int, page_token: str) -> tuple[tuple[Register, ...], str]:
        """Registers in order of enterprise number, and the token of the next page ("" = this is the last).

        Each page is read as it is now. Raises Refused: VALUE_INVALID, PAGE_TOKEN_INVALID.
        """
        size = page_size_of(page_size)
        token = self._pages.open(page_token, call, None, None)
        after = None if token is None else EnterpriseNumber(token["after"])
        registers = await self._store.page(after, size + 1)
        shown = tuple(registers[:size])
        if len(registers) <= size:
            return shown, ""
        return shown, self._pages.seal(call, None, None, {"after": shown[-1].enterprise_number})


async def chosen(store: RegisterStore, number: EnterpriseNumber | None) -> AsyncIterator[Register]:
    """The register of an organisation, or (None) all registers in order of enterprise number.

    They are read page by page.

    Raises Refused REGISTER_UNKNOWN; StoreUnavailable.
    """
    if number is not None:
        register = await store.find(number)
        if register is None:
            raise refuse(Reason.REGISTER_UNKNOWN, "register", register=enterprise_number_text(number))
        yield register
        return
    page = await store.page(None, MAX_PAGE_SIZE)
    while page:
        for register in page:
            yield register
        page = await store.page(page[-1].enterprise_number, MAX_PAGE_SIZE)
