"""`raas persons import`: persons into the authentic source, each applied exactly once."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Annotated

import typer

from raas.cli.imports.files.input import derived_id, reporting, require_encoding
from raas.cli.imports.files.source import open_source
from raas.cli.imports.files.table import UTF_8
from raas.cli.imports.person_rows import read_persons
from raas.cli.imports.rejected import reasons_text
from raas.cli.server.client import report_outages, run_with
from raas.cli.server.command import ServerOptions, server_command
from raas.cli.server.refusal import Refusal, refusal_of
from raas.cli.terminal.days import parse_date_format
from raas.cli.terminal.exits import Exit
from raas.cli.terminal.progress import Meter
from raas.cli.texts import tr
from raas.v1.person_service_pb2 import RejectedPerson
from raas_client import ImportProgress, RaasClient, RaasError


@server_command
def import_persons(
    server: ServerOptions,
    file: Annotated[
        str,
        typer.Argument(
            metavar="FILE", help="A table with a header, as for raas import, or a person in JSON per line."
        ),
    ],
    import_id: Annotated[
        str | None,
        typer.Option(metavar="ID", help="The name of this import; derived from the content by default."),
    ] = None,
    encoding: Annotated[
        str, typer.Option(metavar="NAME", help="The encoding of a CSV file, such as windows-1252.")
    ] = UTF_8,
    date_format: Annotated[
        str, typer.Option(metavar="FORMAT", help="How days are written, such as DD/MM/YYYY.")
    ] = "YYYY-MM-DD",
    ignore_extra: Annotated[bool, typer.Option("--ignore-extra", help="Ignore unknown columns.")] = False,
) -> None:
    """Import persons into the authentic source, from a CSV file, a spreadsheet or JSON lines.

    Columns, in any order: niss, register_of_origin (NATIONAL_REGISTER, RAD or BIS; mandatory for a new
    number), status, replaced_by, last_name, first_names (separated by |), birth_date, sex (F or M),
    birth_place, nationality, death_date, country, municipality, postal_code, street, contact_country,
    contact_municipality, contact_postal_code, contact_street, source_date. An empty field is absent.

    The same command resumes an import that was interrupted; nothing is applied twice. Rejected rows, and
    those applied with a warning, are written to standard error, by line and reason.

    Exit status: 0 all applied, 3 some rejected, 1 failed, 130 interrupted.
    """
    form = parse_date_format(date_format)
    require_encoding(encoding)
    with reporting(file, server.as_json), open_source(file) as source:
        rows = list(read_persons(source, encoding=encoding, date_format=form, ignore_extra=ignore_extra))
        name = import_id or derived_id(source, encoding, date_format)
    client = server.client()
    meter = Meter(tr("rows"), len(rows), quiet=server.as_json)
    report_outages(lambda text: meter.say(f"{server.target}: {text}"))
    counts = _Counts()

    async def run(opened: RaasClient) -> None:
        def settle(progress: ImportProgress[RejectedPerson]) -> None:
            counts.add(progress)
            meter.show(counts.rows, counts.rows)
            for each in progress.rejected:
                row = rows[each.offset]
                reasons = row.fault or reasons_text(each.violations)
                typer.echo(tr("line {line}: {reasons}", line=row.line, reasons=reasons), err=True)
            for doubt in progress.warnings:
                reasons = reasons_text(doubt.notices)
                text = tr("line {line}: warning: {reasons}", line=rows[doubt.offset].line, reasons=reasons)
                typer.echo(text, err=True)

        persons = (row.person for row in rows)
        await opened.import_persons(persons, import_id=name, progress=settle)

    failure: Refusal | None = None
    status = Exit.DONE
    try:
        with meter:
            run_with(client, run)
        status = Exit.ROWS_REJECTED if counts.rejected else Exit.DONE
    except RaasError as error:
        failure, status = refusal_of(error), Exit.FAILED
    except KeyboardInterrupt:
        failure, status = Refusal("CANCELLED", "INTERRUPTED", (tr("interrupted"),)), Exit.INTERRUPTED
    counts.write(failure, as_json=server.as_json)
    raise typer.Exit(status)


@dataclass(slots=True)
class _Counts:
    """The progress of the import; `applied`, `unchanged` and `rejected` are those of this run."""

    rows: int = 0
    applied: int = 0
    unchanged: int = 0
    rejected: int = 0

    def add(self, progress: ImportProgress[RejectedPerson]) -> None:
        """Take over what an answer tells."""
        self.rows = progress.through_offset
        self.applied, self.unchanged = progress.applied, progress.unchanged
        self.rejected += len(progress.rejected)

    def write(self, failure: Refusal | None, *, as_json: bool) -> None:
        """Write the counts, and why the import did not complete."""
        counts = {
            "rows": self.rows,
            "applied": self.applied,
            "unchanged": self.unchanged,
            "rejected": self.rejected,
        }
        if as_json:
            error = {"error": failure.as_json()} if failure else {}
            typer.echo(json.dumps({"complete": failure is None, **counts, **error}))
        else:
            typer.echo(
                tr(
                    "{rows:,} rows: {applied:,} applied, {unchanged:,} unchanged, {rejected:,} rejected",
                    **counts,
                )
            )
        if failure:
            typer.echo(f"raas: {failure.text}", err=True)
