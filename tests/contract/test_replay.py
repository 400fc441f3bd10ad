"""Ends of rights that an older copy lost come back from the journal: for every kind, in every store."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import get_args
from uuid import uuid4

import pytest

from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.numbers.niss import Niss
from raas.domain.rights.admission import Admission
from raas.domain.rights.authorisation import PERSON_IDENTITY, Authorisation
from raas.domain.rights.credential_block import BlockedBy, CredentialBlock
from raas.domain.rights.legal_context import LegalContext
from raas.domain.rights.mandate import Mandate, MandatePermission
from raas.domain.rights.role import Role, RoleGrant
from raas.domain.rights.snapshot import Right
from raas.domain.rights.validity import Validity
from raas.memory.rights import MemoryRights
from raas.ops.journal_file import JournalFile, read_journal
from raas.usecases.admin.erase import EraseContents
from raas.usecases.admin.journaled_rights import JournaledRights
from raas.usecases.admin.replay import Replayed, replay
from raas.usecases.ports.audit.journal import NoJournal
from tests.contract.stores import Stores
from tests.oracle.numbers import enterprise_number

_NUMBERS = (EnterpriseNumber(int(enterprise_number(7_300_000 + i))) for i in count())
TIME = datetime(2026, 3, 1, 10, 0, 0, 123_456, tzinfo=UTC)
ENDED = datetime(2026, 3, 2, 10, 0, 0, 123_456, tzinfo=UTC)


class NoContents:
    """A store of contents that is empty."""

    async def erase_before(self, instant: datetime, limit: int) -> int:
        return 0

    async def erase_of(self, nisses: Collection[Niss], limit: int) -> int:
        return 0

    async def numbers_of(self, niss: Niss) -> Collection[Niss]:
        return {niss}


def right_of(kind: type[Right]) -> Right:
    a, b = next(_NUMBERS), next(_NUMBERS)
    rpcs = frozenset({"/raas.v1.RegisterService/FindRegisters"})
    examples: list[Right] = [
        Mandate(uuid4(), a, b, frozenset({MandatePermission.READ}), a, TIME),
        RoleGrant(uuid4(), a, Role.AUDITOR, b, TIME),
        LegalContext(uuid4(), a, "PCSA:X", rpcs, b, TIME),
        CredentialBlock(uuid4(), BlockedBy.APPLICATION, f"urn:{a}", "lost", b, TIME),
        Authorisation(uuid4(), PERSON_IDENTITY, a, "24/001", Validity(739_000, None), b, TIME),
        Admission(uuid4(), a, "adviser", "officer", "2025", 740_000, False, b, TIME),
    ]
    (example,) = (each for each in examples if type(each) is kind)
    return example


@pytest.mark.parametrize("kind", get_args(Right))
async def test_right_that_ended_after_the_copy_ends_again(
    kind: type[Right], stores: Stores, tmp_path: Path
) -> None:
    by = next(_NUMBERS)
    right = right_of(kind)
    journal = tmp_path / "journal"
    server = JournaledRights(MemoryRights(), JournalFile(journal))
    async with stores.rights.change() as older, server.change() as newer:
        await older.put(right)
        await newer.put(right.revoked(by, ENDED))
    entries, unreadable = read_journal(journal)
    contents = EraseContents(NoContents(), NoJournal())

    assert unreadable == 0
    assert await replay(entries, stores.rights, contents) == Replayed(1, 0, 0)
    async with stores.rights.change() as transaction:
        assert await transaction.find(kind, right.id) == right.revoked(by, ENDED)
    assert await replay(entries, stores.rights, contents) == Replayed(0, 0, 0)
