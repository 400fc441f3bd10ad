"""The comparison of the database with the checkpoints that are kept outside it."""

from __future__ import annotations

from collections.abc import Iterable

from raas.domain.audit.checkpoint import parse_checkpoint
from raas.domain.audit.note import NoteInvalid, parse_note
from raas.usecases.ports.audit.proof import CheckpointDestination, DeliveryFailed, ProofStore


class OlderCopy(Exception):
    """A checkpoint that is kept outside is not in the database: an older copy of it was put back."""


async def compare_with_kept(store: ProofStore, kept: bytes | None) -> None:
    """Raise OlderCopy unless this note, the newest one kept in a place, is one of the database.

    Raises DeliveryFailed for a note that is no checkpoint; PortErrors.
    """
    if kept is None:
        return
    try:
        text = parse_note(kept).text
        number = parse_checkpoint(text).number
    except NoteInvalid as invalid:
        raise DeliveryFailed(f"the newest checkpoint that it keeps is none: {invalid}") from None
    ours = await store.note(number)
    if ours is None or parse_note(ours).text != text:
        raise OlderCopy(f"checkpoint {number} is kept outside, and is not in the database")


async def compare_with_all(store: ProofStore, places: Iterable[CheckpointDestination]) -> None:
    """Compare the database with the newest checkpoint of each place.

    Raises OlderCopy; DeliveryFailed, when a place cannot be read; PortErrors.
    """
    for place in places:
        await compare_with_kept(store, await place.newest())
