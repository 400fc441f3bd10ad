"""The store as readers see it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol

from raas.domain.calendar.day import OPEN
from raas.domain.calendar.periods import Lines, Period, covers, overlaps
from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.numbers.niss import Niss
from raas.domain.registers.mutation import Mutation
from raas.domain.registers.register import RegisterIdentity
from raas.domain.registers.restriction import HiddenDays
from raas.domain.rights.view import VisibleTypes
from raas.usecases.ports.niss_history import ReadAs


@dataclass(frozen=True, slots=True)
class DossierView:
    """A dossier as of a revision: its lines, and the revision of its last mutation."""

    niss: Niss
    dossier_type: str
    partner: EnterpriseNumber | None
    lines: Lines
    revision: int


@dataclass(frozen=True, slots=True)
class DossierFilter:
    """Conditions on dossiers: an empty tuple matches all; at most one of the three period conditions is set.

    `overlaps`: a line shares a day with it. `active_on`: a line covers the day. `ends_between`: the last
    day of a line lies within it (open lines never match). `within`: the only types that exist for the caller.
    """

    nisses: tuple[Niss, ...] = ()
    dossier_types: tuple[str, ...] = ()
    overlaps: Period | None = None
    active_on: int | None = None
    ends_between: Period | None = None
    within: VisibleTypes = None

    @property
    def matching_types(self) -> Sequence[str] | None:
        """The codes of the types that match; None = all."""
        if self.within is None:
            return self.dossier_types or None
        return sorted(self.within.intersection(self.dossier_types) if self.dossier_types else self.within)

    def matches(self, dossier_type: str, lines: Lines) -> bool:
        """Whether a dossier of one of the numbers has a matching type and matching lines."""
        if self.dossier_types and dossier_type not in self.dossier_types:
            return False
        if self.within is not None and dossier_type not in self.within:
            return False
        return self.meets_period(lines)

    def meets_period(self, lines: Lines) -> bool:
        """Whether a line meets the period condition; without a condition, whether there is a line."""
        if self.overlaps is not None:
            return overlaps(lines, self.overlaps)
        if self.active_on is not None:
            return covers(lines, self.active_on)
        if self.ends_between is not None:
            begin, end = self.ends_between
            return any(begin < line.end <= end and line.end < OPEN for line in lines)
        return bool(lines)


@dataclass(frozen=True, slots=True)
class DossierPage:
    """Dossiers in order of (niss, dossier type code), and whether more follow."""

    dossiers: tuple[DossierView, ...]
    more: bool
    revision: int
    """The revision the page stands for (the pinned one, or the current one when none was asked)."""


@dataclass(frozen=True, slots=True)
class RegisterReading:
    """The dossiers of some persons in one register, as of `revision`."""

    revision: int
    dossiers: Mapping[Niss, tuple[DossierView, ...]]
    """Dossiers with lines, in order of code; every number asked is there."""


class DossierChain(NamedTuple):
    """The chain of mutations of a dossier, emptied ones too."""

    niss: Niss
    revision: int
    """The last mutation of the chain."""
    covers: bool
    """Whether the dossier covers the day now."""


class DossierChains(NamedTuple):
    """The chains of the dossiers asked for, as of the register's revision."""

    revision: int
    chains: tuple[DossierChain, ...]


class WalkStart(NamedTuple):
    """The mutation at which a walk back along a chain begins; it passes over mutations after `at`."""

    revision: int
    at: int


class WalkStep(NamedTuple):
    """A mutation on a walk: whether the dossier covered the day before and after it."""

    revision: int
    previous_revision: int
    kind: int
    replaced: Niss | None
    """The replaced number, for a replacement and for its undoing."""
    before: bool
    after: bool


class ReadStore(Protocol):
    """The store as readers see it; every call is one short transaction of its own.

    `within` has the codes of the only dossier types that exist for the caller; None = all.

    States at a given revision, and walks, leave out the days that restrictions hide. `history` and `mutation`
    do not: their callers apply `hidden_days`.
    """

    def showing_restricted(self) -> ReadStore:
        """The same reads for auditors: they leave nothing out, and have no hidden days."""

    async def hidden_days(self, register_id: int, nisses: Sequence[Niss]) -> Sequence[HiddenDays]:
        """The days that restrictions hide from the dossiers of these numbers."""

    async def resolve_time(self, register_id: int, instant: datetime) -> int:
        """The last revision recorded at or before `instant` (0 = none).

        Final: a write in flight that will be recorded at or before `instant` is waited for.
        Raises Refused VALUE_INVALID (sentence FUTURE_INSTANT) for an instant after the store's clock,
        REVISION_EXPIRED for one before the part of the log that is kept.
        """

    async def resolve_times(self, register_ids: Sequence[int], instant: datetime) -> Mapping[int, int]:
        """The same for several registers, by register id. Raises the first refusal."""

    async def page(
        self,
        register_id: int,
        which: DossierFilter,
        at_revision: int | None,
        after: tuple[Niss, str] | None,
        limit: int,
    ) -> DossierPage:
        """Dossiers with at least one line, as they stood at `at_revision` (None = now), after the key.

        Raises Refused DOSSIER_TYPE_UNKNOWN, REVISION_IN_FUTURE, REVISION_EXPIRED (metadata oldest_revision).
        """

    async def history(
        self,
        register_id: int,
        nisses: Sequence[Niss],
        dossier_type: str | None,
        after: int,
        limit: int,
        within: VisibleTypes = None,
    ) -> tuple[Sequence[Mutation], bool]:
        """Mutations of these numbers with revision > `after`, oldest first, and whether more follow.

        Raises Refused DOSSIER_TYPE_UNKNOWN.
        """

    async def mutation(self, register_id: int, revision: int) -> Mutation | None:
        """One mutation; None = trimmed away."""

    async def dossiers_of(
        self, keys: Sequence[tuple[int, Niss]], at_revisions: Mapping[int, int]
    ) -> Mapping[tuple[int, Niss], Sequence[DossierView]]:
        """All dossiers with lines of these (register id, niss), as of the register's revision given.

        A register that `at_revisions` does not name is read as it is now. Each register in one snapshot.
        """

    async def readings(
        self, keys: Sequence[tuple[int, Niss]], at_revisions: Mapping[int, int]
    ) -> Mapping[int, RegisterReading]:
        """The same dossiers by register id, with the revision at which each register was read."""

    async def logged_numbers(
        self, keys: Sequence[tuple[int, Niss]], at_revisions: Mapping[int, int], within: VisibleTypes = None
    ) -> Mapping[tuple[int, Niss], ReadAs]:
        """The statuses of these (register id, niss) at a revision, by the log of the register.

        A number whose status the log does not tell is absent. Raises Refused REVISION_IN_FUTURE,
        REVISION_EXPIRED.
        """

    async def holders(
        self, nisses: Sequence[Niss], within: VisibleTypes = None
    ) -> Sequence[tuple[RegisterIdentity, Niss]]:
        """The registers that have, or had, a dossier of one of these numbers, by enterprise number."""

    async def numbers(self, register_id: int, after: Niss | None, limit: int) -> Sequence[Niss]:
        """Distinct numbers with at least one line in the register, ascending, after `after`."""

    async def unknown_types(self, register_id: int, codes: Collection[str]) -> Collection[str]:
        """Those of the codes that are no dossier type of the register."""

    async def chains(
        self,
        register_id: int,
        nisses: Sequence[Niss],
        dossier_type: str | None,
        day: int,
        within: VisibleTypes = None,
    ) -> DossierChains:
        """The chains of the dossiers of these numbers (of one type, or all), in one snapshot."""

    async def walk(
        self, register_id: int, starts: Sequence[WalkStart], day: int
    ) -> Sequence[WalkStep | None]:
        """The mutation at which each of these walks back along a chain ends.

        A walk ends at the first mutation not after `at` that changed whether the dossier covers the day, or
        else at the last one looked at: at the beginning of the chain, before the part of the log that was
        trimmed, or after some hundreds of steps. None = the start itself was trimmed away.
        """
