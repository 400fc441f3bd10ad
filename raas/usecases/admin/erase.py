"""Erase facts about people that are stored beside the log; the log and its checksums stay intact."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime

from raas.domain.calendar.age import Age
from raas.domain.numbers.niss import Niss
from raas.usecases.ports.maintenance import ContentStore

DEFAULT_AGE = Age(months=12)

_BATCH = 5_000
"""Contents erased in one transaction, small enough not to delay readers and writers."""

Progress = Callable[[int], None]
"""Receives, after each committed batch, the number of contents erased so far."""


class EraseContents:
    """The use cases of `raas erase`; each returns the number of contents erased."""

    def __init__(self, contents: ContentStore) -> None:
        self._contents = contents

    async def by_age(
        self, now: datetime, age: Age = DEFAULT_AGE, *, progress: Progress = lambda _: None
    ) -> int:
        """Erase the contents of at least this age."""
        return await self.before(age.before(now), progress=progress)

    async def before(self, instant: datetime, *, progress: Progress = lambda _: None) -> int:
        """Erase the contents older than the instant."""
        return await _all_of(lambda: self._contents.erase_before(instant, _BATCH), progress)

    async def by_person(self, niss: Niss, *, progress: Progress = lambda _: None) -> int:
        """Erase the contents about a person, recorded under any of its numbers."""
        nisses = await self._contents.numbers_of(niss)
        return await _all_of(lambda: self._contents.erase_of(nisses, _BATCH), progress)


async def _all_of(erase: Callable[[], Awaitable[int]], progress: Progress) -> int:
    total = 0
    while erased := await erase():
        total += erased
        progress(total)
    return total
