"""The classes of data, and how long each is kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from raas.domain.calendar.age import Age
from raas.usecases.admin.erase import DEFAULT_AGE

TEN_YEARS = Age(months=120)


class DataClass(StrEnum):
    """A class of data; docs/retention.md describes each."""

    LINES = "lines"
    LOG = "log"
    CONTENTS = "contents"
    REQUESTS = "requests"
    AUDIT = "audit"
    PERSONS = "persons"
    FILES = "files"
    BACKUPS = "backups"


REMOVED = (
    *(DataClass.LINES, DataClass.LOG, DataClass.CONTENTS),
    *(DataClass.REQUESTS, DataClass.AUDIT),
)
"""The classes that retention removes, in this order."""

OF_REGISTERS = (DataClass.LINES, DataClass.LOG)
"""The classes that can be removed for one register alone."""


@dataclass(frozen=True, slots=True)
class Periods:
    """The periods that the organisation decides for a whole database; None = kept without limit.

    The period of lines is that of their dossier type, and request answers are kept for 7 days.
    """

    log: Age | None = None
    contents: Age | None = DEFAULT_AGE
    audit: Age | None = TEN_YEARS


def month_begun(instant: datetime) -> datetime:
    """The beginning, in UTC, of the month in which an instant lies."""
    return instant.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
