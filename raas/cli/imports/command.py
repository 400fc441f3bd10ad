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
from raas.cli.server.client import client_of, report_outages, run_with
from raas.cli.server.options import (
    DEFAULT_TARGET,
    EnterpriseNumber,
    Json,
    Language,
    PatienceSeconds,
    Register,
    Target,
)
from raas.cli.server.refusal import Refusal, refusal_of
from raas.cli.terminal.exits import Exit, fail
from raas.cli.terminal.progress import Meter
from raas_client import Patience, RaasError


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
            help="The name under which the server remembers this import, so that it applies no row twice. "
            "Derived from the content of the file by default; give another one to apply the file again.",
        ),
    ] = None,
    rejected: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Where rejected rows go; FILE.rejected.csv by default."),
    ] = None,
    language: Language = "en",
    patience: PatienceSeconds = 30.0,
    as_json: Json = False,
) -> None:
    """Import inscriptions and removals from a CSV file.

    Columns, in any order: niss, dossier_type, begin, end; optionally operation (INSCRIBE, the default, or
    REMOVE), last_name, first_names (separated by |), birth_date, sex (F or M). An empty begin or end is
    absent; a removal without both removes the whole dossier.

    Rejected rows are skipped and written to FILE.rejected.csv with their line and the reasons. After an
    interruption the same command resumes the import where it stopped.

    Exit status: 0 all rows applied, 3 some rejected, 1 failed, 130 interrupted.
    """
    path = None if file == "-" else Path(file)
    client = client_of(target, enterprise_number, register, language, Patience(outage_seconds=patience))
    failure: Refusal | None = None
    status = Exit.DONE
    try:
        with open_table(path) as table, Meter("rows", table.size, quiet=as_json) as meter:
            name = import_id or (content_id(path) if path else uuid4().hex)
            fresh = ImportState(name, enterprise_number, register)
            run = ImportRun(path, rejected or rejected_path(path), table, fresh)
            try:
                report_outages(lambda text: meter.say(f"{target}: {text}"))
                run_with(client, lambda opened: run.go(opened, meter))
            except RaasError as error:
                failure, status = refusal_of(error), Exit.FAILED
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
            again = "the same command resumes there" if path else "standard input cannot be resumed"
            typer.echo(f"raas: stopped after row {run.state.offset:,}; {again}", err=True)
    raise typer.Exit(status)


def _summary(run: ImportRun, seconds: float) -> dict[str, object]:
    """The result for scripts. The counts are those of the whole import, seconds and rate of this run."""
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
