"""The limits of callers, and their values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum

from raas.domain.errors import RETRY_AFTER, Reason, Refused, refuse
from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.usecases.calls.call import CallerKey


class CallKind(IntEnum):
    """The kinds of calls that have rates of their own; an index of `CallerUsage.rates`."""

    READ = 0
    WRITE = 1
    PERSONS = 2


@dataclass(frozen=True, slots=True)
class CallerLimits:
    """The limits of one caller over all processes; a field's name is the name of the limit everywhere.

    An item is an element of a list in a request: an operation, a check, a person, a number. A call without
    such a list is one item. The budgets are counted from midnight to midnight in Brussels.
    """

    read_calls_per_second: int = 20_000
    read_items_per_second: int = 500_000
    write_calls_per_second: int = 20_000
    write_items_per_second: int = 500_000
    person_calls_per_second: int = 5_000
    person_items_per_second: int = 100_000
    calls_in_flight: int = 1_000
    streams: int = 2_000
    persons_shown_per_day: int = 100_000
    unknown_numbers_per_day: int = 10_000
    wrong_claims_per_day: int = 1_000


RATES: Mapping[CallKind, tuple[str, str]] = {
    CallKind.READ: ("read_calls_per_second", "read_items_per_second"),
    CallKind.WRITE: ("write_calls_per_second", "write_items_per_second"),
    CallKind.PERSONS: ("person_calls_per_second", "person_items_per_second"),
}
"""The limits of the calls and of the items of each kind."""

CALLS_IN_FLIGHT, STREAMS = "calls_in_flight", "streams"
CLAIMS_PER_PERSON = "claims_per_person"
"""The limit of claims about one person, which is not a setting; see `RateLimit`."""


@dataclass(frozen=True, slots=True)
class LimitTable:
    """The limits of every caller: its own, else those of its organisation, else the default."""

    default: CallerLimits = CallerLimits()
    by_application: Mapping[tuple[EnterpriseNumber, str], CallerLimits] = field(default_factory=dict)
    by_organisation: Mapping[EnterpriseNumber, CallerLimits] = field(default_factory=dict)

    def of(self, caller: CallerKey) -> CallerLimits:
        """The limits of a caller; they are those of the organisation and application that calls."""
        own = self.by_application.get((caller.enterprise_number, caller.application))
        return own or self.by_organisation.get(caller.enterprise_number) or self.default


def exceeded(limit: str, maximum: float, seconds: float) -> Refused:
    """The refusal of a call that a limit does not allow for so many seconds."""
    values = {"limit": limit, "maximum": f"{maximum:g}", RETRY_AFTER: _seconds_text(seconds)}
    return refuse(Reason.LIMIT_EXCEEDED, **values)


def _seconds_text(seconds: float) -> str:
    return f"{seconds:.0f}" if seconds >= 10 else f"{max(seconds, 0.001):.3f}".rstrip("0").rstrip(".")
