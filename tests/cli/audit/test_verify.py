"""`raas audit verify` and `raas audit keys`, on files alone."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest
from typer.testing import CliRunner, Result

from raas.cli import command_line
from raas.domain.audit.inclusion import proof_text
from raas.domain.audit.key_history import KeyHistory, key_history_text
from raas.usecases.proof.prove import prove_call
from tests.usecases.proof.sample_log import MINUTE, START, SampleLog, full_log, signer


@pytest.fixture
async def files(tmp_path: Path) -> Path:
    """The folder of an export, checkpoints and keys."""
    log = await full_log()
    (tmp_path / "export.jsonl").write_bytes(b"".join(await log.export()))
    (tmp_path / "keys.json").write_text(key_history_text(log.keys))
    for number, note in enumerate(log.notes, 1):
        path = tmp_path / "kept" / f"{number % 2}" / f"{number}.note"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(note)
    return tmp_path


def run(*arguments: object, stdin: bytes | None = None) -> Result:
    return CliRunner().invoke(command_line(), ["audit", *map(str, arguments)], input=stdin)


def verify(files: Path, *more: object, export: object = None, stdin: bytes | None = None) -> Result:
    return run(
        "verify",
        "--export",
        export or files / "export.jsonl",
        "--checkpoints",
        files / "kept",
        "--keys",
        files / "keys.json",
        *more,
        stdin=stdin,
    )


def test_sound_export_ends_with_status_0(files: Path) -> None:
    done = verify(files)
    assert (done.exit_code, done.stdout) == (
        0,
        "raas.example/audit is sound through 2026-01-05T09:35:00.029125Z: 29 records and 6 checkpoints\n",
    )


def test_export_is_read_from_standard_input(files: Path) -> None:
    done = verify(files, "--json", export="-", stdin=(files / "export.jsonl").read_bytes())
    assert done.exit_code == 0
    assert json.loads(done.stdout) == {
        "sound": True,
        "origin": "raas.example/audit",
        "records": 29,
        "removed": 0,
        "removed_until": None,
        "checkpoints": 6,
        "size": 29,
        "time": "2026-01-05T09:35:00.029125Z",
        "other_origins": [],
        "findings": [],
    }


def test_altered_export_ends_with_status_5_and_names_the_record(files: Path) -> None:
    exported = (files / "export.jsonl").read_bytes()
    (files / "export.jsonl").write_bytes(exported.replace(b"MANDATE_MISSING", b"OK"))
    done = verify(files)
    assert done.exit_code == 5
    first, last = done.stdout.splitlines()
    assert first.startswith("RECORD_ALTERED: record 3 of chain process/00000000-0000-0000-0000-000000000001")
    assert last == "raas.example/audit is NOT SOUND: 1 findings in 29 records and 6 checkpoints"
    (finding,) = json.loads(verify(files, "--json").stdout)["findings"]
    assert (finding["fault"], finding["leaf"], finding["index"]) == ("RECORD_ALTERED", 5, 3)


def test_older_export_is_sound_until_its_checkpoint(files: Path) -> None:
    lines = (files / "export.jsonl").read_bytes().splitlines(keepends=True)
    header = json.loads(lines[0]) | {"checkpoint": 2, "size": 8}
    text = json.dumps(header, separators=(",", ":")).encode() + b"\n"
    (files / "export.jsonl").write_bytes(text + b"".join(lines[1:9]))
    assert verify(files).exit_code == 5
    assert verify(files, "--until", 2).exit_code == 0


def test_removed_checkpoint_is_named(files: Path) -> None:
    (files / "kept" / "1" / "3.note").unlink()
    done = verify(files)
    assert (done.exit_code, done.stdout.splitlines()[0]) == (5, "CHECKPOINT_MISSING: checkpoint 3 is missing")


def test_file_without_line_feeds_is_read_in_parts(files: Path) -> None:
    (files / "export.jsonl").write_bytes(b"[" * 9_000_000)
    done = verify(files)
    assert done.exit_code == 5
    assert "EXPORT_MALFORMED" in done.stdout


@pytest.mark.parametrize(
    ("name", "cause"),
    [("export.jsonl", "No such file"), ("keys.json", "No such file"), ("kept", "not a directory")],
)
def test_missing_file_ends_with_status_1(files: Path, name: str, cause: str) -> None:
    (files / name).rename(files / "away")
    done = verify(files)
    assert done.exit_code == 1
    assert name in done.stderr
    assert cause in done.stderr


def test_keys_that_are_no_keys_end_with_status_1(files: Path) -> None:
    (files / "keys.json").write_text("{}")
    done = verify(files)
    assert (done.exit_code, "keys.json" in done.stderr) == (1, True)


async def test_other_log_in_the_same_directory_is_named(files: Path) -> None:
    other = SampleLog([signer(3, "raas.example/audit/2")], origin="raas.example/audit/2")
    await other.checkpoint()
    (files / "kept" / "other.note").write_bytes(other.notes[0])
    log = await full_log()
    (files / "keys.json").write_text(key_history_text(KeyHistory((*log.keys.keys, *other.keys.keys))))
    done = verify(files)
    assert done.exit_code == 0
    assert "not verified: the log raas.example/audit/2" in done.stdout


async def test_removed_records_are_reported(files: Path) -> None:
    log = await full_log()
    log.store.remove_before(START + 62 * MINUTE)
    (files / "export.jsonl").write_bytes(b"".join(await log.export()))
    done = verify(files)
    assert done.exit_code == 0
    assert "; 20 records up to 2026-01-05T09:33:00.020125Z were removed" in done.stdout


async def test_proofs_of_records_are_checked(files: Path) -> None:
    log = await full_log()
    proofs = [(await prove_call(log.store, UUID(int=number)))[0] for number in (11, 12)]
    (files / "proofs").write_text("".join(map(proof_text, proofs)))
    arguments = ("check", files / "proofs", "--keys", files / "keys.json")
    done = run(*arguments)
    assert done.exit_code == 0
    assert done.stdout.splitlines()[1] == (
        "line 2: record 6 of chain register/0999999922 was in the log at 2026-01-05T09:35:00.029125Z "
        "(checkpoint 6)"
    )
    (files / "proofs").write_text(proof_text(proofs[0]) + proof_text(replace(proofs[1], leaf=3)))
    done = run(*arguments, "--json")
    assert done.exit_code == 5
    results = [json.loads(line) for line in done.stdout.splitlines()]
    assert [each["proven"] for each in results] == [True, False]
    assert results[0]["record"] == list(proofs[0].texts)
    assert "not in the log" in results[1]["cause"]


@pytest.mark.parametrize("content", [None, b"", b"{}"])
def test_file_without_proofs_is_refused(files: Path, content: bytes | None) -> None:
    if content is not None:
        (files / "proofs").write_bytes(content)
    done = run("check", files / "proofs", "--keys", files / "keys.json")
    assert done.exit_code == (5 if content else 1)


def test_keys_are_made_listed_ended_and_marked_as_compromised(tmp_path: Path) -> None:
    folder = ["--dir", tmp_path / "audit"]
    made = run("keys", "new", *folder, "--name", "raas.example/audit", "--valid-from", "2026-01-01T00:00:00Z")
    assert made.exit_code == 0
    name, key_id, _ = made.stdout.split("+", 2)
    assert name == "raas.example/audit"
    assert run("keys", "end", *folder, key_id, "--at", "2027-01-01T01:00:00+01:00").exit_code == 0
    assert run("keys", "compromised", *folder, key_id).exit_code == 0
    (line,) = run("keys", "list", *folder, "--json").stdout.splitlines()
    assert json.loads(line) == {
        "id": key_id,
        "key": made.stdout.strip(),
        "valid_from": "2026-01-01T00:00:00Z",
        "valid_until": "2027-01-01T00:00:00Z",
        "compromised": True,
    }
    assert key_id in run("keys", "list", *folder).stdout
    done = run("keys", "end", *folder, "00000000")
    assert (done.exit_code, "no key 00000000" in done.stderr) == (1, True)


def test_key_of_a_source_that_cannot_be_used_is_refused(tmp_path: Path) -> None:
    done = run("keys", "new", "--dir", tmp_path, "--name", "a", "--source", "file:missing.pem")
    assert (done.exit_code, "No such file" in done.stderr) == (1, True)
    assert not (tmp_path / "keys.json").exists()
