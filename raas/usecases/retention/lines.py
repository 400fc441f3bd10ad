"""Remove lines that ended longer ago than their dossier type keeps them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from time import monotonic
from uuid import uuid4

from raas.domain.calendar.age import Age
from raas.domain.calendar.day import BEGINNING
from raas.domain.calendar.periods import Period
from raas.domain.numbers.niss import Niss
from raas.domain.registers.mutation import Stamp
from raas.domain.registers.register import Register
from raas.domain.registers.retention import expired_lines, first_day_kept
from raas.usecases.ports.read_store import DossierFilter, DossierView, ReadStore
from raas.usecases.ports.write_store import LoadRequest, WriteStore
from raas.usecases.writes.unit_of_work import RegisterUnitOfWork

APPLICATION = "raas retention"
"""The application in the mutations of expired lines; their actor is the owner of the register."""

_BATCH = 1_000
"""Dossiers in one transaction."""


@dataclass(frozen=True, slots=True)
class ExpiredLines:
    """The expired lines of a dossier type, as far as they were counted or removed."""

    dossier_type: str
    keep_after_end: Age
    dossiers: int = 0
    lines: int = 0

    def __add__(self, other: ExpiredLines) -> ExpiredLines:
        dossiers, lines = self.dossiers + other.dossiers, self.lines + other.lines
        return ExpiredLines(self.dossier_type, self.keep_after_end, dossiers, lines)


class ExpireLines:
    """The use cases on the expired lines of a register; `today` is a day in Belgium."""

    def __init__(self, reads: ReadStore, store: WriteStore, batch: int = _BATCH) -> None:
        self._reads = reads
        self._store = store
        self._batch = batch

    async def due(self, register: Register, today: int) -> Sequence[ExpiredLines]:
        """The lines to remove, by dossier type with a period. Raises StoreUnavailable, StoreFault."""
        found = []
        for total in await self._periods(register):
            first_kept = first_day_kept(today, total.keep_after_end)
            async for page in self._pages(register, total.dossier_type, first_kept):
                total += _counted(total, [len(expired_lines(each.lines, first_kept)) for each in page])
            found.append(total)
        return found

    async def remove(
        self, register: Register, today: int, progress: Callable[[ExpiredLines], None] = lambda _: None
    ) -> Sequence[ExpiredLines]:
        """Remove them, in batches between which other writers proceed; answers what was removed.

        A batch is one transaction, which reads the lines and the period of the type again under the lock of
        the register. `progress` is called after each. Raises StoreUnavailable, CommitUnknown, StoreFault;
        completed batches are kept, and another call goes on.
        """
        removed = []
        stamp = Stamp(register.enterprise_number, uuid4(), application=APPLICATION)
        for total in await self._periods(register):
            first_kept = first_day_kept(today, total.keep_after_end)
            async for page in self._pages(register, total.dossier_type, first_kept):
                began = monotonic()
                nisses = [each.niss for each in page]
                total += _counted(
                    total, await self.remove_of(register, total.dossier_type, nisses, today, stamp)
                )
                progress(total)
                # Other writers get as much time as the batch took from them.
                await asyncio.sleep(monotonic() - began)
            removed.append(total)
        return removed

    async def remove_of(
        self, register: Register, code: str, nisses: Sequence[Niss], today: int, stamp: Stamp
    ) -> Sequence[int]:
        """Remove the expired lines of some dossiers, in one transaction; answers their number for each.

        Nothing if the type sets no period any more. What a number had that was replaced meanwhile is found
        under its successor by another call.
        """
        while True:
            types = await self._store.dossier_types(register.id)
            type_id, dossier_type = types.by_code[code]
            if dossier_type.keep_after_end is None:
                return [0] * len(nisses)
            first_kept = first_day_kept(today, dossier_type.keep_after_end)
            keys = [(niss, type_id) for niss in nisses]
            # With the states of the numbers the store loads the shares of united dossiers.
            async with self._store.write(register.id, LoadRequest(keys, persons=True)) as transaction:
                if transaction.loaded.types_revision != types.revision:
                    continue
                # The number of lines only becomes smaller.
                unit_of_work = RegisterUnitOfWork(transaction.loaded, types, max_lines=0)
                counts = [len(unit_of_work.expire(key, first_kept, stamp)) for key in keys]
                written = unit_of_work.take()
                if written is not None:
                    await transaction.write(written)
                    await transaction.commit()
                return counts

    async def _periods(self, register: Register) -> Sequence[ExpiredLines]:
        """The dossier types that set a period, in order of code, with nothing counted yet."""
        types = await self._store.dossier_types(register.id)
        return [
            ExpiredLines(code, each.keep_after_end)
            for code, (_, each) in sorted(types.by_code.items())
            if each.keep_after_end is not None
        ]

    async def _pages(
        self, register: Register, code: str, first_kept: int
    ) -> AsyncIterator[Sequence[DossierView]]:
        """The dossiers of a type with expired lines, each page as it is when it is asked for."""
        which = DossierFilter(dossier_types=(code,), ends_between=Period(BEGINNING, first_kept))
        after: tuple[Niss, str] | None = None
        more = True
        while more:
            page = await self._reads.page(register.id, which, None, after, self._batch)
            if page.dossiers:
                yield page.dossiers
                after = page.dossiers[-1].niss, code
            more = page.more and bool(page.dossiers)


def _counted(period: ExpiredLines, lines: Sequence[int]) -> ExpiredLines:
    dossiers = sum(map(bool, lines))
    return ExpiredLines(period.dossier_type, period.keep_after_end, dossiers, sum(lines))
