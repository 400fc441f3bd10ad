"""A guard against record times that run ahead.

Record times never go back within a register. After the clock of the database was wrong for a second, a year
ahead for instance, every later record time would be the wrong one until real time catches up.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import structlog

from raas.usecases.ports.errors import ClockAhead

MOST_AHEAD = timedelta(seconds=60)
_LOG_SECONDS = 30.0

log = structlog.get_logger()


def _now() -> datetime:
    return datetime.now(UTC)


class ClockGuard:
    """Refuses record times more than MOST_AHEAD after the clock of this process.

    `accepted_until` is the operator's confirmation: record times up to this instant are accepted.
    """

    def __init__(self, accepted_until: datetime | None = None, clock: Callable[[], datetime] = _now) -> None:
        self._accepted_until = accepted_until
        self._clock = clock
        self._logged = -_LOG_SECONDS

    def check(self, record_time: datetime) -> None:
        """Raise ClockAhead for a record time too far ahead; the log says so at level error, now and then."""
        now = self._clock()
        if record_time - now <= MOST_AHEAD:
            return
        if self._accepted_until is not None and record_time <= self._accepted_until:
            return
        if time.monotonic() - self._logged >= _LOG_SECONDS:
            self._logged = time.monotonic()
            log.error(
                "writes are refused: their record time would be ahead of the clock",
                record_time=record_time.isoformat(),
                clock=now.isoformat(),
                setting="RAAS_ACCEPT_RECORD_TIMES_UNTIL",
            )
        raise ClockAhead("the record time would be ahead of the clock")
