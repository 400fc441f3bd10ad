"""`raas consult`: the lines of persons in a register."""

from __future__ import annotations

from contextlib import aclosing
from typing import Annotated

import typer

from raas.cli.server.command import ServerOptions, server_command
from raas.cli.terminal.days import parse_day, parse_niss
from raas.cli.terminal.instant import AtTime, parse_instant
from raas.cli.terminal.table import write_json, write_table
from raas.cli.texts import tr
from raas.v1.dossier_pb2 import Dossier
from raas_client import RaasClient


@server_command
def consult(
    server: ServerOptions,
    niss: Annotated[list[str], typer.Argument(metavar="NISS", help="The numbers of the persons.")],
    dossier_type: Annotated[
        list[str] | None, typer.Option(metavar="CODE", help="Only this dossier type; may be repeated.")
    ] = None,
    active_on: Annotated[
        str | None,
        typer.Option(metavar="DAY", help="Only dossiers with a line that holds this day, such as today."),
    ] = None,
    at_revision: Annotated[
        int | None, typer.Option(metavar="REVISION", help="The state at this revision.")
    ] = None,
    at_time: AtTime = None,
) -> None:
    """Show the lines of persons in a register.

    Writes one line per line of a dossier; an empty end is an open line. With --json, one object per dossier.

    Exit status: 0 answered, also when there are no lines; 1 refused or failed; 130 interrupted.
    """
    instant = parse_instant(at_time, "--at-time")

    async def ask(client: RaasClient) -> tuple[list[Dossier], list[tuple[str, str]]]:
        dossiers: list[Dossier] = []
        replaced: dict[str, str] = {}
        asked = client.consult(
            niss=[parse_niss(each) for each in niss],
            dossier_types=dossier_type or (),
            active_on=active_on and parse_day(active_on),
            at_revision=at_revision,
            at_time=instant,
        )
        async with aclosing(asked.pages()) as pages:
            async for page in pages:
                dossiers.extend(page.dossiers)
                replaced.update((each.niss, each.successor_niss) for each in page.resolved)
        return dossiers, sorted(replaced.items())

    if at_revision is not None and at_time is not None:
        raise typer.BadParameter(tr("give one of --at-revision and --at-time"))
    dossiers, replaced = server.ask(ask)
    if server.as_json:
        for dossier in dossiers:
            write_json(dossier)
        return
    rows = [
        (dossier.niss, dossier.dossier_type, line.begin, line.end)
        for dossier in dossiers
        for line in dossier.periods
    ]
    if rows:
        write_table(("NISS", tr("TYPE"), tr("BEGIN"), tr("END")), rows)
    else:
        typer.echo(tr("no lines"), err=True)
    for number, successor in replaced:
        typer.echo(tr("{niss} is replaced by {successor}", niss=number, successor=successor), err=True)
