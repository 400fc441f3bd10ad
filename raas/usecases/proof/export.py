"""The export of the audit, for a verifier that has no access to the database."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Final

from raas.domain.audit.checkpoint import parse_checkpoint
from raas.domain.audit.export import (
    ChainLine,
    Header,
    Line,
    RecordLine,
    RemovedLine,
    SubtreeLine,
    line_bytes,
)
from raas.domain.audit.merkle import LeafRange, subtrees
from raas.domain.audit.note import parse_note
from raas.domain.audit.record import record_texts
from raas.domain.audit.tiles import node_in, places_of
from raas.usecases.ports.audit.proof import LoggedRange, ProofStore, Removal, StoredRecord

_RANGES: Final = 1_000
_RECORDS: Final = 1_000


async def export_audit(store: ProofStore) -> AsyncIterator[bytes]:
    """The lines of an export through the newest checkpoint; none before the first checkpoint.

    Records that are missing in the store are missing in the export: a verifier names them.
    """
    newest = await store.newest_note()
    if newest is None:
        return
    checkpoint = parse_checkpoint(parse_note(newest).text)
    removal = await store.removal() or Removal(0, 0, ())
    yield line_bytes(
        Header(checkpoint.origin, checkpoint.number, checkpoint.size, removal.first, removal.checkpoint)
    )
    removed = LeafRange(0, removal.first)
    node = node_in(await store.tiles(places_of([removed])))
    for subtree in subtrees(removed):
        yield line_bytes(SubtreeLine(subtree.level, node(subtree)))
    for state in sorted(removal.chains, key=lambda state: state.chain.encode()):
        yield line_bytes(ChainLine(state.chain, state.length, state.head))
    async for each in _ranges_between(store, removal.first, checkpoint.size):
        for first in range(each.first, each.last + 1, _RECORDS):
            last = min(first + _RECORDS - 1, each.last)
            for stored in await store.records(each.chain, first, last):
                yield line_bytes(_line(each.leaf + stored.index - each.first, stored))


async def _ranges_between(store: ProofStore, first: int, size: int) -> AsyncIterator[LoggedRange]:
    while first < size:
        ranges: Sequence[LoggedRange] = await store.ranges(first, _RANGES)
        if not ranges:
            return
        for each in ranges:
            if each.leaf < size:
                yield each
        first = ranges[-1].leaf + ranges[-1].last - ranges[-1].first + 1


def _line(leaf: int, stored: StoredRecord) -> Line:
    if stored.record is None:
        return RemovedLine(leaf, stored.chain, stored.index, stored.hash, stored.seal)
    texts = record_texts(stored.record)
    return RecordLine(leaf, stored.chain, stored.index, stored.hash, texts, stored.criteria)
