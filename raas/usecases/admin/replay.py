"""Carrying out a journal again, on a database that was restored from an older copy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never
from uuid import UUID

from raas.domain.numbers.niss import Niss
from raas.domain.rights.credential_block import CredentialBlock
from raas.usecases.admin.erase import EraseContents
from raas.usecases.ports.audit.journal import (
    ContentsErased,
    CredentialBlocked,
    InscriptionRestricted,
    JournalEntry,
    RestrictionLifted,
    RightEnded,
)
from raas.usecases.ports.rights import RightsStore


@dataclass(frozen=True, slots=True)
class Replayed:
    """How much a replay changed: what the database knew already is not counted."""

    rights_ended: int
    credentials_blocked: int
    contents_erased: int


async def replay(entries: Sequence[JournalEntry], rights: RightsStore, contents: EraseContents) -> Replayed:
    """End rights, block credentials and erase contents again, in any order of entries.

    A second run changes nothing. Restrictions are carried out by RestrictInscriptions.again.

    A right that the database does not know was granted after the copy was made, and is lost with the rest.
    All rights change in one transaction. Raises StoreUnavailable, StoreFault, CommitUnknown; contents that
    were erased stay erased.
    """
    blocks: dict[UUID, CredentialBlock] = {}
    ends: dict[UUID, RightEnded] = {}
    erasures: list[ContentsErased] = []
    for entry in entries:
        match entry:
            case CredentialBlocked(block):
                blocks[block.id] = block
            case RightEnded():
                ends[entry.id] = entry
            case ContentsErased():
                erasures.append(entry)
            case InscriptionRestricted() | RestrictionLifted():
                pass  # RestrictInscriptions.again carries them out
            case _:
                assert_never(entry)
    ended = blocked = 0
    async with rights.change() as transaction:
        for block in blocks.values():
            if await transaction.find(CredentialBlock, block.id) is None:
                end = ends.pop(block.id, None)
                await transaction.put(block if end is None else block.revoked(end.by, end.time))
                blocked += 1
        for end in ends.values():
            right = await transaction.find(end.kind, end.id)
            if right is not None and right.revoke_time is None:
                await transaction.put(right.revoked(end.by, end.time))
                ended += 1
    return Replayed(ended, blocked, await _erase(erasures, contents))


async def _erase(erasures: Sequence[ContentsErased], contents: EraseContents) -> int:
    nisses: set[Niss] = set()
    before: datetime | None = None
    for erasure in erasures:
        nisses.update(erasure.nisses)
        if erasure.before is not None:
            before = max(before or erasure.before, erasure.before)
    erased = 0 if before is None else await contents.before(before)
    return erased + (await contents.of(nisses) if nisses else 0)
