"""The store as readers see it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from raas.domain.calendar.periods import Lines, Period
from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.numbers.niss import Niss
from raas.domain.registers.mutation import Mutation
from raas.domain.registers.register import Register


@dataclass(frozen=True, slots=True)
class DossierView:
    """A dossier as consulted: its lines and revision as of the revision asked."""

    niss: Niss
    dossier_type: str
    partner: EnterpriseNumber | None
    lines: Lines
    revision: int


@dataclass(frozen=True, slots=True)
class DossierFilter:
    """Which dossiers: an empty tuple matches all; at most one of the three period conditions is set.

    `overlaps`: a line shares a day with it. `active_on`: a line covers the day. `ends_between`: a line's
    last day lies within it (open lines never match).
    """

    nisses: tuple[Niss, ...] = ()
    dossier_types: tuple[str, ...] = ()
    overlaps: Period | None = None
    active_on: int | None = None
    ends_between: Period | None = None


@dataclass(frozen=True, slots=True)
class DossierPage:
    """Dossiers in order of (niss, dossier type code), and whether more follow."""

    dossiers: tuple[DossierView, ...]
    more: bool
    revision: int
    """The revision the page stands for (the pinned one, or the current one when none was asked)."""


class ReadStore(Protocol):
    """The store as readers see it; every call is one short transaction of its own."""

    async def resolve_time(self, register_id: int, instant: datetime) -> int:
        """The last revision recorded at or before `instant` (0 = none).

        Final: a write in flight that will be recorded at or before `instant` is waited for.
        Raises Refused VALUE_INVALID (sentence FUTURE_INSTANT) for an instant after the store's clock.
        """

    async def page(
        self,
        register_id: int,
        which: DossierFilter,
        at_revision: int | None,
        after: tuple[Niss, str] | None,
        limit: int,
    ) -> DossierPage:
        """Dossiers with at least one line, as they stood at `at_revision` (None = now), after the key.

        Raises Refused REVISION_IN_FUTURE, REVISION_EXPIRED (metadata oldest_revision).
        """

    async def history(
        self, register_id: int, nisses: Sequence[Niss], dossier_type: str | None, after: int, limit: int
    ) -> tuple[Sequence[Mutation], bool]:
        """Mutations of these numbers with revision > `after`, oldest first, and whether more follow."""

    async def dossiers_of(
        self,
        keys: Sequence[tuple[int, Niss]],
        at_revisions: Mapping[int, int],
    ) -> Mapping[tuple[int, Niss], Sequence[DossierView]]:
        """All dossiers with lines of these (register id, niss), as of the register's revision given.

        A register that `at_revisions` does not name is read as it is now. One statement, one snapshot.
        """

    async def successors_at(
        self, keys: Sequence[tuple[int, Niss]], at_revisions: Mapping[int, int]
    ) -> Mapping[tuple[int, Niss], Niss]:
        """Those of these (register id, niss) that had been replaced, with their final successors then.

        As of the register's revision given, as far as the register's log tells: it does where the register
        had lines of the number when it was replaced, and the mutation is kept.
        """

    async def holders(self, nisses: Sequence[Niss]) -> Sequence[tuple[Register, Niss]]:
        """The registers that have, or had, a dossier of one of these numbers, by enterprise number."""

    async def numbers(self, register_id: int, after: Niss | None, limit: int) -> Sequence[Niss]:
        """Distinct numbers with at least one line in the register, ascending, after `after`."""
