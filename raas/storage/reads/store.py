"""The ReadStore on PostgreSQL."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncEngine

from raas.domain.errors import Reason, Refused, Violation
from raas.domain.numbers.niss import Niss
from raas.domain.registers.mutation import Mutation
from raas.domain.registers.register import RegisterIdentity
from raas.domain.registers.restriction import HiddenDays
from raas.domain.registers.revision_bounds import revision_violation
from raas.domain.rights.view import VisibleTypes
from raas.storage.connection.query import fetch
from raas.storage.reads.hidden_days import read_hidden_days
from raas.storage.reads.history import read_history
from raas.storage.reads.holders import read_holders, read_numbers
from raas.storage.reads.instants import resolve_time, resolve_times
from raas.storage.reads.logged_numbers import read_logged_numbers
from raas.storage.reads.lookups import Lookup, Lookups
from raas.storage.reads.pages import cut_page, read_page
from raas.storage.reads.transitions import read_chains, read_mutation, walk
from raas.storage.reads.type_codes import TypeCodes
from raas.storage.rows.register_numbers import RegisterNumbers
from raas.usecases.ports.errors import StoreFault
from raas.usecases.ports.niss_history import ReadAs
from raas.usecases.ports.read_store import (
    DossierChains,
    DossierFilter,
    DossierPage,
    DossierView,
    RegisterReading,
    WalkStart,
    WalkStep,
)

_FEW = 8
"""Numbers up to which a page is read by a lookup, which concurrent calls share."""


class PostgresReadStore:
    """Reads of registers; every call sees one snapshot of each register, which ends with its statement.

    `engine` must be one in autocommit (`open_database(dsn, autocommit=True)`), best of its own, so that
    readers never take a writer's connection. Days that restrictions hide are left out of earlier states, see
    `showing_restricted`.
    """

    def __init__(self, engine: AsyncEngine, *, hiding: bool = True) -> None:
        self._engine = engine
        self._hiding = hiding
        self._codes = TypeCodes(engine)
        self._lookups = Lookups(engine, self._codes, hiding=hiding)
        self._numbers = RegisterNumbers(engine)
        self._showing = PostgresReadStore(engine, hiding=False) if hiding else self

    def showing_restricted(self) -> PostgresReadStore:
        """The same reads, which leave nothing out."""
        return self._showing

    async def hidden_days(self, register_id: int, nisses: Sequence[Niss]) -> Sequence[HiddenDays]:
        """The days that restrictions hide from the dossiers of these numbers."""
        return await read_hidden_days(self._engine, register_id, nisses) if self._hiding else ()

    async def resolve_time(self, register_id: int, instant: datetime) -> int:
        """The last revision recorded at or before `instant` (0 = none), for good.

        Raises Refused: VALUE_INVALID for an instant after the store's clock, REVISION_EXPIRED for one
        before the part of the log that is kept (both at `at_time`).
        """
        return await resolve_time(self._engine, register_id, instant)

    async def resolve_times(self, register_ids: Sequence[int], instant: datetime) -> Mapping[int, int]:
        """The same for several registers, by register id, in as many round trips as for one."""
        return await resolve_times(self._engine, register_ids, instant)

    async def page(
        self,
        register_id: int,
        which: DossierFilter,
        at_revision: int | None,
        after: tuple[Niss, str] | None,
        limit: int,
    ) -> DossierPage:
        """Dossiers with lines, in order, after the key, as they stood at `at_revision` (None = now).

        A page may hold fewer than `limit` although more follow: after about 2 MiB of lines, or after a
        long walk along dossiers that do not match. Raises Refused DOSSIER_TYPE_UNKNOWN (at
        `dossier_types[i]`), REVISION_IN_FUTURE, REVISION_EXPIRED.
        """
        if which.dossier_types:
            await self._refuse_unknown_types(register_id, which.dossier_types, at_revision)
        if 0 < len(which.nisses) <= _FEW:
            return await self._looked_up(register_id, which, at_revision, after, limit)
        return await read_page(
            self._engine, register_id, which, at_revision, after, limit, hiding=self._hiding
        )

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

        Trimmed mutations are left out. Raises Refused DOSSIER_TYPE_UNKNOWN (at `dossier_type`).
        """
        if dossier_type is not None and await self._codes.unknown(register_id, [dossier_type]):
            raise Refused([Violation("dossier_type", Reason.DOSSIER_TYPE_UNKNOWN)])
        return await read_history(self._engine, register_id, nisses, dossier_type, after, limit, within)

    async def dossiers_of(
        self, keys: Sequence[tuple[int, Niss]], at_revisions: Mapping[int, int]
    ) -> Mapping[tuple[int, Niss], Sequence[DossierView]]:
        """All dossiers with lines of these (register id, niss), in order of code; a snapshot per register.

        Raises Refused REVISION_IN_FUTURE, REVISION_EXPIRED.
        """
        readings = await self.readings(keys, at_revisions)
        return {(register_id, niss): readings[register_id].dossiers[niss] for register_id, niss in keys}

    async def readings(
        self, keys: Sequence[tuple[int, Niss]], at_revisions: Mapping[int, int]
    ) -> Mapping[int, RegisterReading]:
        """Like `dossiers_of`, by register id, with the revision each register was read at."""
        lookups = [Lookup(id_, niss, at_revisions.get(id_)) for id_, niss in dict.fromkeys(keys)]
        dossiers: dict[int, dict[Niss, tuple[DossierView, ...]]] = {}
        revisions: dict[int, int] = {}
        for lookup, found in zip(lookups, await self._lookups.of(lookups), strict=True):
            dossiers.setdefault(lookup.register_id, {})[lookup.niss] = found.dossiers
            revisions[lookup.register_id] = found.revision
        return {id_: RegisterReading(revisions[id_], of) for id_, of in dossiers.items()}

    async def logged_numbers(
        self, keys: Sequence[tuple[int, Niss]], at_revisions: Mapping[int, int], within: VisibleTypes = None
    ) -> Mapping[tuple[int, Niss], ReadAs]:
        """The statuses of these (register id, niss) at a revision, by the log of the register."""
        return await read_logged_numbers(self._engine, keys, at_revisions, within)

    async def chains(
        self,
        register_id: int,
        nisses: Sequence[Niss],
        dossier_type: str | None,
        day: int,
        within: VisibleTypes = None,
    ) -> DossierChains:
        """The dossiers of these numbers (of one type, or all), emptied ones too."""
        return await read_chains(self._engine, register_id, nisses, dossier_type, day, within)

    async def walk(
        self, register_id: int, starts: Sequence[WalkStart], day: int
    ) -> Sequence[WalkStep | None]:
        """The step at which each walk along a chain of mutations ends."""
        return await walk(self._engine, register_id, starts, day, hiding=self._hiding)

    async def mutation(self, register_id: int, revision: int) -> Mutation | None:
        """One mutation; None = trimmed away."""
        return await read_mutation(self._engine, register_id, revision)

    async def unknown_types(self, register_id: int, codes: Collection[str]) -> Collection[str]:
        """Those of the codes that are no dossier type of the register."""
        return await self._codes.unknown(register_id, codes)

    async def holders(
        self, nisses: Sequence[Niss], within: VisibleTypes = None
    ) -> Sequence[tuple[RegisterIdentity, Niss]]:
        """The registers that have, or had, a dossier of one of these numbers, by enterprise number."""
        return await read_holders(self._engine, self._numbers, nisses, within)

    async def numbers(self, register_id: int, after: Niss | None, limit: int) -> Sequence[Niss]:
        """Distinct numbers with at least one line in the register, ascending, after `after`."""
        return await read_numbers(self._engine, register_id, after, limit)

    async def _looked_up(
        self,
        register_id: int,
        which: DossierFilter,
        at_revision: int | None,
        after: tuple[Niss, str] | None,
        limit: int,
    ) -> DossierPage:
        nisses = sorted(set(which.nisses))
        founds = await self._lookups.of([Lookup(register_id, niss, at_revision) for niss in nisses])
        views = [
            view
            for found in founds
            for view in found.dossiers
            if which.matches(view.dossier_type, view.lines)
            and (after is None or (view.niss, view.dossier_type) > after)
        ]
        return cut_page(views, limit, founds[0].revision)

    async def _refuse_unknown_types(
        self, register_id: int, codes: Sequence[str], at_revision: int | None
    ) -> None:
        unknown = await self._codes.unknown(register_id, codes)
        if not unknown:
            return
        violations = [
            Violation(f"dossier_types[{index}]", Reason.DOSSIER_TYPE_UNKNOWN)
            for index, code in enumerate(codes)
            if code in unknown
        ]
        if at_revision is not None:
            # All violations are reported together.
            rows = await fetch(self._engine, _REVISIONS, {"register": register_id})
            if not rows:
                raise StoreFault("the head of the register is gone")
            violation = revision_violation(at_revision, *rows[0])
            violations += [violation] if violation else []
        raise Refused(violations)


_REVISIONS = "SELECT revision, oldest_revision FROM register_head WHERE register_id = %(register)s"
