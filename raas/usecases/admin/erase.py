"""Erase facts about people that are stored beside the log; the log and its checksums stay intact."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from datetime import datetime

from raas.domain.calendar.age import Age
from raas.domain.numbers.niss import Niss
from raas.usecases.ports.audit.journal import ContentsErased, Journal
from raas.usecases.ports.maintenance import ContentStore

DEFAULT_AGE = Age(months=12)

_BATCH = 5_000
"""Contents erased in one transaction, small enough not to delay readers and writers."""

Progress = Callable[[int], None]
"""Receives, after each committed batch, the number of contents erased so far."""


class EraseContents:
    """The use cases that erase; each returns the number of contents erased.

    The journal has an erasure before it begins: one that is interrupted is completed after a restore.
    """

    def __init__(self, contents: ContentStore, journal: Journal) -> None:
        self._contents = contents
        self._journal = journal

    async def by_age(
        self, now: datetime, age: Age = DEFAULT_AGE, *, progress: Progress = lambda _: None
    ) -> int:
        """Erase the contents of at least this age."""
        instant = age.before(now)
        await self._journal.append([ContentsErased(now, before=instant)])
        return await self.before(instant, progress=progress)

    async def by_person(self, now: datetime, niss: Niss, *, progress: Progress = lambda _: None) -> int:
        """Erase the contents about a person, recorded under any of its numbers."""
        nisses = sorted({niss, *await self._contents.numbers_of(niss)})
        return await self.by_numbers(now, nisses, progress=progress)

    async def by_numbers(
        self, now: datetime, nisses: Sequence[Niss], *, progress: Progress = lambda _: None
    ) -> int:
        """Erase the contents recorded under these numbers."""
        await self._journal.append([ContentsErased(now, nisses)])
        return await self.of(nisses, progress=progress)

    async def before(self, instant: datetime, *, progress: Progress = lambda _: None) -> int:
        """Erase the contents older than the instant, of which the journal knows."""
        return await _all_of(lambda: self._contents.erase_before(instant, _BATCH), progress)

    async def of(self, nisses: Collection[Niss], *, progress: Progress = lambda _: None) -> int:
        """Erase the contents about these numbers, of which the journal knows."""
        return await _all_of(lambda: self._contents.erase_of(nisses, _BATCH), progress)


async def _all_of(erase: Callable[[], Awaitable[int]], progress: Progress) -> int:
    total = 0
    while erased := await erase():
        total += erased
        progress(total)
    return total
