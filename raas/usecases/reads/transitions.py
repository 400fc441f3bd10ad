"""Coverage transitions: the mutations by which dossiers began, or ceased, to cover a day.

A walk goes back along the chain of a dossier's own mutations from its last one, in pieces. It never reads
other mutations of the log.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from raas.domain.numbers.niss import Niss
from raas.domain.registers.mutation import MutationKind
from raas.usecases.calls.call import Call
from raas.usecases.ports.errors import StoreUnavailable
from raas.usecases.ports.read_store import DossierChain, ReadStore, WalkStart


@dataclass(frozen=True, slots=True)
class CoverageTransition:
    """The last mutation of a dossier up to a revision that changed whether it covers the day."""

    niss: Niss
    covers: bool
    """Whether the dossier covers the day since."""
    revision: int | None = None
    """None = the log has no such mutation."""
    kind: int = 0
    replaced: Niss | None = None
    begun: bool = True
    """Whether anything had been recorded of the dossier."""
    whole: bool = True
    """Whether the log has all mutations of the dossier."""


async def coverage_transitions(
    reads: ReadStore, register_id: int, chains: Sequence[DossierChain], at: int, day: int, call: Call
) -> list[CoverageTransition]:
    """The transition of each chain as of a revision.

    Raises StoreUnavailable, also when the deadline of the call passes.
    """
    starts = [(chain.niss, WalkStart(chain.revision, at), chain.covers) for chain in chains]
    return await _walk_back(reads, register_id, starts, day, call)


async def trace_replacements(
    reads: ReadStore, register_id: int, found: Sequence[CoverageTransition], day: int, call: Call
) -> list[CoverageTransition]:
    """The same transitions, where a replacement gives way to the transition of the replaced number.

    A number that took the day over by a replacement has it since the replaced number began to cover it.
    """
    traced = list(found)
    while True:
        taken = [index for index, each in enumerate(traced) if _is_taken_over(each)]
        # The mutation before it is that of the number replaced, which had the day until then.
        starts = []
        for index in taken:
            each = traced[index]
            assert each.revision is not None
            assert each.replaced is not None
            starts.append((each.replaced, WalkStart(each.revision - 1, each.revision - 2), True))
        earlier = await _walk_back(reads, register_id, starts, day, call)
        for index, each in zip(taken, earlier, strict=True):
            # If the log does not go back further, the replacement stays.
            traced[index] = replace(traced[index], replaced=None) if each.revision is None else each
        if not taken:
            return traced


def _is_taken_over(transition: CoverageTransition) -> bool:
    return (
        transition.covers
        and transition.kind == MutationKind.NISS_REPLACED.value
        and transition.replaced is not None
        and transition.replaced != transition.niss
    )


async def _walk_back(
    reads: ReadStore,
    register_id: int,
    starts: Sequence[tuple[Niss, WalkStart, bool]],
    day: int,
    call: Call,
) -> list[CoverageTransition]:
    found: dict[int, CoverageTransition] = {}
    ahead = dict(enumerate(starts))
    while ahead:
        if call.expired:
            raise StoreUnavailable("the deadline passed on the way along the mutations of a dossier")
        steps = await reads.walk(register_id, [start for _, start, _ in ahead.values()], day)
        for (index, (niss, start, covers)), step in zip(list(ahead.items()), steps, strict=True):
            if step is None:
                found[index] = CoverageTransition(niss, covers, whole=False)
            elif step.revision <= start.at and step.before != step.after:
                found[index] = CoverageTransition(niss, step.after, step.revision, step.kind, step.replaced)
            elif step.previous_revision == 0:
                found[index] = CoverageTransition(niss, step.before, begun=step.revision <= start.at)
            else:
                ahead[index] = niss, WalkStart(step.previous_revision, start.at), step.before
        ahead = {index: start for index, start in ahead.items() if index not in found}
    return [found[index] for index in range(len(starts))]
