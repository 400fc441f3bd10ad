"""Carrying out a journal again, on a database that was restored from an older copy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from raas.domain.numbers.niss import Niss
from raas.domain.rights.authorisation import Authorisation
from raas.domain.rights.credential_block import CredentialBlock
from raas.domain.rights.legal_context import LegalContext
from raas.domain.rights.mandate import Mandate
from raas.domain.rights.role import RoleGrant
from raas.domain.rights.snapshot import Right
from raas.usecases.admin.erase import EraseContents
from raas.usecases.ports.audit.journal import ContentsErased, CredentialBlocked, JournalEntry, RightEnded
from raas.usecases.ports.rights import RightsStore, RightsTransaction


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
    blocks = {entry.block.id: entry.block for entry in entries if isinstance(entry, CredentialBlocked)}
    ends = {entry.id: entry for entry in entries if isinstance(entry, RightEnded)}
    ended = blocked = 0
    async with rights.change() as transaction:
        for block in blocks.values():
            if await transaction.find(CredentialBlock, block.id) is None:
                end = ends.pop(block.id, None)
                await transaction.put(block if end is None else block.revoked(end.by, end.time))
                blocked += 1
        for end in ends.values():
            right = await _find(transaction, end.kind, end.id)
            if right is not None and right.revoke_time is None:
                await transaction.put(right.revoked(end.by, end.time))
                ended += 1
    return Replayed(ended, blocked, await _erase(entries, contents))


async def _find(transaction: RightsTransaction, kind: type[Right], id_: UUID) -> Right | None:
    """The right of any kind; the port wants to know which."""
    if issubclass(kind, Mandate):
        return await transaction.find(Mandate, id_)
    if issubclass(kind, RoleGrant):
        return await transaction.find(RoleGrant, id_)
    if issubclass(kind, LegalContext):
        return await transaction.find(LegalContext, id_)
    if issubclass(kind, Authorisation):
        return await transaction.find(Authorisation, id_)
    return await transaction.find(CredentialBlock, id_)


async def _erase(entries: Sequence[JournalEntry], contents: EraseContents) -> int:
    nisses: set[Niss] = set()
    before: datetime | None = None
    for entry in entries:
        if isinstance(entry, ContentsErased):
            nisses.update(entry.nisses)
            if entry.before is not None:
                before = max(before or entry.before, entry.before)
    erased = 0 if before is None else await contents.before(before)
    return erased + (await contents.of(nisses) if nisses else 0)
