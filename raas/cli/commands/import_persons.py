"""`raas persons import`: persons into the authentic source, each applied exactly once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from google.protobuf.json_format import Parse, ParseError

from raas.cli.server.client import report_outages, run_with
from raas.cli.server.command import ServerOptions, server_command
from raas.cli.server.refusal import Refusal, refusal_of
from raas.cli.terminal.exits import Exit, fail
from raas.cli.terminal.progress import Meter
from raas.cli.texts import tr
from raas.v1.error_reason_pb2 import ErrorReason
from raas.v1.notice_pb2 import Notice
from raas.v1.person_pb2 import Person
from raas.v1.person_service_pb2 import RejectedPerson
from raas.v1.violation_pb2 import Violation
from raas_client import ImportProgress, RaasClient, RaasError

_REASON = len("ERROR_REASON_")


@server_command
def import_persons(
    server: ServerOptions,
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="One person per line, as JSON of the message Person.")
    ],
    import_id: Annotated[
        str | None,
        typer.Option(metavar="ID", help="The name of this import; derived from the content by default."),
    ] = None,
) -> None:
    """Import persons into the authentic source, from a file of JSON lines.

    The same command resumes an import that was interrupted; nothing is applied twice. Rejected rows, and
    those applied with a warning, are written to standard error, by line and reason.

    Exit status: 0 all applied, 3 some rejected, 1 failed, 130 interrupted.
    """
    try:
        content = file.read_bytes()
        rows = list(_persons(content))
    except OSError as error:
        fail(f"{file}: {error.strerror}")
    except ValueError as error:
        fail(f"{file}: {error}")
    client = server.client()
    meter = Meter(tr("rows"), len(rows), quiet=server.as_json)
    report_outages(lambda text: meter.say(f"{server.target}: {text}"))
    counts = _Counts()

    async def run(opened: RaasClient) -> None:
        def settle(progress: ImportProgress[RejectedPerson]) -> None:
            counts.add(progress)
            meter.show(counts.rows, counts.rows)
            for each in progress.rejected:
                text = tr(
                    "line {line}: {reasons}", line=rows[each.offset][0], reasons=_reasons(each.violations)
                )
                typer.echo(text, err=True)
            for doubt in progress.warnings:
                reasons = _reasons(doubt.notices)
                text = tr("line {line}: warning: {reasons}", line=rows[doubt.offset][0], reasons=reasons)
                typer.echo(text, err=True)

        name = import_id or f"{hashlib.sha256(content).hexdigest()[:40]}-{len(content)}"
        persons = (person for _, person in rows)
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


def _persons(content: bytes) -> Iterator[tuple[int, Person]]:
    """The persons with their lines. Raises ValueError, without any fact about a person."""
    for line, text in enumerate(content.decode().splitlines(), start=1):
        if not text.strip():
            continue
        person = Person()
        parsed = False
        with suppress(ParseError):
            Parse(text, person)
            parsed = True
        if not parsed:
            raise ValueError(tr("line {line} is not a person in JSON", line=line))
        yield line, person


def _reasons(found: Iterable[Violation | Notice]) -> str:
    return "; ".join(
        f"{ErrorReason.Name(each.reason)[_REASON:]} ({each.field}): {each.message}" for each in found
    )
