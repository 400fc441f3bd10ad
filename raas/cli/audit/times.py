"""Times of the audit, in microseconds since 1970, as they are read and written by people."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


def time_text(microseconds: int) -> str:
    """Such as 2026-01-05T08:30:00.000125Z; the number itself where it is beyond the calendar."""
    try:
        return (_BEGINNING + timedelta(microseconds=microseconds)).isoformat().replace("+00:00", "Z")
    except OverflowError:
        return str(microseconds)


def microseconds_of(instant: datetime | None) -> int:
    """The microseconds of an instant; None = now."""
    if instant is None:
        return time.time_ns() // 1_000
    return (instant - _BEGINNING) // timedelta(microseconds=1)
