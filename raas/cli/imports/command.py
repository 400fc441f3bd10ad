"""`raas import`: a file of inscriptions and removals into a register, each applied exactly once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated
from uuid import uuid4

import typer

from raas.cli.imports.csv_table import UNREADABLE, HeaderInvalid, open_table
from raas.cli.imports.run import ImportRun
from raas.cli.imports.state import ImportState, content_id, rejected_path
from raas.cli.imports.stream import ImportFailed, ImportStream
from raas.cli.server.connection import (
    DEFAULT_TARGET,
    Connection,
    EnterpriseNumber,
    Json,
    Language,
    Register,
    Target,
)
from raas.cli.server.refusal import Refusal
from raas.cli.terminal.exits import Exit, fail
from raas.cli.terminal.progress import Meter


def import_file(
    file: Annotated[
        str, typer.Argument(metavar="FILE.csv", help="CSV, also .csv.gz and .csv.xz; - is standard input.")
    ],
    target: Target = DEFAULT_TARGET,
    enterprise_number: EnterpriseNumber = None,
    register: Register = None,
    import_id: Annotated[
        str | None,
        typer.Option(
            metavar="ID",
            help="The name by which the server knows this import, so that it applies nothing twice. Made of "
            "the content of the file by default; give another one to apply the same file again.",
        ),
    ] = None,
    rejected: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Where rejected rows go; FILE.rejected.csv by default."),
    ] = None,
    language: Language = "en",
    patience: Annotated[
        float, typer.Option(metavar="SECONDS", help="How long to try again while the server does not answer.")
    ] = 30.0,
    as_json: Json = False,
) -> None:
    """Import inscriptions and removals from a CSV file.

    Columns, in any order: niss, dossier_type, begin, end; optionally operation (INSCRIBE, the default, or
    REMOVE), last_name, first_names (separated by |), birth_date, sex (F or M). An empty begin or end is
    absent; a removal without either removes the whole dossier.

    Rejected rows are skipped and written to FILE.rejected.csv, with their line and the reasons. After any
    interruption the same command goes on where it stopped.

    Exit status: 0 all rows applied, 3 some rejected, 1 failed, 130 interrupted.
    """
    path = None if file == "-" else Path(file)
    connection = Connection(target, enterprise_number, language)
    failure: Refusal | None = None
    status = Exit.DONE
    try:
        with open_table(path) as table, Meter("rows", table.size, quiet=as_json) as meter:
            name = import_id or (content_id(path) if path else uuid4().hex)
            fresh = ImportState(name, enterprise_number, register)
            run = ImportRun(path, rejected or rejected_path(path), table, fresh)
            try:
                run.go(ImportStream(connection, register, name, patience, meter.say), meter)
            except ImportFailed as failed:
                failure, status = failed.refusal, Exit.FAILED
            except KeyboardInterrupt:
                status = Exit.INTERRUPTED
    except HeaderInvalid as wrong:
        fail(f"{file}: the header cannot be used\n{wrong}")
    except UNREADABLE as error:
        fail(f"{file}: {error}")
    if run.complete and run.state.rejected:
        status = Exit.ROWS_REJECTED
    summary = _summary(run, meter.seconds)
    if as_json:
        typer.echo(json.dumps(summary | ({"error": failure.as_json()} if failure else {})))
    else:
        typer.echo(_sentence(summary))
        if failure:
            typer.echo(f"raas: {failure.text}", err=True)
        if not run.complete:
            again = "the same command goes on from there" if path else "standard input cannot be gone on with"
            typer.echo(f"raas: stopped behind row {run.state.offset:,}; {again}", err=True)
    raise typer.Exit(status)


def _summary(run: ImportRun, seconds: float) -> dict[str, object]:
    """The result for scripts: the whole import, the seconds and the rate those of this run."""
    state = run.state
    return {
        "complete": run.complete,
        "import_id": state.import_id,
        "rows": state.offset,
        "applied": state.applied,
        "unchanged": state.unchanged,
        "rejected": state.rejected,
        "applied_before": state.applied_before,
        "rejected_file": str(run.rejected_to) if state.rejected else None,
        "revision": run.revision,
        "seconds": round(seconds, 3),
        "rows_per_second": round(run.done / seconds) if seconds else 0,
    }


def _sentence(summary: dict[str, object]) -> str:
    """The result for people."""
    before = f", {summary['applied_before']:,} applied before" if summary["applied_before"] else ""
    where = f" (see {summary['rejected_file']})" if summary["rejected"] else ""
    return (
        f"{summary['rows']:,} rows: {summary['applied']:,} applied, {summary['unchanged']:,} unchanged"
        f"{before}, {summary['rejected']:,} rejected{where}\n"
        f"revision {summary['revision']}, {summary['seconds']:.1f} s, {summary['rows_per_second']:,} rows/s"
    )
