"""Places that keep checkpoints: a directory and a command."""

from __future__ import annotations

from pathlib import Path

import pytest

from raas.signing.destinations import CheckpointCommand, CheckpointDirectory, KeptNotes
from raas.usecases.ports.audit.proof import DeliveryFailed


async def test_directory_keeps_notes_by_number(tmp_path: Path) -> None:
    directory = CheckpointDirectory(tmp_path / "kept")
    assert await directory.newest() is None
    for number in (1, 2, 18_345, 9_999):
        await directory.deliver(number, b"%d" % number)
    assert await directory.newest() == b"18345"
    assert list(KeptNotes(tmp_path / "kept")) == [
        "000000/000000000001.note",
        "000000/000000000002.note",
        "000000/000000009999.note",
        "000001/000000018345.note",
    ]


async def test_note_is_delivered_twice_and_never_overwritten(tmp_path: Path) -> None:
    directory = CheckpointDirectory(tmp_path)
    await directory.deliver(7, b"seven")
    await directory.deliver(7, b"seven")
    with pytest.raises(DeliveryFailed, match="another checkpoint"):
        await directory.deliver(7, b"other")
    assert dict(KeptNotes(tmp_path)) == {"000000/000000000007.note": b"seven"}


async def test_part_that_a_crash_left_is_replaced_and_not_read(tmp_path: Path) -> None:
    (tmp_path / "000000").mkdir()
    (tmp_path / "000000" / "000000000007.note.part").write_bytes(b"sev")
    directory = CheckpointDirectory(tmp_path)
    assert await directory.newest() is None
    await directory.deliver(7, b"seven")
    assert await directory.newest() == b"seven"


async def test_directory_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DeliveryFailed, match="file"):
        await CheckpointDirectory(tmp_path / "file").deliver(1, b"note")


async def test_command_gets_note_and_number(tmp_path: Path) -> None:
    script = tmp_path / "keep"
    script.write_text(f'#!/bin/sh\ncat > "{tmp_path}/$1-$2"\n')
    script.chmod(0o700)
    command = CheckpointCommand(f"{script} note")
    assert await command.newest() is None
    await command.deliver(7, b"seven")
    assert (tmp_path / "note-7").read_bytes() == b"seven"


@pytest.mark.parametrize(
    ("command", "seconds", "cause"),
    [
        ("false", 60, "status 1"),
        ("/nothing/there", 60, "No such file"),
        ("sh -c 'sleep 60'", 0.2, "more than 0.2 seconds"),
    ],
)
async def test_failed_command_is_named(command: str, seconds: float, cause: str) -> None:
    with pytest.raises(DeliveryFailed, match=cause):
        await CheckpointCommand(command, seconds).deliver(7, b"seven")
