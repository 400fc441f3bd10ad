"""Erasing facts about people that stand beside the log; the log itself, and its checksums, stay whole."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from raas.domain.niss import Niss
from raas.usecases.person_ports import ContentStore

DEFAULT_MONTHS = 12

_BATCH = 5_000
"""Contents erased in one transaction: readers and writers hardly notice."""


class Erasing:
    """The verbs behind `raas erase`; each answers how many contents were erased."""

    def __init__(self, contents: ContentStore) -> None:
        self._contents = contents

    async def by_age(self, now: datetime, months: int = DEFAULT_MONTHS) -> int:
        """Erase the contents that were recorded `months` months ago or earlier."""
        instant = months_before(now, months)
        return await _all_of(lambda: self._contents.erase_before(instant, _BATCH))

    async def by_person(self, niss: Niss) -> int:
        """Erase the contents about a person, under whichever of its numbers they were recorded."""
        nisses = await self._contents.numbers_of(niss)
        return await _all_of(lambda: self._contents.erase_of(nisses, _BATCH))


def months_before(now: datetime, months: int) -> datetime:
    """The same time of the same day that many months earlier; the last day of a shorter month. In UTC."""
    utc = now.astimezone(UTC)
    year, month = divmod(utc.year * 12 + utc.month - 1 - months, 12)
    return utc.replace(year=year, month=month + 1, day=min(utc.day, monthrange(year, month + 1)[1]))


async def _all_of(erase: Callable[[], Awaitable[int]]) -> int:
    total = 0
    while erased := await erase():
        total += erased
    return total
