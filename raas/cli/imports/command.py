"""`raas import`: inscriptions and removals from a file into a register, each applied exactly once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from raas.cli.imports.dry_run import DryRun
from raas.cli.imports.errors import FileChanged, Unreadable
from raas.cli.imports.files.input import derived_id, reporting, require_encoding
from raas.cli.imports.files.source import Source, open_source
from raas.cli.imports.files.table import UTF_8, open_table
from raas.cli.imports.import_ids import record_of
from raas.cli.imports.operations import Operations
from raas.cli.imports.places import find_places
from raas.cli.imports.result import write_result
from raas.cli.imports.run import ImportRun
from raas.cli.imports.state import ImportState
from raas.cli.server.client import report_outages, run_with
from raas.cli.server.command import server_command
from raas.cli.server.connection import ConnectionOptions
from raas.cli.server.options import Json, PatienceSeconds
from raas.cli.server.refusal import Refusal, refusal_of
from raas.cli.terminal.days import parse_date_format
from raas.cli.terminal.exits import Exit
from raas.cli.terminal.progress import Meter
from raas.cli.terminal.signals import end_on_signals
from raas.cli.texts import tr
from raas_client import Patience, RaasError

_PASSING = ("UNAVAILABLE", "DEADLINE_EXCEEDED", "RESOURCE_EXHAUSTED", "CANCELLED")
"""Statuses after which the same call may succeed later."""


@server_command
def import_file(
    server: ConnectionOptions,
    file: Annotated[
        str,
        typer.Argument(
            metavar="FILE",
            help="CSV, possibly compressed by gzip or xz, or a spreadsheet (.xlsx); - is standard input.",
        ),
    ],
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
        typer.Option(metavar="FILE", help="A new file for rejected rows; FILE.rejected.csv by default."),
    ] = None,
    state_dir: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="The folder for the state of the import and for rejected rows; that of FILE by default.",
        ),
    ] = None,
    encoding: Annotated[
        str, typer.Option(metavar="NAME", help="The encoding of a CSV file, such as windows-1252.")
    ] = UTF_8,
    date_format: Annotated[
        str, typer.Option(metavar="FORMAT", help="How days are written, such as DD/MM/YYYY.")
    ] = "YYYY-MM-DD",
    ignore_extra: Annotated[bool, typer.Option("--ignore-extra", help="Ignore unknown columns.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Let the server check all rows, and apply none.")
    ] = False,
    patience: PatienceSeconds = 30.0,
    as_json: Json = False,
) -> None:
    """Import inscriptions and removals from a CSV file or a spreadsheet.

    Columns, in any order, named in English, French or Dutch: niss, dossier_type, begin, end; optionally
    operation (INSCRIBE, the default, or REMOVE), last_name, first_names (separated by |), birth_date, sex (F
    or M). An empty begin or end is absent; a removal without both removes the whole dossier.

    Rejected rows are skipped and written to FILE.rejected.csv with their line and the reasons. After an
    interruption the same command resumes the import where it stopped.

    Exit status: 0 all rows applied, 3 some rejected, 1 failed, 130 interrupted.
    """
    client = server.client_with(Patience(outage_seconds=patience))
    form = parse_date_format(date_format)
    require_encoding(encoding)
    end_on_signals()
    with reporting(file, as_json), open_source(file) as source:
        table = open_table(source, encoding=encoding, ignore_extra=ignore_extra)
        operations = Operations(table.header, form)
        state = ImportState(
            import_id or derived_id(source, encoding, date_format),
            server.enterprise_number,
            server.register,
            source.digest,
        )
        meter = Meter(tr("rows"), source.size, quiet=as_json)
        report_outages(lambda text: meter.say(f"{server.target}: {text}"))
        run: ImportRun | DryRun
        if dry_run:
            run = DryRun(source, table, operations)
        else:
            places = find_places(source, state, rejected, state_dir)
            record = record_of(state, server.target, state_dir) if import_id and source.digest else None
            if record is not None:
                record.check()
            run = ImportRun(source, table, operations, places, state, record)
        end = _Ended()
        try:
            with meter:
                run_with(client, lambda opened: run.go(opened, meter))
        except KeyboardInterrupt:
            end = _Ended(Exit.INTERRUPTED)
        except (RaasError, FileChanged, Unreadable, OSError) as error:
            end = _Ended(Exit.FAILED, _failure(error, file))
        status = _finish(run, end, meter, source, as_json=as_json)
        raise typer.Exit(status)


@dataclass(frozen=True, slots=True)
class _Ended:
    """The end of a run."""

    status: Exit = Exit.DONE
    failure: Refusal | None = None


def _finish(run: ImportRun | DryRun, end: _Ended, meter: Meter, source: Source, *, as_json: bool) -> Exit:
    """Write the result; returns the exit status."""
    hints = [hint for hint, _ in run.hints.most_common()]
    if isinstance(run, DryRun):
        checked = {"complete": run.complete, "dry_run": True, "rows": run.rows, "rejected": run.rejected}
        write_result(checked, end.failure, hints, "", as_json=as_json)
        return Exit.ROWS_REJECTED if run.complete and run.rejected else end.status
    if run.outgrown:
        text = tr("--import-id {id} was used for other content: choose another one", id=run.state.import_id)
        end = _Ended(Exit.FAILED, Refusal("FAILED_PRECONDITION", "IMPORT_ID_REUSED", (text,)))
    after = "" if run.complete else _what_to_do(run, end, source)
    write_result(_summary(run, meter.seconds), end.failure, hints, after, as_json=as_json)
    return Exit.ROWS_REJECTED if run.complete and run.state.rejected and not run.outgrown else end.status


def _what_to_do(run: ImportRun, end: _Ended, source: Source) -> str:
    """A line that says where the import stopped and whether the same command resumes it."""
    stopped = tr("stopped after row {row:,}", row=run.state.offset)
    reason = end.failure.reason if end.failure else ""
    if source.path is None:
        return f"{stopped}; " + tr("standard input and pipes cannot be resumed")
    if reason == "FILE_CHANGED":
        return f"{stopped}; " + tr("what was applied stays; the changed file is another import")
    if end.failure is None or end.failure.status in _PASSING or reason == "IO_ERROR":
        return f"{stopped}; " + tr("the same command resumes there")
    return stopped


def _summary(run: ImportRun, seconds: float) -> dict[str, object]:
    """The result for scripts. The counts are those of the whole import, seconds and rate of this run."""
    state = run.state
    return {
        "complete": run.complete and not run.outgrown,
        "import_id": state.import_id,
        "rows": state.offset,
        "applied": state.applied,
        "unchanged": state.unchanged,
        "rejected": state.rejected,
        "applied_before": state.applied_before,
        "rejected_file": state.rejected_file if state.rejected else None,
        "revision": run.revision,
        "seconds": round(seconds, 3),
        "rows_per_second": round(run.done / seconds) if seconds else 0,
    }


def _failure(error: RaasError | FileChanged | Unreadable | OSError, file: str) -> Refusal:
    match error:
        case RaasError():
            return refusal_of(error)
        case FileChanged():
            return Refusal("ABORTED", "FILE_CHANGED", (str(error),))
        case Unreadable():
            return Refusal("ABORTED", "UNREADABLE", (f"{file}: {error}",))
        case _:
            place = f"{error.filename}: " if error.filename else ""
            return Refusal("ABORTED", "IO_ERROR", (f"{place}{error.strerror or error}",))
