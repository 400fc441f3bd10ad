"""Ages in calendar months and days."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

MAX_DAYS = 36_500
MAX_MONTHS = 1_200


@dataclass(frozen=True, slots=True)
class Age:
    """So many months (at most MAX_MONTHS) and so many days (at most MAX_DAYS)."""

    months: int = 0
    days: int = 0

    def before(self, now: datetime) -> datetime:
        """The same time of day so much earlier, in UTC; the last day of a month that is too short."""
        utc = now.astimezone(UTC)
        year, month = divmod(utc.year * 12 + utc.month - 1 - self.months, 12)
        day = min(utc.day, monthrange(year, month + 1)[1])
        return utc.replace(year=year, month=month + 1, day=day) - timedelta(days=self.days)
