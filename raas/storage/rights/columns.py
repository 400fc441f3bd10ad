"""Columns that the tables of rights share."""

from __future__ import annotations

from datetime import date

from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.rights.validity import Validity


def date_of(day: int | None) -> date | None:
    """A day as a value of the driver."""
    return None if day is None else date.fromordinal(day)


def validity_of(valid_from: date | None, valid_until: date | None) -> Validity:
    """The validity of two columns."""
    return Validity(
        None if valid_from is None else valid_from.toordinal(),
        None if valid_until is None else valid_until.toordinal(),
    )


def number_of(number: int | None) -> EnterpriseNumber | None:
    """The enterprise number of a nullable column."""
    return None if number is None else EnterpriseNumber(number)
