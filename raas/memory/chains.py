"""The mutations of single dossiers of a fake register, from the last one back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from raas.domain.calendar.periods import covers
from raas.domain.numbers.niss import Niss, niss_text
from raas.domain.registers.content import Content
from raas.domain.registers.mutation import Mutation, MutationKind
from raas.domain.registers.stored_details import detail_from_json
from raas.memory.state import Logged, RegisterState, World, lines_from
from raas.usecases.reads.transitions import Chain, Chains, Place, Step


class MemoryChains:
    """What explanations, and questions as of an earlier time, need of the log."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def successors_at(
        self, keys: Sequence[tuple[int, Niss]], at_revisions: Mapping[int, int]
    ) -> Mapping[tuple[int, Niss], Niss]:
        """Those of these numbers that had been replaced, with their successors then."""
        found = {}
        for register_id, asked in keys:
            niss, log = asked, self._world.registers[register_id].log[: at_revisions[register_id]]
            while (successor := _replaced_by(niss, log)) is not None:
                niss = successor
            if niss != asked:
                found[register_id, asked] = niss
        return found

    async def chains(
        self, register_id: int, nisses: Sequence[Niss], dossier_type: str | None, day: int
    ) -> Chains:
        """The dossiers of these numbers, emptied ones too."""
        state = self._world.registers[register_id]
        found = [
            Chain(niss, states[-1].revision, covers(states[-1].lines, day))
            for (niss, type_id), states in state.dossiers.items()
            if niss in nisses and dossier_type in (None, state.code_of(type_id))
        ]
        return Chains(state.revision, tuple(found))

    async def walk(self, register_id: int, places: Sequence[Place], day: int) -> Sequence[Step | None]:
        """Where each walk ends: one step at a time is enough here."""
        state = self._world.registers[register_id]
        return [
            None if place.revision <= state.oldest_revision else _step(state.log[place.revision - 1], day)
            for place in places
        ]

    async def mutation(self, register_id: int, revision: int) -> Mutation | None:
        """One mutation; None = trimmed away."""
        state = self._world.registers[register_id]
        if revision <= state.oldest_revision:
            return None
        return mutation_of(self._world, state, state.log[revision - 1])


def _step(logged: Logged, day: int) -> Step:
    new = logged.mutation
    replaced = (new.detail or {}).get("replaced_niss")
    return Step(
        new.revision,
        new.previous_revision,
        new.kind.value,
        None if replaced is None else Niss(int(replaced)),
        covers(lines_from(new.before), day),
        covers(lines_from(new.after), day),
    )


def _replaced_by(niss: Niss, log: Sequence[Logged]) -> Niss | None:
    """The number that replaced this one, when the last thing that the log says of its dossiers is that."""
    for new, _ in reversed(log):
        if new.niss == niss and new.dossier_type_id is not None:
            replaced = (new.kind is MutationKind.NISS_REPLACED and new.detail) or {}
            known = replaced.get("replaced_niss") == niss_text(niss)
            return Niss(int(replaced["successor_niss"])) if known else None
    return None


def mutation_of(world: World, state: RegisterState, logged: Logged) -> Mutation:
    """A mutation as it was logged."""
    new, record_time = logged
    content = None if new.content_id is None else Content(world.contents[new.content_id], None)
    return Mutation(
        state.enterprise_number,
        new.revision,
        new.batch_last_revision,
        new.kind,
        new.niss,
        new.requested_niss,
        None if new.dossier_type_id is None else state.code_of(new.dossier_type_id),
        new.dossier_types,
        lines_from(new.before),
        lines_from(new.after),
        record_time,
        new.stamp,
        new.checksum,
        detail_from_json(new.kind.value, new.detail, content),
    )
