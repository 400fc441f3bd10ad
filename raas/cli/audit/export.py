"""`raas audit export`: the audit of a database, for a verifier that has no access to it."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer

from raas.cli.database.connection import DatabaseUrl, DataDir, work_on_database
from raas.cli.terminal.progress import Meter

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from raas.ops.settings import Settings


def export(
    output: Annotated[
        Path | None, typer.Option("--output", metavar="FILE", help="A new file; standard output by default.")
    ] = None,
    database_url: DatabaseUrl = None,
    data_dir: DataDir = None,
) -> None:
    """Export the audit through its newest checkpoint, in the format of docs/audit-format.md.

    It names persons: keep it as you keep the database. `raas audit verify --export` verifies it without the
    database. The export itself is recorded in the audit.

    Exit status: 0 exported, 1 failed, 130 interrupted.
    """
    from raas.usecases.admin.command_record import Command

    lines = 0

    def work(dsn: str, _: Settings) -> None:
        from raas.maintenance.audit import audit_of

        nonlocal lines
        with audit_of(dsn) as audit, _opened(output) as file, Meter("records", quiet=output is None) as meter:
            for line in audit.export():
                file.write(line)
                lines += 1
                if lines % 1_000 == 0:
                    meter.show(lines)
            file.flush()

    ending = work_on_database(database_url, data_dir, work, Command("raas audit export"))
    if not ending.text and not lines:
        typer.echo("raas: there is no checkpoint yet, and nothing to export", err=True)
    ending.tell({}, "", as_json=False)


def _opened(output: Path | None) -> AbstractContextManager[BinaryIO]:
    return nullcontext(sys.stdout.buffer) if output is None else output.open("xb")
