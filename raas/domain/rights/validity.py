"""The days on which a right is valid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from raas.domain.calendar.day import parse_bound
from raas.domain.errors import Reason, Violation
from raas.domain.invalid import Invalid


@dataclass(frozen=True, slots=True)
class Validity:
    """Whole days in Belgium, the first and the last one included; None = no bound."""

    first: int | None = None
    last: int | None = None

    def covers(self, day: int) -> bool:
        """Whether the right is valid on that day."""
        return (self.first is None or self.first <= day) and (self.last is None or day <= self.last)

    def overlaps(self, other: Validity) -> bool:
        """Whether there is a day on which both are valid."""
        firsts = [day for day in (self.first, other.first) if day is not None]
        lasts = [day for day in (self.last, other.last) if day is not None]
        return not firsts or not lasts or max(firsts) <= min(lasts)


ALWAYS = Validity()


def parse_validity(first: str | None, last: str | None) -> Validity | Sequence[Violation]:
    """The validity written as two days (None = absent), or everything that is wrong with it.

    Violations are at `valid_from` and `valid_until`.
    """
    violations: list[Violation] = []

    def bound(field: str, text: str | None) -> int | None:
        try:
            return None if text is None else parse_bound(text)
        except Invalid as invalid:
            violations.append(invalid.at(field))
            return None

    validity = Validity(bound("valid_from", first), bound("valid_until", last))
    if not violations and not validity.overlaps(validity):
        violations.append(Violation("valid_until", Reason.VALUE_INVALID, "VALIDITY_END_BEFORE_BEGIN"))
    return violations or validity
