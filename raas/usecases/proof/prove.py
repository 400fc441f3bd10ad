"""`raas audit prove`: the proof that the records of a call are in the log."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from raas.domain.audit.chain import new_chain
from raas.domain.audit.checkpoint import parse_checkpoint
from raas.domain.audit.inclusion import InclusionProof
from raas.domain.audit.merkle import inclusion_ranges, range_root
from raas.domain.audit.note import parse_note
from raas.domain.audit.record import record_texts
from raas.domain.audit.tiles import node_in, places_of
from raas.usecases.ports.audit.proof import ProofStore, StoredRecord


class NotProvable(Exception):
    """A record cannot be proven (yet); the text says why."""


async def prove_call(store: ProofStore, call_id: UUID) -> Sequence[InclusionProof]:
    """A proof for each record of a call, under the newest checkpoint.

    Raises NotProvable when there is no record of the call, when no checkpoint covers one yet (at most a
    minute later one does), or when the record before it was removed and its hash with it.
    """
    records = await store.records_of_call(call_id)
    newest = await store.newest_note()
    if not records:
        raise NotProvable("there is no record of this call")
    if newest is None:
        raise NotProvable("there is no checkpoint yet")
    return [await _proof(store, stored, newest) for stored in records]


async def _proof(store: ProofStore, stored: StoredRecord, newest: bytes) -> InclusionProof:
    checkpoint = parse_checkpoint(parse_note(newest).text)
    place = await store.range_of(stored.chain, stored.index)
    if stored.record is None:
        raise NotProvable("the record was removed")
    if place is None or place.leaf >= checkpoint.size:
        raise NotProvable("no checkpoint covers the record yet: try again in a minute")
    leaf = place.leaf + stored.index - place.first
    ranges = inclusion_ranges(leaf, checkpoint.size)
    node = node_in(await store.tiles(places_of(ranges)))
    return InclusionProof(
        stored.chain,
        stored.index,
        await _previous(store, stored, checkpoint.origin),
        record_texts(stored.record),
        leaf,
        tuple(range_root(each, node) for each in ranges),
        newest,
    )


async def _previous(store: ProofStore, stored: StoredRecord, origin: str) -> bytes:
    if stored.index == 1:
        return new_chain(origin, stored.chain).head
    before = await store.records(stored.chain, stored.index - 1, stored.index - 1)
    if before:
        return before[0].hash
    removal = await store.removal()
    for state in removal.chains if removal else ():
        if (state.chain, state.length) == (stored.chain, stored.index - 1):
            return state.head
    raise NotProvable("the record before it in its chain is missing")
