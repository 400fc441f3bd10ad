"""`raas audit verify`: the audit against checkpoints kept elsewhere, with or without the database."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer

from raas.cli.audit.times import time_text
from raas.cli.database.connection import DatabaseUrl, DataDir, work_on_database
from raas.cli.server.options import Json
from raas.cli.terminal.exits import Exit, fail
from raas.cli.terminal.progress import Meter
from raas.cli.terminal.table import plain

if TYPE_CHECKING:
    from raas.domain.audit.findings import Finding, Verification
    from raas.ops.settings import Settings

_LONGEST_LINE = 4_194_304


def verify(
    export: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="The export; - is standard input. Without it: the database."),
    ] = None,
    checkpoints: Annotated[
        Path | None,
        typer.Option(
            metavar="DIRECTORY",
            help="Where the checkpoints were kept: *.note in any depth; of the database: as for serve.",
        ),
    ] = None,
    keys: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The published keys; of the database: as for serve."),
    ] = None,
    until: Annotated[
        int | None,
        typer.Option(
            metavar="NUMBER",
            min=1,
            help="Leave aside checkpoints with a higher number, for an export that is older than they are.",
        ),
    ] = None,
    database_url: DatabaseUrl = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Verify the audit against the checkpoints that were kept outside the database.

    Names every record that was altered, exchanged, left out or added, a cut end, a checkpoint that is
    missing, and an older copy that was put back; docs/audit-format.md explains each. With --export it needs
    neither the database nor a server. Without, it reads the database, also follows the records that no
    checkpoint covers yet, and is recorded in the audit.

    Exit status: 0 nothing is wrong, 5 something is, 1 a file cannot be read, 130 interrupted.
    """
    if export is None:
        if until is not None:
            raise typer.BadParameter("--until goes with --export")
        result = _verified_database(database_url, data_dir, checkpoints, keys)
    elif checkpoints is None or keys is None:
        raise typer.BadParameter("--export goes with --checkpoints DIRECTORY and --keys FILE")
    else:
        result = _verified_export(export, checkpoints, keys, until, quiet=as_json)
    if as_json:
        typer.echo(json.dumps(_form(result)))
    else:
        for line in _sentences(result):
            typer.echo(plain(line))
    raise typer.Exit(Exit.DONE if result.sound else Exit.UNSOUND)


def _verified_database(
    database_url: str | None, data_dir: str | None, checkpoints: Path | None, keys: Path | None
) -> Verification:
    from raas.usecases.admin.command_record import Command

    results: list[Verification] = []

    def work(dsn: str, settings: Settings) -> None:
        from raas.domain.audit.key_history import KeyHistoryInvalid, parse_key_history
        from raas.maintenance.audit import audit_of
        from raas.wiring.audit import published_keys

        places = settings.audit_places
        kept, published = checkpoints or places.checkpoints, keys or published_keys(places)
        if kept is None or published is None:
            fail("name the kept checkpoints and the published keys: --checkpoints DIRECTORY --keys FILE")
        try:
            history = parse_key_history(published.read_bytes())
        except KeyHistoryInvalid as invalid:
            fail(f"{published}: {invalid}")
        with audit_of(dsn) as audit:
            results.append(audit.verify(kept, history))

    ending = work_on_database(database_url, data_dir, work, Command("raas audit verify"))
    if not results:
        fail(ending.text, ending.status)
    return results[0]


def _verified_export(
    export: str, checkpoints: Path, keys: Path, until: int | None, *, quiet: bool
) -> Verification:
    from raas.domain.audit.key_history import KeyHistoryInvalid, parse_key_history
    from raas.domain.audit.verify import verify_export
    from raas.signing.destinations import KeptNotes
    from raas.signing.ed25519 import check_signature

    try:
        history = parse_key_history(keys.read_bytes())
        if not checkpoints.is_dir():
            fail(f"{checkpoints}: not a directory")
        notes = KeptNotes(checkpoints)
        with _opened(export) as file, Meter("records", quiet=quiet) as meter:
            return verify_export(_lines(file, meter), notes, history, check_signature, until=until)
    except KeyHistoryInvalid as invalid:
        fail(f"{keys}: {invalid}")
    except OSError as error:
        fail(f"{error.filename}: {error.strerror}")


@contextmanager
def _opened(name: str) -> Iterator[BinaryIO]:
    if name == "-":
        yield sys.stdin.buffer
        return
    with Path(name).open("rb") as file:
        yield file


def _lines(file: BinaryIO, meter: Meter) -> Iterator[bytes]:
    """The lines of a file; one that is too long for a record comes in parts, which are no lines."""
    count = 0
    while line := file.readline(_LONGEST_LINE):
        count += 1
        if count % 1_000 == 0:
            meter.show(count)
        yield line


def _form(result: Verification) -> dict[str, object]:
    return {
        "sound": result.sound,
        "origin": result.origin,
        "records": result.records,
        "removed": result.removed,
        "removed_until": None if result.removed_until is None else time_text(result.removed_until),
        "checkpoints": result.checkpoints,
        "size": result.size,
        "time": None if result.time is None else time_text(result.time),
        "other_origins": list(result.other_origins),
        "findings": [_finding(each) for each in result.findings],
    }


def _finding(finding: Finding) -> dict[str, object]:
    return {
        "fault": finding.fault.name,
        "text": finding.text,
        "leaf": finding.leaf,
        "chain": finding.chain,
        "index": finding.index,
        "checkpoint": finding.checkpoint,
    }


def _sentences(result: Verification) -> Iterator[str]:
    for each in result.findings:
        yield f"{each.fault.name}: {each.text}"
    counts = f"{result.records:,} records and {result.checkpoints:,} checkpoints"
    if result.removed_until is not None:
        counts += f"; {result.removed:,} records up to {time_text(result.removed_until)} were removed"
    for origin in result.other_origins:
        yield f"not verified: the log {origin}, of which there are checkpoints too; verify its export"
    if result.time is not None and result.sound:
        yield f"{result.origin} is sound through {time_text(result.time)}: {counts}"
    else:
        yield f"{result.origin} is NOT SOUND: {len(result.findings):,} findings in {counts}"
