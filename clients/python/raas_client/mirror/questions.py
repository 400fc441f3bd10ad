"""The questions to a mirror, checked and refused as the server checks and refuses them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

import grpc

from raas_client.days import Day, day_of
from raas_client.errors import Refused, Violation
from raas_client.reasons import NissMalformed, ValueInvalid


@lru_cache(maxsize=65_536)
def check_niss(niss: str) -> None:
    """Raise NissMalformed for a text that cannot be a NISS; fictitious persons (month + 60) can."""
    if not _can_be(niss):
        raise _refused(NissMalformed, "NISS_MALFORMED", "niss", "This is not a NISS.")


def check_day(day: Day) -> date:
    """The day as a date. Raises ValueInvalid for a text that is not a day written as YYYY-MM-DD."""
    try:
        return day_of(day)
    except ValueError:
        message = "This is not a day; a day is written as YYYY-MM-DD."
        raise _refused(ValueInvalid, "VALUE_INVALID", "active_on", message) from None


def _can_be(niss: str) -> bool:
    if len(niss) != 11 or not (niss.isascii() and niss.isdigit()):
        return False
    nine, check = divmod(int(niss), 100)
    if 97 - nine % 97 == check:
        century = 1900
    elif 97 - (2_000_000_000 + nine) % 97 == check:
        century = 2000
    else:
        return False
    # The month shows the series: + 20 and + 40 are BIS numbers, + 60 fictitious persons.
    series, month = divmod(int(niss[2:4]), 20)
    day = int(niss[4:6])
    try:
        born = date(century + int(niss[:2]), month or 1, (day or 1) if month else 1)
    except ValueError:
        return False
    counted = series in (1, 2) or 1 <= int(niss[6:9]) <= 998
    return series < 4 and counted and born <= _latest_day(datetime.now(UTC))


def _latest_day(now: datetime) -> date:
    """The day in Belgium, or in winter that which begins there within the hour; without a zone database."""
    return (now + timedelta(hours=2)).date()


def _refused(kind: type[Refused], reason: str, field: str, message: str) -> Refused:
    return kind(
        message,
        reason=reason,
        status=grpc.StatusCode.INVALID_ARGUMENT,
        violations=[Violation(field, reason, message)],
        metadata={},
        call_id=None,
    )
