"""The space that the database has left: alerts, and the reserve for writes and their audit records."""

from __future__ import annotations

from collections.abc import Callable

import structlog

ALERT = 0.85
"""The share in use from which operators are alerted."""
RESERVE = 0.95
"""The share in use from which bulk reads are refused: the rest is for writes and single reads."""
_REMIND_SECONDS = 3_600.0

DATABASE_FILLS_UP = "the database fills up"

log = structlog.get_logger()


class DatabaseSpace:
    """The space of the database as last measured. `clock` gives seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.used = 0.0
        """The share in use, 0 to 1 or more; 0 before the first measurement."""
        self._clock = clock
        self._alerted: tuple[float, float] | None = None

    @property
    def is_enough(self) -> bool:
        """Whether operators need not act."""
        return self.used < ALERT

    @property
    def admits_bulk_reads(self) -> bool:
        """Whether there is room for records of bulk reads beside the reserve."""
        return self.used < RESERVE

    def measured(self, used: float) -> None:
        """Take a measurement; alerts at each threshold, and again each hour while one is exceeded."""
        self.used = used
        passed = RESERVE if used >= RESERVE else ALERT if used >= ALERT else 0.0
        before, since = self._alerted or (0.0, 0.0)
        now = self._clock()
        if passed and (passed > before or now - since >= _REMIND_SECONDS):
            self._alerted = passed, now
            log.error(
                "alert",
                alert=DATABASE_FILLS_UP,
                used=round(used, 3),
                bulk_reads="refused" if passed == RESERVE else "served",
            )
        elif passed < before:
            self._alerted = (passed, since) if passed else None
            log.warning("the database has space again", used=round(used, 3))
