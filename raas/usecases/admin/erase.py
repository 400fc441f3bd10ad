"""Erase facts about people that are stored beside the log; the log and its checksums stay intact."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime

from raas.domain.calendar.age import Age
from raas.domain.numbers.niss import Niss
from raas.usecases.ports.maintenance import ContentStore

DEFAULT_AGE = Age(months=12)

_BATCH = 5_000
"""Contents erased in one transaction: readers and writers hardly notice."""

Progress = Callable[[int], None]
"""Is told, after every batch, how many contents are erased so far: they stay so, whatever comes."""


class EraseContents:
    """The verbs behind `raas erase`; each answers how many contents were erased."""

    def __init__(self, contents: ContentStore) -> None:
        self._contents = contents

    async def by_age(
        self, now: datetime, age: Age = DEFAULT_AGE, *, progress: Progress = lambda _: None
    ) -> int:
        """Erase the contents that were recorded so long ago or longer."""
        instant = age.before(now)
        return await _all_of(lambda: self._contents.erase_before(instant, _BATCH), progress)

    async def by_person(self, niss: Niss, *, progress: Progress = lambda _: None) -> int:
        """Erase the contents about a person, under whichever of its numbers they were recorded."""
        nisses = await self._contents.numbers_of(niss)
        return await _all_of(lambda: self._contents.erase_of(nisses, _BATCH), progress)


async def _all_of(erase: Callable[[], Awaitable[int]], progress: Progress) -> int:
    total = 0
    while erased := await erase():
        total += erased
        progress(total)
    return total
