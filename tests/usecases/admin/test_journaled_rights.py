"""Ends of rights and blocks go to the journal first, and are carried out again from it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from raas.domain.errors import Reason, Refused
from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.numbers.niss import Niss
from raas.domain.rights.credential_block import BlockedBy, CredentialBlock
from raas.domain.rights.mandate import Mandate, MandatePermission
from raas.domain.rights.role import Role, RoleGrant
from raas.domain.rights.snapshot import Right
from raas.memory.rights import MemoryRights
from raas.usecases.admin.ending import end_right
from raas.usecases.admin.erase import EraseContents
from raas.usecases.admin.journaled_rights import JournaledRights
from raas.usecases.admin.replay import Replayed, replay
from raas.usecases.ports.audit.journal import (
    ContentsErased,
    CredentialBlocked,
    JournalEntry,
    JournalUnavailable,
    NoJournal,
    RightEnded,
)
from tests.rights import StillRights

ADMIN, OTHER = EnterpriseNumber(999999922), EnterpriseNumber(999999823)
TIME = datetime(2026, 3, 1, tzinfo=UTC)
UNKNOWN = Reason.MANDATE_UNKNOWN, "mandate_id"


class ListedJournal:
    """A journal in memory that can fail."""

    def __init__(self) -> None:
        self.entries: list[JournalEntry] = []
        self.fails = False

    async def append(self, entries: Sequence[JournalEntry]) -> None:
        if self.fails:
            raise JournalUnavailable("the disk is full")
        self.entries.extend(entries)


class Contents:
    """Contents about persons, by number, each with its time."""

    def __init__(self) -> None:
        self.held = {Niss(1): TIME, Niss(2): TIME, Niss(3): TIME - timedelta(days=400)}

    async def erase_before(self, instant: datetime, limit: int) -> int:
        return await self.erase_of([niss for niss, time in self.held.items() if time < instant], limit)

    async def erase_of(self, nisses: Collection[Niss], limit: int) -> int:
        return sum(self.held.pop(niss, None) is not None for niss in nisses)

    async def numbers_of(self, niss: Niss) -> Collection[Niss]:
        return {niss}


class Journaled:
    """Rights with a journal, and an older copy of them."""

    def __init__(self) -> None:
        self.stored = MemoryRights(lambda: TIME)
        self.journal = ListedJournal()
        self.rights = JournaledRights(self.stored, self.journal)
        self.cache = StillRights(self.stored, frozenset())

    async def put(self, right: Right) -> UUID:
        async with self.rights.change() as transaction:
            await transaction.put(right)
        return right.id

    async def end(self, right: UUID) -> Mandate:
        return await end_right(self.rights, self.cache, Mandate, right, ADMIN, UNKNOWN)


def mandate() -> Mandate:
    return Mandate(uuid4(), ADMIN, OTHER, frozenset({MandatePermission.READ}), ADMIN, TIME)


def block() -> CredentialBlock:
    return CredentialBlock(uuid4(), BlockedBy.FINGERPRINT, "ab" * 32, "stolen", ADMIN, TIME)


async def ends(store: MemoryRights) -> dict[UUID, bool]:
    return {right.id: right.revoke_time is not None for right in store.changed_after(-1)}


async def test_journal_holds_ends_and_blocks_but_no_grants() -> None:
    journaled = Journaled()
    granted, blocked = mandate(), block()
    await journaled.put(granted)
    await journaled.put(RoleGrant(uuid4(), OTHER, Role.AUDITOR, ADMIN, TIME))
    assert journaled.journal.entries == []
    await journaled.put(blocked)
    await journaled.end(granted.id)
    await journaled.put(blocked.revoked(OTHER, TIME))
    assert journaled.journal.entries == [
        CredentialBlocked(blocked),
        RightEnded(Mandate, granted.id, ADMIN, TIME),
        RightEnded(CredentialBlock, blocked.id, OTHER, TIME),
    ]


async def test_right_that_ended_already_is_journaled_again() -> None:
    journaled = Journaled()
    granted = await journaled.put(mandate())
    await journaled.end(granted)
    journaled.journal.entries.clear()
    await journaled.end(granted)
    assert journaled.journal.entries == [RightEnded(Mandate, granted, ADMIN, TIME)]


async def test_nothing_ends_while_the_journal_cannot_be_written() -> None:
    journaled = Journaled()
    granted = await journaled.put(mandate())
    journaled.journal.fails = True
    with pytest.raises(JournalUnavailable):
        await journaled.end(granted)
    assert await ends(journaled.stored) == {granted: False}
    await journaled.put(mandate())  # grants need no journal


async def test_refused_end_is_not_journaled() -> None:
    journaled = Journaled()
    with pytest.raises(Refused):
        await journaled.end(uuid4())
    assert journaled.journal.entries == []


async def test_replay_on_an_older_copy_does_again_what_the_copy_lost() -> None:
    journaled = Journaled()
    first, second = await journaled.put(mandate()), await journaled.put(mandate())
    old_block = block()
    await journaled.put(old_block)
    older: MemoryRights = deepcopy(journaled.stored)
    later = await journaled.put(mandate())
    await journaled.end(first)
    await journaled.end(later)
    lifted, lasting = block(), block()
    await journaled.put(lifted)
    await journaled.put(lasting)
    for each in (lifted, old_block):
        await journaled.put(each.revoked(ADMIN, TIME))
    erasures = [
        ContentsErased(TIME, nisses=(Niss(2),)),
        ContentsErased(TIME, before=TIME - timedelta(days=365)),
    ]
    entries = [*journaled.journal.entries, *erasures]
    contents = Contents()

    replayed = await replay(entries, older, EraseContents(contents, NoJournal()))

    assert replayed == Replayed(rights_ended=2, credentials_blocked=2, contents_erased=2)
    assert await ends(older) == {
        first: True,
        second: False,
        old_block.id: True,
        lifted.id: True,
        lasting.id: False,
    }
    assert list(contents.held) == [Niss(1)]
    assert await replay(entries, older, EraseContents(contents, NoJournal())) == Replayed(0, 0, 0)
