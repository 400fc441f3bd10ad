"""Erase contents about persons whom no register knows any more."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime, timedelta

from raas.domain.numbers.niss import Niss
from raas.usecases.admin.erase import EraseContents
from raas.usecases.ports.maintenance import DueContents
from raas.usecases.ports.read_store import ReadStore

SETTLED = timedelta(days=90)
"""The age from which contents about such a person are erased: for so long subscribers may lag behind."""

_PERSONS = 1_000


class ForgottenContents:
    """The use cases on contents about persons of whom no register has a line under any of their numbers."""

    def __init__(self, contents: DueContents, reads: ReadStore, erasing: EraseContents) -> None:
        self._contents = contents
        self._reads = reads
        self._erasing = erasing

    async def due(self, now: datetime) -> int:
        """The number of numbers with contents to erase. Raises StoreUnavailable, StoreFault."""
        total = 0
        async for nisses in self._pages(now):
            total += len(nisses)
        return total

    async def erase(self, now: datetime, progress: Callable[[int], None] = lambda _: None) -> int:
        """Erase them, of which the journal knows first; answers the number of contents.

        Raises JournalUnavailable, StoreUnavailable, StoreFault; completed batches are kept.
        """
        total = 0
        async for nisses in self._pages(now):
            if nisses:
                total += await self._erasing.by_numbers(now, nisses)
                progress(total)
        return total

    async def _pages(self, now: datetime) -> AsyncIterator[Sequence[Niss]]:
        after = Niss(0)
        while some := await self._contents.persons_before(now - SETTLED, after, _PERSONS):
            yield await self._unknown(some)
            after = some[-1]

    async def _unknown(self, nisses: Sequence[Niss]) -> Sequence[Niss]:
        """Those of the numbers whose person no register knows."""
        known = await self._with_lines(nisses)
        others = {niss: await self._contents.numbers_of(niss) for niss in nisses if niss not in known}
        known |= await self._with_lines([each for united in others.values() for each in united])
        return [niss for niss, united in others.items() if known.isdisjoint(united)]

    async def _with_lines(self, nisses: Sequence[Niss]) -> set[Niss]:
        holders = await self._reads.holders(nisses) if nisses else ()
        keys = [(register.id, niss) for register, niss in holders]
        found = await self._reads.dossiers_of(keys, {}) if keys else {}
        return {niss for (_, niss), dossiers in found.items() if dossiers}
