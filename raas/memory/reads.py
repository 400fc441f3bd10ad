"""What is read of fake registers: the ReadStore, the RegisterStore and the authentic source."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from itertools import count

from raas.domain.errors import Reason, Refused, Violation, refuse
from raas.domain.numbers.enterprise_number import EnterpriseNumber, enterprise_number_text
from raas.domain.numbers.niss import Niss
from raas.domain.persons.status import PersonState
from raas.domain.registers.mutation import Mutation
from raas.domain.registers.register import Register
from raas.domain.registers.revision_bounds import revision_violation
from raas.memory.chains import MemoryChains, mutation_of
from raas.memory.state import RegisterState, World
from raas.usecases.calls.successors import final_niss
from raas.usecases.ports.read_store import DossierFilter, DossierPage, DossierView
from raas.usecases.reads.check import RegisterReading
from raas.usecases.reads.filters import matches


class MemoryReads(MemoryChains):
    """Reads, each of one state."""

    async def resolve_time(self, register_id: int, instant: datetime) -> int:
        """The last revision recorded at or before an instant."""
        state = self._world.registers[register_id]
        if instant > max(datetime.now(UTC), state.point(state.revision).record_time):
            raise refuse(Reason.VALUE_INVALID, "at_time", "FUTURE_INSTANT")
        revision = sum(1 for logged in state.log if logged.record_time <= instant)
        oldest = state.oldest_revision
        if revision < oldest or (revision == oldest > 0 and instant < state.point(oldest).record_time):
            raise refuse(Reason.REVISION_EXPIRED, "at_time", oldest_revision=str(oldest))
        return revision

    async def page(
        self,
        register_id: int,
        which: DossierFilter,
        at_revision: int | None,
        after: tuple[Niss, str] | None,
        limit: int,
    ) -> DossierPage:
        """Dossiers that match, in order, after the key."""
        state = self._world.registers[register_id]
        violations = [
            Violation(f"dossier_types[{index}]", Reason.DOSSIER_TYPE_UNKNOWN)
            for index, code in enumerate(which.dossier_types)
            if code not in state.types
        ]
        revision = self._revision(state, at_revision, violations)
        views = [
            view
            for view in state.views(revision)
            if matches(which, view.dossier_type, view.lines)
            and (not which.nisses or view.niss in which.nisses)
            and (after is None or (view.niss, view.dossier_type) > after)
        ]
        return DossierPage(tuple(views[:limit]), len(views) > limit, revision)

    async def history(
        self, register_id: int, nisses: Sequence[Niss], dossier_type: str | None, after: int, limit: int
    ) -> tuple[Sequence[Mutation], bool]:
        """Mutations of these numbers, oldest first."""
        state = self._world.registers[register_id]
        if dossier_type is not None and dossier_type not in state.types:
            raise refuse(Reason.DOSSIER_TYPE_UNKNOWN, "dossier_type")
        start = max(after, state.oldest_revision)
        found = [
            mutation
            for mutation in (mutation_of(self._world, state, logged) for logged in state.log[start:])
            if mutation.niss in nisses
            and (dossier_type in (None, mutation.dossier_type) or dossier_type in mutation.dossier_types)
        ]
        return found[:limit], len(found) > limit

    async def dossiers_of(
        self, keys: Sequence[tuple[int, Niss]], at_revisions: Mapping[int, int]
    ) -> Mapping[tuple[int, Niss], Sequence[DossierView]]:
        """All dossiers of these numbers."""
        readings = await self.readings(keys, at_revisions)
        return {(register_id, niss): readings[register_id].dossiers[niss] for register_id, niss in keys}

    async def readings(
        self, keys: Sequence[tuple[int, Niss]], at_revisions: Mapping[int, int]
    ) -> Mapping[int, RegisterReading]:
        """What the registers hold of these numbers."""
        readings = {}
        for register_id in dict.fromkeys(register_id for register_id, _ in keys):
            state = self._world.registers[register_id]
            revision = self._revision(state, at_revisions.get(register_id), [])
            views = state.views(revision)
            asked = [niss for id_, niss in keys if id_ == register_id]
            found = {niss: tuple(view for view in views if view.niss == niss) for niss in asked}
            readings[register_id] = RegisterReading(revision, found)
        return readings

    async def unknown_types(self, register_id: int, codes: Collection[str]) -> Collection[str]:
        """Those of the codes that are no dossier type of the register."""
        return set(codes) - self._world.registers[register_id].types.keys()

    async def holders(self, nisses: Sequence[Niss]) -> Sequence[tuple[Register, Niss]]:
        """The registers that have, or had, a dossier of one of these numbers."""
        registers = sorted(self._world.registers.values(), key=lambda state: state.enterprise_number)
        return [
            (state.register(), niss)
            for state in registers
            for niss in nisses
            if any(key[0] == niss for key in state.dossiers)
        ]

    async def numbers(self, register_id: int, after: Niss | None, limit: int) -> Sequence[Niss]:
        """Distinct numbers with lines, ascending."""
        state = self._world.registers[register_id]
        numbers = dict.fromkeys(view.niss for view in state.views(state.revision))
        return [niss for niss in numbers if after is None or niss > after][:limit]

    @staticmethod
    def _revision(state: RegisterState, asked: int | None, violations: list[Violation]) -> int:
        """The revision to read at. Raises Refused with these violations and its own."""
        if asked is not None:
            violation = revision_violation(asked, state.revision, state.oldest_revision)
            violations += [violation] if violation else []
        if violations:
            raise Refused(violations)
        return state.revision if asked is None else asked


class MemoryRegisters:
    """The RegisterStore of a fake."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._ids = count(1)

    async def find(self, number: EnterpriseNumber) -> Register | None:
        """The register of an organisation."""
        state = self._world.found(number)
        return None if state is None else state.register()

    async def find_many(self, numbers: Sequence[EnterpriseNumber]) -> Sequence[Register]:
        """The registers of these organisations that exist."""
        found = (self._world.found(number) for number in numbers)
        return [state.register() for state in found if state is not None]

    async def create(self, number: EnterpriseNumber, name: str) -> Register:
        """A new, empty register."""
        if self._world.found(number) is not None:
            text = enterprise_number_text(number)
            raise refuse(Reason.REGISTER_EXISTS, "enterprise_number", register=text)
        state = RegisterState(next(self._ids), number, name)
        self._world.registers[state.id] = state
        return state.register()

    async def rename(self, number: EnterpriseNumber, name: str) -> Register:
        """Change the name."""
        state = self._world.found(number)
        if state is None:
            raise refuse(Reason.REGISTER_UNKNOWN, "register", register=enterprise_number_text(number))
        state.name = name
        return state.register()

    async def page(self, after: EnterpriseNumber | None, limit: int) -> Sequence[Register]:
        """Registers in order of enterprise number."""
        states = sorted(self._world.registers.values(), key=lambda state: state.enterprise_number)
        later = [state for state in states if after is None or state.enterprise_number > after]
        return [state.register() for state in later[:limit]]


class FakeSource:
    """An authentic source that knows every number, but for those it was told otherwise of."""

    in_store = True

    def __init__(self, world: World) -> None:
        self._world = world

    async def states(self, nisses: Sequence[Niss]) -> Mapping[Niss, PersonState]:
        """What it knows of these numbers."""
        return self._world.persons(nisses)

    async def numbers_of(self, nisses: Sequence[Niss]) -> Mapping[Niss, tuple[Niss, ...]]:
        """For each number all those of its person, the one that stands for it first."""
        persons = self._world.persons(nisses)
        finals = {niss: final_niss(niss, persons) for niss in nisses}
        niss_statuses = sorted(self._world.niss_statuses.items())
        return {
            niss: (final, *(each for each, niss_status in niss_statuses if niss_status.successor == final))
            for niss, final in finals.items()
        }
