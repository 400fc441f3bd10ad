"""Billable usage: the calls that an organisation made in a month, counted for charging.

A Month is an int, the months since the year 0; outside it is `YYYY-MM`. Months are those of Brussels.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import NamedTuple

from raas.domain.calendar.day import brussels_day, end_of_brussels_day
from raas.domain.errors import Reason
from raas.domain.invalid import Invalid
from raas.domain.numbers.enterprise_number import EnterpriseNumber

Month = int

_FORM = re.compile(r"([0-9]{4})-([0-9]{2})")


class BillingKey(NamedTuple):
    """The calls that are counted together."""

    month: Month
    caller: EnterpriseNumber
    on_behalf_of: EnterpriseNumber | None
    """The organisation for which a gateway called."""
    register: EnterpriseNumber | None
    """The register that the caller was admitted to; None for calls on none or on several."""
    partner: EnterpriseNumber | None
    """The partner of the dossier type that Inscribe or Remove changed."""
    rpc: str
    """`/raas.v1.RegisterService/Consult`."""


class BillingCounts(NamedTuple):
    """The counts of a key."""

    calls: int = 0
    """Calls that were served; a stream counts once it has ended."""
    items: int = 0
    """Elements in the requests of calls that were served, 1 for a request without a list."""
    deliveries: int = 0
    """Mutations and dossiers of snapshots that Subscribe or ListMutations sent."""
    refused: int = 0
    """Calls that were refused for a reason that lies with the caller."""

    def plus(self, other: BillingCounts) -> BillingCounts:
        """The sums of both."""
        return BillingCounts(
            self.calls + other.calls,
            self.items + other.items,
            self.deliveries + other.deliveries,
            self.refused + other.refused,
        )


class UsageRow(NamedTuple):
    """One row of the usage of a month: the counts of a key, or the dossiers of a register.

    In a row of dossiers the caller is the owner of the register, `rpc` is "" and there are no counts.
    """

    key: BillingKey
    counts: BillingCounts
    closed: bool
    """Whether the month is closed: its rows never change any more."""
    dossiers: int | None = None
    """Dossiers with at least one line at the end of the month."""


def parse_month(text: str) -> Month:
    """The month written as `YYYY-MM`, 0001-01 to 9999-12. Raises Invalid."""
    found = _FORM.fullmatch(text)
    if found is None or not (1 <= int(found[2]) <= 12 and int(found[1])):
        raise Invalid(Reason.VALUE_INVALID, "MONTH_FORMAT")
    return month_of(int(found[1]), int(found[2]))


def month_of(year: int, month: int) -> Month:
    """The month of a year, January = 1."""
    return year * 12 + month - 1


def month_text(month: Month) -> str:
    """The month as `YYYY-MM`."""
    year, place = divmod(month, 12)
    return f"{year:04}-{place + 1:02}"


def brussels_month(instant: datetime) -> Month:
    """The month in which an instant falls in Belgium; the instant must carry its time zone."""
    day = date.fromordinal(brussels_day(instant))
    return month_of(day.year, day.month)


def end_of_month(month: Month) -> datetime:
    """The instant at which a month has ended in Belgium, in UTC."""
    year, place = divmod(month + 1, 12)
    if year > date.max.year:
        return datetime.max.replace(tzinfo=UTC)
    return end_of_brussels_day(date(year, place + 1, 1).toordinal() - 1)
