"""GetUsage: the billable usage of organisations by month."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from raas.domain.billing import Month, UsageRow, brussels_month
from raas.domain.errors import Reason, refuse
from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.rights.role import Role
from raas.usecases.calls.call import Call
from raas.usecases.calls.pagination import Pages, page_size_of
from raas.usecases.ports.billing import BillingStore, RowPlace, UsageFilter, place_of

MOST_MONTHS = 120
"""The longest range of months that one call lists."""


class AskedUsage(NamedTuple):
    """The usage that a caller asks for; None = absent."""

    caller: EnterpriseNumber | None
    register: EnterpriseNumber | None
    first_month: Month | None
    last_month: Month | None


class UsagePage(NamedTuple):
    """A page of rows, and the token of the next one ("" = this is the last)."""

    rows: Sequence[UsageRow]
    next_page_token: str


def _now() -> datetime:
    return datetime.now(UTC)


class ListUsage:
    """Lists usage: everybody sees its own, an auditor that of all."""

    def __init__(self, store: BillingStore, pages: Pages, now: Callable[[], datetime] = _now) -> None:
        self._store = store
        self._pages = pages
        self._now = now

    async def page(
        self, call: Call, asked: AskedUsage, is_auditor: bool, page_size: int, page_token: str
    ) -> UsagePage:
        """One page. Raises Refused: ROLE_MISSING, VALUE_INVALID, PAGE_TOKEN_INVALID."""
        caller = asked.caller
        if not is_auditor:
            if caller is None:
                caller = call.caller.acts_as
            elif caller != call.caller.acts_as:
                raise refuse(Reason.ROLE_MISSING, role=Role.AUDITOR.name)
        last = brussels_month(self._now()) if asked.last_month is None else asked.last_month
        first = last if asked.first_month is None else asked.first_month
        if not first <= last < first + MOST_MONTHS:
            limits = {"maximum": str(MOST_MONTHS)}
            raise refuse(Reason.VALUE_INVALID, "until_month", "MONTH_RANGE", **limits)
        which = UsageFilter(first, last, caller, asked.register)
        size = page_size_of(page_size)
        token = self._pages.open(page_token, call, None, which)
        after: RowPlace | None = None
        if token is not None:
            month, organisation, behalf, register, partner, rpc = token["after"]
            after = (month, organisation, behalf, register, partner, rpc)
        rows = await self._store.rows(which, after, size + 1)
        shown = rows[:size]
        if len(rows) <= size:
            return UsagePage(shown, "")
        return UsagePage(shown, self._pages.seal(call, None, which, {"after": list(place_of(shown[-1].key))}))
