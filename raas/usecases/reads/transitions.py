"""Turns: the mutations by which dossiers began, or ceased, to cover a day.

They are found by walking a dossier's own mutations back from its last one, in pieces; the rest of the log
is never looked at.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, Protocol

from raas.domain.numbers.niss import Niss
from raas.domain.registers.mutation import MutationKind
from raas.usecases.calls.call import Call
from raas.usecases.ports.errors import StoreUnavailable


class Chain(NamedTuple):
    """A dossier, emptied ones too: its last mutation, and whether it covers the day now."""

    niss: Niss
    revision: int
    covers: bool


class Chains(NamedTuple):
    """The dossiers asked for, as of the register's revision."""

    revision: int
    chains: tuple[Chain, ...]


class Place(NamedTuple):
    """Where a walk goes on: at this mutation; those after `at` are passed over."""

    revision: int
    at: int


class Step(NamedTuple):
    """A mutation on the way: whether the day was covered before and after it."""

    revision: int
    previous_revision: int
    kind: int
    replaced: Niss | None
    """Of a replacement, or of one that was undone: the number that was replaced."""
    before: bool
    after: bool


class ChainReads(Protocol):
    """The chains of mutations in the store."""

    async def walk(self, register_id: int, places: Sequence[Place], day: int) -> Sequence[Step | None]:
        """Where each of these walks ends, each from its place back.

        That is the first mutation not after `at` on whose two sides the day is covered differently, or the
        last one looked at: at the beginning of the chain, or before what was trimmed, or after some
        hundreds of steps. None = the place itself was trimmed away.
        """


@dataclass(frozen=True, slots=True)
class Turn:
    """The last mutation of a dossier up to a revision that changed whether it covers the day."""

    niss: Niss
    covers: bool
    """Whether it covers the day since."""
    revision: int | None = None
    """None = it never changed, as far as the log tells."""
    kind: int = 0
    replaced: Niss | None = None
    begun: bool = True
    """Whether anything had been recorded of the dossier."""
    whole: bool = True
    """Whether the log tells everything from the beginning of the dossier on."""


async def turns(
    reads: ChainReads, register_id: int, chains: Sequence[Chain], at: int, day: int, call: Call
) -> list[Turn]:
    """The turn of each chain as of a revision. Raises StoreUnavailable, also when the deadline passed."""
    starts = [(chain.niss, Place(chain.revision, at), chain.covers) for chain in chains]
    return await _walked(reads, register_id, starts, day, call)


async def traced_back(
    reads: ChainReads, register_id: int, found: Sequence[Turn], day: int, call: Call
) -> list[Turn]:
    """Turns by which a number took the day over from the one that it replaced become those of that one."""
    traced = list(found)
    while True:
        taken = [index for index, turn in enumerate(traced) if _taken_over(turn)]
        # The mutation before it is that of the number replaced, which had the day until then.
        starts = []
        for index in taken:
            turn = traced[index]
            assert turn.revision is not None
            assert turn.replaced is not None
            starts.append((turn.replaced, Place(turn.revision - 1, turn.revision - 2), True))
        earlier = await _walked(reads, register_id, starts, day, call)
        for index, turn in zip(taken, earlier, strict=True):
            # What the log no longer tells stays with the replacement.
            traced[index] = replace(traced[index], replaced=None) if turn.revision is None else turn
        if not taken:
            return traced


def _taken_over(turn: Turn) -> bool:
    return (
        turn.covers
        and turn.kind == MutationKind.NISS_REPLACED.value
        and turn.replaced is not None
        and turn.replaced != turn.niss
    )


async def _walked(
    reads: ChainReads, register_id: int, starts: Sequence[tuple[Niss, Place, bool]], day: int, call: Call
) -> list[Turn]:
    found: dict[int, Turn] = {}
    ahead = dict(enumerate(starts))
    while ahead:
        if call.expired:
            raise StoreUnavailable("the deadline passed on the way along the mutations of a dossier")
        steps = await reads.walk(register_id, [place for _, place, _ in ahead.values()], day)
        for (index, (niss, place, covers)), step in zip(list(ahead.items()), steps, strict=True):
            if step is None:
                found[index] = Turn(niss, covers, whole=False)
            elif step.revision <= place.at and step.before != step.after:
                found[index] = Turn(niss, step.after, step.revision, step.kind, step.replaced)
            elif step.previous_revision == 0:
                found[index] = Turn(niss, step.before, begun=step.revision <= place.at)
            else:
                ahead[index] = niss, Place(step.previous_revision, place.at), step.before
        ahead = {index: start for index, start in ahead.items() if index not in found}
    return [found[index] for index in range(len(starts))]
