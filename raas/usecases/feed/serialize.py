"""Serialise log entries in slices, so that other tasks of the event loop get their turn."""

from __future__ import annotations

from collections.abc import Sequence

from raas.concurrency.slices import yielding_slices
from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.registers.mutation import MutationKind
from raas.domain.rights.identity_fields import IdentityFields
from raas.domain.rights.view import RegisterView
from raas.usecases.feed.segments import SEGMENT_BYTES
from raas.usecases.ports.log import LogEntry
from raas.usecases.ports.messages import Messages

CONTENT_KINDS = frozenset({MutationKind.IDENTITY_CHANGED.value, MutationKind.NETWORK_EVENT.value})
"""The kinds of mutations with contents about persons."""

_SLICE = 200
"""Entries serialised before the event loop runs other tasks: about a millisecond."""


async def serialized(
    entries: Sequence[LogEntry], register: EnterpriseNumber, messages: Messages
) -> list[bytes]:
    """The bytes of each entry, in order, up to the end of the group that completes a segment.

    A group that exceeds twice the size of a segment is cut there.
    """
    encoded: list[bytes] = []
    size = 0
    async for some in yielding_slices(entries, _SLICE):
        data = messages.entries(register, some)
        size += sum(map(len, data))
        encoded += data
        if size > SEGMENT_BYTES and (end := _end(entries, encoded)) is not None:
            return encoded[:end]
    return encoded


async def shown(
    encoded: Sequence[bytes],
    kinds: Sequence[int],
    view: RegisterView,
    identity: IdentityFields,
    messages: Messages,
) -> bytes:
    """The bytes of these entries, of these kinds, together, without what a caller may not see."""
    if view.dossier_types is None and CONTENT_KINDS.isdisjoint(kinds):
        return b"".join(encoded)
    parts: list[bytes] = []
    async for some in yielding_slices(list(zip(encoded, kinds, strict=True)), _SLICE):
        data, of_kinds = [entry for entry, _ in some], [kind for _, kind in some]
        parts += shown_entries(data, of_kinds, view, identity, messages)
    return b"".join(parts)


def shown_entries(
    encoded: Sequence[bytes],
    kinds: Sequence[int],
    view: RegisterView,
    identity: IdentityFields,
    messages: Messages,
) -> Sequence[bytes]:
    """The same in parts, without yielding to the event loop.

    For a view of all dossier types, only entries with contents about persons are parsed; otherwise all are.
    """
    if view.dossier_types is not None:
        return [messages.restricted(b"".join(encoded), view, identity)]
    if CONTENT_KINDS.isdisjoint(kinds):
        return encoded
    return [
        messages.restricted(data, view, identity) if kind in CONTENT_KINDS else data
        for data, kind in zip(encoded, kinds, strict=True)
    ]


def _end(entries: Sequence[LogEntry], encoded: Sequence[bytes]) -> int | None:
    """The number of entries that make a full segment; None = they are too few."""
    size = 0
    for index, (entry, data) in enumerate(zip(entries, encoded, strict=False), 1):
        size += len(data)
        if size > SEGMENT_BYTES and (entry.revision == entry.batch_last_revision or size > 2 * SEGMENT_BYTES):
            return index
    return None
