"""`raas export`: the lines of a register as CSV."""

from __future__ import annotations

import csv
import json
from collections.abc import AsyncIterable
from contextlib import aclosing
from typing import Annotated, TextIO

import typer

from raas.cli.server.client import run_with
from raas.cli.server.command import server_command
from raas.cli.server.connection import ConnectionOptions
from raas.cli.server.options import Json, PatienceSeconds
from raas.cli.server.refusal import refusal_of
from raas.cli.terminal.days import parse_day, parse_niss
from raas.cli.terminal.exits import Exit, fail
from raas.cli.terminal.instant import AtTime, parse_instant
from raas.cli.terminal.output import open_output, until_reader_leaves
from raas.cli.terminal.progress import Meter
from raas.cli.terminal.signals import end_on_signals
from raas.cli.texts import tr
from raas.v1.period_pb2 import Period
from raas.v1.register_service_pb2 import ExportResponse
from raas_client import Patience, RaasClient, RaasError

HEADER = ("niss", "dossier_type", "begin", "end")


@server_command
def export(
    server: ConnectionOptions,
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="CSV, also .csv.gz and .csv.xz; - is standard output.")
    ] = "-",
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
            help="Only dossiers with a line that overlaps this period; one bound may be empty.",
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
        int | None, typer.Option(metavar="REVISION", help="The state at this revision.")
    ] = None,
    at_time: AtTime = None,
    patience: PatienceSeconds = 30.0,
    as_json: Json = False,
) -> None:
    """Export the lines of a register as CSV.

    Columns: niss, dossier_type, begin, end; an empty end is an open line. Ordered by niss, dossier type and
    begin, all as of one revision. Matching dossiers are written whole. FILE is created or replaced only once
    it is complete.
    """
    if sum(choice is not None for choice in (active_on, overlaps, ends_between)) > 1:
        raise typer.BadParameter(tr("give one of --active-on, --overlaps and --ends-between"))
    if at_revision is not None and at_time is not None:
        raise typer.BadParameter(tr("give one of --at-revision and --at-time"))
    if as_json and file == "-":
        raise typer.BadParameter(tr("--json needs a FILE: standard output cannot take both"))
    overlapping, ending = _period(overlaps, "--overlaps"), _period(ends_between, "--ends-between")
    instant = parse_instant(at_time, "--at-time")
    client = server.client_with(Patience(call_seconds=patience))

    filtered = any((niss, dossier_type, active_on, overlaps, ends_between, at_time, at_revision is not None))

    async def write(opened: RaasClient, out: TextIO, meter: Meter) -> tuple[int, int, int]:
        if not filtered:
            meter.total = (await opened.get_register()).dossier_count
        parts = opened.export(
            niss=[parse_niss(each) for each in niss or ()],
            dossier_types=dossier_type or (),
            active_on=active_on and parse_day(active_on),
            overlaps=overlapping,
            ends_between=ending,
            at_revision=at_revision,
            at_time=instant,
        )
        async with aclosing(parts.pages()) as answers:
            return await _write(answers, out, meter)

    end_on_signals()
    try:
        with until_reader_leaves(), open_output(file) as out, Meter(tr("lines"), quiet=as_json) as meter:
            dossiers, lines, revision = run_with(client, lambda opened: write(opened, out, meter))
            seconds = meter.seconds
    except RaasError as error:
        refusal = refusal_of(error)
        if as_json:
            typer.echo(json.dumps({"complete": False, "error": refusal.as_json()}))
        fail(refusal.text)
    except KeyboardInterrupt:
        if as_json:
            typer.echo(json.dumps({"complete": False, "error": {"reason": "INTERRUPTED"}}))
        fail(tr("interrupted; nothing was exported"), Exit.INTERRUPTED)
    except OSError as error:
        if as_json:
            typer.echo(json.dumps({"complete": False, "error": {"reason": "IO_ERROR"}}))
        fail(f"{file}: {error.strerror or error}")
    if as_json:
        counts = {"dossiers": dossiers, "lines": lines, "revision": revision}
        typer.echo(json.dumps({"complete": True, **counts, "seconds": round(seconds, 3)}))
    else:
        text = tr(
            "{dossiers:,} dossiers, {lines:,} lines at revision {revision}; {seconds:.1f} s, "
            "{rate:,.0f} lines/s",
            dossiers=dossiers,
            lines=lines,
            revision=revision,
            seconds=seconds,
            rate=lines / max(seconds, 0.001),
        )
        typer.echo(text, err=True)


async def _write(answers: AsyncIterable[ExportResponse], out: TextIO, meter: Meter) -> tuple[int, int, int]:
    """Write all lines; returns the counts of dossiers and lines, and the revision."""
    dossiers = lines = revision = 0
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(HEADER)
    async for answer in answers:
        revision = answer.revision
        dossiers += len(answer.dossiers)
        rows = [
            (dossier.niss, dossier.dossier_type, line.begin, line.end)
            for dossier in answer.dossiers
            for line in dossier.periods
        ]
        writer.writerows(rows)
        lines += len(rows)
        meter.show(lines, dossiers)
    return dossiers, lines, revision


def _period(text: str | None, option: str) -> Period | None:
    """The period `2024-01-01..2024-01-31`, where one bound may be empty; the server checks the days."""
    if text is None:
        return None
    begin, dots, end = text.partition("..")
    if not dots:
        raise typer.BadParameter(tr("write {option} as BEGIN..END; one bound may be empty", option=option))
    return Period(begin=parse_day(begin) or None, end=parse_day(end) or None)
