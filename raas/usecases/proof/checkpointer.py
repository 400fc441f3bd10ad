"""The checkpointer: gives new audit records their places in the log and signs a checkpoint over them.

One process of all runs it, under a lock of the store. Two of them do no harm: the second one to store a
checkpoint of a number is refused and starts again from the store.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain

from raas.domain.audit.chain import ChainState, chains_root
from raas.domain.audit.checkpoint import Checkpoint, checkpoint_text, parse_checkpoint
from raas.domain.audit.merkle import leaf_hash
from raas.domain.audit.note import Note, NoteSignature, format_note, parse_note
from raas.domain.audit.tiles import TreeEdge, edge_of, edge_places, grow
from raas.usecases.ports.audit.proof import (
    CheckpointToStore,
    LoggedRange,
    NewRecords,
    ProofStore,
    Signer,
)

MOST_RECORDS = 200_000
"""Records of one checkpoint; the rest follows in the next one."""


@dataclass(frozen=True, slots=True)
class _Position:
    """The log as of its newest checkpoint."""

    edge: TreeEdge
    note: Note | None
    checkpoint: Checkpoint | None
    chains: dict[str, ChainState]


class Checkpointer:
    """Makes checkpoints, one after the other. `now` gives microseconds since 1970.

    Every checkpoint is signed by all `signers`: one, or while keys are rotated the old and the new one.
    """

    def __init__(
        self, store: ProofStore, origin: str, signers: Sequence[Signer], now: Callable[[], int]
    ) -> None:
        self._store = store
        self._origin = origin
        self._signers = signers
        self._now = now
        self._position: _Position | None = None

    async def step(self, *, even_if_idle: bool) -> bytes | None:
        """Make the next checkpoint and store it; its note, or None where no record was added.

        `even_if_idle` makes one in any case. Raises CheckpointTaken, KeyUnusable and PortErrors; the log is
        then as before, and the next call reads it again.
        """
        position, self._position = self._position or await self._read(), None
        logged = list(position.chains.values())
        new = sorted(
            await self._store.new_records(logged, MOST_RECORDS), key=lambda each: each.chain.encode()
        )
        if not new and not even_if_idle and position.checkpoint is not None:
            self._position = position
            return None
        growth = grow(position.edge, map(leaf_hash, chain.from_iterable(each.hashes for each in new)))
        states = {
            each.chain: ChainState(each.chain, each.first + len(each.hashes) - 1, each.hashes[-1])
            for each in new
        }
        sealed = {each.chain for each in new if each.sealed}
        chains = {name: state for name, state in (position.chains | states).items() if name not in sealed}
        before = position.checkpoint
        checkpoint = Checkpoint(
            self._origin,
            growth.edge.size,
            growth.root,
            1 if before is None else before.number + 1,
            max(self._now(), 0 if before is None else before.time),
            None if position.note is None else position.note.text_hash,
            len(chains),
            chains_root(chains.values()),
            growth.consistency,
        )
        text = checkpoint_text(checkpoint)
        note = await self._signed(text)
        await self._store.store(
            CheckpointToStore(
                checkpoint.number,
                checkpoint.size,
                note,
                _ranges(new, position.edge.size, checkpoint.number),
                growth.parts,
                tuple(states.values()),
                sealed,
            )
        )
        self._position = _Position(growth.edge, parse_note(note), checkpoint, chains)
        return note

    async def _read(self) -> _Position:
        newest = await self._store.newest_note()
        if newest is None:
            return _Position(TreeEdge(), None, None, {})
        note = parse_note(newest)
        checkpoint = parse_checkpoint(note.text)
        tiles = await self._store.tiles(edge_places(checkpoint.size))
        chains = await self._store.open_chains()
        edge = edge_of(checkpoint.size, tiles)
        return _Position(edge, note, checkpoint, {each.chain: each for each in chains})

    async def _signed(self, text: str) -> bytes:
        message = text.encode()
        signatures = [
            NoteSignature(signer.key.name, signer.key.id, await asyncio.to_thread(signer.sign, message))
            for signer in self._signers
        ]
        return format_note(text, signatures)


def _ranges(new: Sequence[NewRecords], leaf: int, checkpoint: int) -> Sequence[LoggedRange]:
    """The leaves of new records: chain by chain in the order of names, each in the order of its numbers."""
    ranges = []
    for each in new:
        ranges.append(
            LoggedRange(leaf, each.chain, each.first, each.first + len(each.hashes) - 1, checkpoint)
        )
        leaf += len(each.hashes)
    return ranges
