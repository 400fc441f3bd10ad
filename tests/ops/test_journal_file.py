"""The journal in a file: what is written is read back, whatever happened to its writers."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args
from uuid import UUID, uuid4

import pytest

from raas.domain.calendar.day import OPEN
from raas.domain.calendar.periods import Period
from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.numbers.niss import Niss
from raas.domain.registers.restriction import Grounds, Restriction
from raas.domain.rights.credential_block import BlockedBy, CredentialBlock
from raas.domain.rights.snapshot import Right
from raas.ops.journal_file import JournalFile, read_journal
from raas.usecases.ports.audit.journal import (
    ContentsErased,
    CredentialBlocked,
    InscriptionRestricted,
    JournalEntry,
    JournalUnavailable,
    RestrictionLifted,
    RightEnded,
)

TIME = datetime(2026, 3, 1, 10, 0, 0, 123_456, tzinfo=UTC)
ADMIN = EnterpriseNumber(999999922)
BLOCK = CredentialBlock(UUID(int=1), BlockedBy.FINGERPRINT, "ab" * 32, 'stolen, "réa"\n', ADMIN, TIME)
GROUNDS = Grounds('the wrong "Réa"', "T-1", "operator")
RESTRICTION = Restriction(
    UUID(int=2),
    (Niss(673003375), Niss(85673003360)),
    "PENSION",
    (Period(738_000, 738_031), Period(739_000, OPEN)),
    0,
    7,
    GROUNDS,
    TIME,
)
ENTRIES: list[JournalEntry] = [
    *(RightEnded(kind, uuid4(), ADMIN, TIME) for kind in get_args(Right)),
    CredentialBlocked(BLOCK),
    ContentsErased(TIME, nisses=(Niss(85673003360), Niss(673003375))),
    ContentsErased(TIME, before=TIME),
    InscriptionRestricted(ADMIN, RESTRICTION),
    RestrictionLifted(ADMIN, RESTRICTION.id, GROUNDS, TIME),
]


async def test_every_entry_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "beside" / "journal"
    journal = JournalFile(path)
    await journal.append(ENTRIES[:3])
    await journal.append(ENTRIES[3:])
    assert read_journal(path) == (ENTRIES, 0)
    assert path.stat().st_mode & 0o777 == 0o600


async def test_entry_after_a_line_that_was_cut_off_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    await JournalFile(path).append(ENTRIES[:2])
    path.write_bytes(path.read_bytes()[:-20])
    await JournalFile(path).append(ENTRIES[2:3])
    assert read_journal(path) == ([ENTRIES[0], ENTRIES[2]], 1)


async def test_concurrent_writers_do_not_mix_their_lines(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    await asyncio.gather(*(JournalFile(path).append(ENTRIES) for _ in range(20)))
    entries, unreadable = read_journal(path)
    assert (list(entries), unreadable) == (ENTRIES * 20, 0)


async def test_journal_that_cannot_be_written_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(JournalUnavailable, match="File exists"):
        await JournalFile(tmp_path / "file" / "journal").append(ENTRIES)


@pytest.mark.parametrize(
    "line", ["[]", "{}", "7", '{"form":2}', '{"form":1,"time":1,"entry":"other"}', "\xff"]
)
def test_line_of_another_form_is_counted(line: str, tmp_path: Path) -> None:
    path = tmp_path / "journal"
    path.write_text(line + "\n")
    assert read_journal(path) == ([], 1)


async def test_entry_of_a_later_version_is_not_mistaken(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    await JournalFile(path).append(ENTRIES[:1])
    form = json.loads(path.read_text())
    path.write_text(json.dumps(form | {"right": "voucher"}) + "\n")
    assert read_journal(path) == ([], 1)
