"""The ReadStore in memory."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime

from raas.domain.errors import Reason, Refused, Violation, refuse
from raas.domain.numbers.niss import Niss
from raas.domain.registers.mutation import Mutation
from raas.domain.registers.register import RegisterIdentity
from raas.domain.registers.restriction import HiddenDays
from raas.domain.registers.revision_bounds import revision_violation
from raas.domain.rights.view import VisibleTypes
from raas.memory.mutations import mutation_of
from raas.memory.state import RegisterState
from raas.memory.transitions import MemoryTransitions
from raas.usecases.calls.instants import await_instant
from raas.usecases.ports.read_store import DossierFilter, DossierPage, DossierView, RegisterReading


class MemoryReadStore(MemoryTransitions):
    """The reads of registers."""

    def showing_restricted(self) -> MemoryReadStore:
        """The same reads, which leave nothing out."""
        return MemoryReadStore(self._state, hiding=False)

    async def hidden_days(self, register_id: int, nisses: Sequence[Niss]) -> Sequence[HiddenDays]:
        """The days that restrictions hide from the dossiers of these numbers."""
        found = self._state.registers[register_id].hidden_days() if self._hiding else ()
        return tuple(days for days in found if days.niss in nisses)

    async def resolve_time(self, register_id: int, instant: datetime) -> int:
        """The last revision recorded at or before an instant; waits for a write in flight."""
        register = self._state.registers[register_id]
        latest = register.point(register.revision).record_time
        if instant > latest and await await_instant(instant, datetime.now(UTC)):
            return await self.resolve_time(register_id, instant)
        if instant >= latest:
            async with self._state.writing:
                return _revision_at(register, instant)
        return _revision_at(register, instant)

    async def resolve_times(self, register_ids: Sequence[int], instant: datetime) -> Mapping[int, int]:
        """The same for several registers."""
        return {register_id: await self.resolve_time(register_id, instant) for register_id in register_ids}

    async def page(
        self,
        register_id: int,
        which: DossierFilter,
        at_revision: int | None,
        after: tuple[Niss, str] | None,
        limit: int,
    ) -> DossierPage:
        """Dossiers that match, in order, after the key."""
        register = self._state.registers[register_id]
        violations = [
            Violation(f"dossier_types[{index}]", Reason.DOSSIER_TYPE_UNKNOWN)
            for index, code in enumerate(which.dossier_types)
            if code not in register.types
        ]
        revision = _revision_to_read(register, at_revision, violations)
        views = [
            view
            for view in register.views(revision, hiding=self._hiding and at_revision is not None)
            if which.matches(view.dossier_type, view.lines)
            and (not which.nisses or view.niss in which.nisses)
            and (after is None or (view.niss, view.dossier_type) > after)
        ]
        return DossierPage(tuple(views[:limit]), len(views) > limit, revision)

    async def history(
        self,
        register_id: int,
        nisses: Sequence[Niss],
        dossier_type: str | None,
        after: int,
        limit: int,
        within: VisibleTypes = None,
    ) -> tuple[Sequence[Mutation], bool]:
        """Mutations of these numbers, oldest first."""
        register = self._state.registers[register_id]
        if dossier_type is not None and dossier_type not in register.types:
            raise refuse(Reason.DOSSIER_TYPE_UNKNOWN, "dossier_type")
        start = max(after, register.oldest_revision)
        found = [
            mutation
            for mutation in (mutation_of(self._state, register, logged) for logged in register.log[start:])
            if mutation.niss in nisses
            and (dossier_type in (None, mutation.dossier_type) or dossier_type in mutation.dossier_types)
            and (within is None or not within.isdisjoint((mutation.dossier_type, *mutation.dossier_types)))
        ]
        return tuple(found[:limit]), len(found) > limit

    async def dossiers_of(
        self, keys: Sequence[tuple[int, Niss]], at_revisions: Mapping[int, int]
    ) -> Mapping[tuple[int, Niss], Sequence[DossierView]]:
        """All dossiers of these numbers."""
        readings = await self.readings(keys, at_revisions)
        return {(register_id, niss): readings[register_id].dossiers[niss] for register_id, niss in keys}

    async def readings(
        self, keys: Sequence[tuple[int, Niss]], at_revisions: Mapping[int, int]
    ) -> Mapping[int, RegisterReading]:
        """The dossiers of these numbers, by register."""
        readings = {}
        for register_id in dict.fromkeys(register_id for register_id, _ in keys):
            register = self._state.registers[register_id]
            at_revision = at_revisions.get(register_id)
            revision = _revision_to_read(register, at_revision, [])
            views = register.views(revision, hiding=self._hiding and at_revision is not None)
            asked = [niss for id_, niss in keys if id_ == register_id]
            found = {niss: tuple(view for view in views if view.niss == niss) for niss in asked}
            readings[register_id] = RegisterReading(revision, found)
        return readings

    async def unknown_types(self, register_id: int, codes: Collection[str]) -> Collection[str]:
        """Those of the codes that are no dossier type of the register."""
        return set(codes) - self._state.registers[register_id].types.keys()

    async def holders(
        self, nisses: Sequence[Niss], within: VisibleTypes = None
    ) -> Sequence[tuple[RegisterIdentity, Niss]]:
        """The registers that have, or had, a dossier of one of these numbers."""
        registers = sorted(self._state.registers.values(), key=lambda register: register.enterprise_number)
        return [
            (RegisterIdentity(register.id, register.enterprise_number), niss)
            for register in registers
            for niss in nisses
            if any(
                key[0] == niss and (within is None or register.code_of(key[1]) in within)
                for key in register.dossiers
            )
        ]

    async def numbers(self, register_id: int, after: Niss | None, limit: int) -> Sequence[Niss]:
        """Distinct numbers with lines, ascending."""
        register = self._state.registers[register_id]
        numbers = dict.fromkeys(view.niss for view in register.views(register.revision))
        return [niss for niss in numbers if after is None or niss > after][:limit]


def _revision_at(register: RegisterState, instant: datetime) -> int:
    revision = sum(1 for logged in register.log if logged.record_time <= instant)
    oldest = register.oldest_revision
    if revision < oldest or (revision == oldest > 0 and instant < register.point(oldest).record_time):
        raise refuse(Reason.REVISION_EXPIRED, "at_time", oldest_revision=str(oldest))
    return revision


def _revision_to_read(register: RegisterState, asked: int | None, violations: list[Violation]) -> int:
    """The revision to read at. Raises Refused with these violations and its own."""
    if asked is not None:
        violation = revision_violation(asked, register.revision, register.oldest_revision)
        violations += [violation] if violation else []
    if violations:
        raise Refused(violations)
    return register.revision if asked is None else asked
