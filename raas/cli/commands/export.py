"""`raas export`: the lines of a register as CSV."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from typing import Annotated, TextIO

import grpc
import typer

from raas.cli.server.connection import (
    DEFAULT_TARGET,
    Connection,
    EnterpriseNumber,
    Json,
    Language,
    Register,
    Target,
)
from raas.cli.server.refusal import refusal_of
from raas.cli.terminal.exits import Exit, fail
from raas.cli.terminal.instant import AtTime, parse_instant
from raas.cli.terminal.output import open_output, until_nobody_reads
from raas.cli.terminal.progress import Meter
from raas.v1.period_pb2 import Period
from raas.v1.register_service_pb2 import ExportRequest, ExportResponse
from raas.v1.register_service_pb2_grpc import RegisterServiceStub

HEADER = ("niss", "dossier_type", "begin", "end")


def export(
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="CSV, also .csv.gz and .csv.xz; - is standard output.")
    ] = "-",
    target: Target = DEFAULT_TARGET,
    enterprise_number: EnterpriseNumber = None,
    register: Register = None,
    niss: Annotated[
        list[str] | None, typer.Option(metavar="NISS", help="Only this person; may be repeated.")
    ] = None,
    dossier_type: Annotated[
        list[str] | None, typer.Option(metavar="CODE", help="Only this dossier type; may be repeated.")
    ] = None,
    active_on: Annotated[
        str | None, typer.Option(metavar="DAY", help="Only dossiers with a line that holds this day.")
    ] = None,
    overlaps: Annotated[
        str | None,
        typer.Option(
            metavar="BEGIN..END",
            help="Only dossiers with a line that meets this period; one bound may be empty.",
        ),
    ] = None,
    ends_between: Annotated[
        str | None,
        typer.Option(
            metavar="BEGIN..END",
            help="Only dossiers with a line that ends in this period; one bound may be empty.",
        ),
    ] = None,
    at_revision: Annotated[
        int | None, typer.Option(metavar="REVISION", help="As it was at this revision.")
    ] = None,
    at_time: AtTime = None,
    language: Language = "en",
    as_json: Json = False,
) -> None:
    """Export the lines of a register as CSV.

    Columns: niss, dossier_type, begin, end; an empty end is an open line. Ordered by niss, dossier type and
    begin, all as of one revision. Dossiers that match are written whole. A FILE appears only when it is
    complete.
    """
    if sum(choice is not None for choice in (active_on, overlaps, ends_between)) > 1:
        raise typer.BadParameter("give one of --active-on, --overlaps and --ends-between")
    if at_revision is not None and at_time is not None:
        raise typer.BadParameter("give one of --at-revision and --at-time")
    if as_json and file == "-":
        raise typer.BadParameter("--json needs a FILE: standard output cannot take both")
    request = ExportRequest(
        register=register,
        niss=niss,
        dossier_types=dossier_type,
        overlaps=_period(overlaps, "--overlaps"),
        ends_between=_period(ends_between, "--ends-between"),
        at_time=parse_instant(at_time),
    )
    if active_on is not None:
        request.active_on = active_on
    if at_revision is not None:
        request.at_revision = at_revision
    connection = Connection(target, enterprise_number, language)
    try:
        with (
            until_nobody_reads(),
            open_output(file) as out,
            connection.channel() as channel,
            Meter("lines", quiet=as_json) as meter,
        ):
            answers = RegisterServiceStub(channel).Export(request, metadata=connection.metadata)
            dossiers, lines, revision = _write(answers, out, meter)
            seconds = meter.seconds
    except grpc.RpcError as error:
        refusal = refusal_of(error)
        if as_json:
            typer.echo(json.dumps({"complete": False, "error": refusal.as_json()}))
        fail(refusal.text)
    except KeyboardInterrupt:
        fail("interrupted", Exit.INTERRUPTED)
    except OSError as error:
        fail(str(error))
    if as_json:
        counts = {"dossiers": dossiers, "lines": lines, "revision": revision}
        typer.echo(json.dumps({"complete": True, **counts, "seconds": round(seconds, 3)}))
    else:
        rate = f"{seconds:.1f} s, {lines / max(seconds, 0.001):,.0f} lines/s"
        typer.echo(f"{dossiers:,} dossiers, {lines:,} lines at revision {revision}; {rate}", err=True)


def _write(answers: Iterator[ExportResponse], out: TextIO, meter: Meter) -> tuple[int, int, int]:
    """Write all lines; answers how many dossiers and lines, and the revision."""
    dossiers = lines = revision = 0
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(HEADER)
    for answer in answers:
        revision = answer.revision
        dossiers += len(answer.dossiers)
        rows = [
            (dossier.niss, dossier.dossier_type, line.begin, line.end)
            for dossier in answer.dossiers
            for line in dossier.periods
        ]
        writer.writerows(rows)
        lines += len(rows)
        meter.show(lines)
    return dossiers, lines, revision


def _period(text: str | None, option: str) -> Period | None:
    """`2024-01-01..2024-01-31`, either bound possibly empty; whether they are days, the server says."""
    if text is None:
        return None
    begin, dots, end = text.partition("..")
    if not dots:
        raise typer.BadParameter(f"{option} is written BEGIN..END, with one bound possibly empty")
    return Period(begin=begin or None, end=end or None)
