"""Registers as a caller sees them whose mandate is restricted to some dossier types.

Dossiers of other types, and everything that the log says about them, do not exist for that caller. A code
that the mandate hides is looked up as one that no register has: it is refused alike, in the same time.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from raas.domain.numbers.niss import Niss
from raas.domain.registers.mutation import Mutation
from raas.domain.registers.register import RegisterIdentity
from raas.domain.registers.restriction import HiddenDays
from raas.domain.rights.view import RegisterView, VisibleTypes
from raas.usecases.ports.niss_history import NissHistory, ReadAs
from raas.usecases.ports.read_store import (
    DossierChains,
    DossierFilter,
    DossierPage,
    DossierView,
    ReadStore,
    RegisterReading,
    WalkStart,
    WalkStep,
)
from raas.usecases.reads.past_numbers import PastNumbers


class RestrictedReads:
    """A ReadStore that shows of each register, by its id, the dossier types of a view."""

    def __init__(self, reads: ReadStore, view_of: Callable[[int], RegisterView]) -> None:
        self._reads = reads
        self._view_of = view_of

    def showing_restricted(self) -> ReadStore:
        """The same dossier types with the days that restrictions hide."""
        return RestrictedReads(self._reads.showing_restricted(), self._view_of)

    async def hidden_days(self, register_id: int, nisses: Sequence[Niss]) -> Sequence[HiddenDays]:
        """The days that restrictions hide, of all dossier types."""
        return await self._reads.hidden_days(register_id, nisses)

    async def resolve_time(self, register_id: int, instant: datetime) -> int:
        """The last revision of the register, whatever it changed."""
        return await self._reads.resolve_time(register_id, instant)

    async def resolve_times(self, register_ids: Sequence[int], instant: datetime) -> Mapping[int, int]:
        """The last revisions of these registers."""
        return await self._reads.resolve_times(register_ids, instant)

    async def page(
        self,
        register_id: int,
        which: DossierFilter,
        at_revision: int | None,
        after: tuple[Niss, str] | None,
        limit: int,
    ) -> DossierPage:
        """Dossiers of the types in the view."""
        view = self._view_of(register_id)
        codes = tuple(map(view.lookup_code, which.dossier_types))
        which = replace(which, dossier_types=codes, within=view.dossier_types)
        return await self._reads.page(register_id, which, at_revision, after, limit)

    async def history(
        self,
        register_id: int,
        nisses: Sequence[Niss],
        dossier_type: str | None,
        after: int,
        limit: int,
        within: VisibleTypes = None,
    ) -> tuple[Sequence[Mutation], bool]:
        """Mutations that concern a type in the view."""
        view = self._view_of(register_id)
        code = None if dossier_type is None else view.lookup_code(dossier_type)
        return await self._reads.history(register_id, nisses, code, after, limit, view.dossier_types)

    async def mutation(self, register_id: int, revision: int) -> Mutation | None:
        """The mutation at which a walk along a chain in the view ended."""
        return await self._reads.mutation(register_id, revision)

    async def dossiers_of(
        self, keys: Sequence[tuple[int, Niss]], at_revisions: Mapping[int, int]
    ) -> Mapping[tuple[int, Niss], Sequence[DossierView]]:
        """Dossiers of the types in the views."""
        readings = await self.readings(keys, at_revisions)
        return {(register_id, niss): readings[register_id].dossiers[niss] for register_id, niss in keys}

    async def readings(
        self, keys: Sequence[tuple[int, Niss]], at_revisions: Mapping[int, int]
    ) -> Mapping[int, RegisterReading]:
        """Dossiers of the types in the views, and the revisions of the registers."""
        readings = await self._reads.readings(keys, at_revisions)
        return {id_: _reading_within(reading, self._view_of(id_)) for id_, reading in readings.items()}

    async def logged_numbers(
        self, keys: Sequence[tuple[int, Niss]], at_revisions: Mapping[int, int], within: VisibleTypes = None
    ) -> Mapping[tuple[int, Niss], ReadAs]:
        """The statuses of numbers by the part of each log that is in the view."""
        keys_of: defaultdict[VisibleTypes, list[tuple[int, Niss]]] = defaultdict(list)
        for key in keys:
            keys_of[self._view_of(key[0]).dossier_types].append(key)
        told: dict[tuple[int, Niss], ReadAs] = {}
        for types, asked in keys_of.items():
            told.update(await self._reads.logged_numbers(asked, at_revisions, types))
        return told

    async def holders(
        self, nisses: Sequence[Niss], within: VisibleTypes = None
    ) -> Sequence[tuple[RegisterIdentity, Niss]]:
        """The registers with a dossier of the types in `within`, which the caller of this method knows."""
        return await self._reads.holders(nisses, within)

    async def numbers(self, register_id: int, after: Niss | None, limit: int) -> Sequence[Niss]:
        """Distinct numbers with at least one line under a type in the view."""
        which = DossierFilter(within=self._view_of(register_id).dossier_types)
        found: dict[Niss, None] = {}
        more = True
        while more and len(found) < limit:
            # No code comes before "".
            key = None if after is None else (Niss(after + 1), "")
            page = await self._reads.page(register_id, which, None, key, limit)
            found.update(dict.fromkeys(dossier.niss for dossier in page.dossiers))
            more, after = page.more, page.dossiers[-1].niss if page.dossiers else after
        return list(found)[:limit]

    async def unknown_types(self, register_id: int, codes: Collection[str]) -> Collection[str]:
        """Those of the codes that are no dossier type of the register, or are outside the view."""
        view = self._view_of(register_id)
        asked = {view.lookup_code(code): code for code in codes}
        return {asked[code] for code in await self._reads.unknown_types(register_id, asked.keys())}

    async def chains(
        self,
        register_id: int,
        nisses: Sequence[Niss],
        dossier_type: str | None,
        day: int,
        within: VisibleTypes = None,
    ) -> DossierChains:
        """The chains of the dossiers of the types in the view."""
        types = self._view_of(register_id).dossier_types
        return await self._reads.chains(register_id, nisses, dossier_type, day, types)

    async def walk(
        self, register_id: int, starts: Sequence[WalkStart], day: int
    ) -> Sequence[WalkStep | None]:
        """Walks along chains in the view."""
        return await self._reads.walk(register_id, starts, day)


class Reads(NamedTuple):
    """The registers, and the statuses of numbers at an earlier instant, as one caller sees them."""

    store: ReadStore
    past: PastNumbers


def reads_within(reads: ReadStore, view: RegisterView) -> ReadStore:
    """The reads of a caller that sees this part of every register that it reads."""
    whole = reads.showing_restricted() if view.shows_restricted else reads
    return whole if view.dossier_types is None else RestrictedReads(whole, lambda _: view)


class ReadsOfCallers:
    """The reads of registers for callers with different views."""

    def __init__(self, reads: ReadStore, history: NissHistory) -> None:
        self._history = history
        showing = reads.showing_restricted()
        self._whole = Reads(reads, PastNumbers(history, reads))
        self._auditors = Reads(showing, PastNumbers(history, showing))

    def within(self, view: RegisterView) -> Reads:
        """The reads of a caller that sees this part of every register that it reads."""
        whole = self._auditors if view.shows_restricted else self._whole
        return whole if view.dossier_types is None else self._restricted(whole, lambda _: view)

    def within_each(self, views: Mapping[int, RegisterView]) -> Reads:
        """The reads of a caller that sees of each register, by its id, the part given."""
        # An auditor is one on every register.
        whole = self._auditors if any(view.shows_restricted for view in views.values()) else self._whole
        if all(view.dossier_types is None for view in views.values()):
            return whole
        return self._restricted(whole, views.__getitem__)

    def _restricted(self, whole: Reads, view_of: Callable[[int], RegisterView]) -> Reads:
        reads = RestrictedReads(whole.store, view_of)
        return Reads(reads, PastNumbers(self._history, reads))


def _reading_within(reading: RegisterReading, view: RegisterView) -> RegisterReading:
    if view.dossier_types is None:
        return reading
    dossiers = {
        niss: tuple(dossier for dossier in found if view.shows_type(dossier.dossier_type))
        for niss, found in reading.dossiers.items()
    }
    return RegisterReading(reading.revision, dossiers)
