"""`raas history`: everything that was recorded about a person."""

from __future__ import annotations

from typing import Annotated

import typer

from raas.cli.commands.watch_lines import mutation_line
from raas.cli.server.command import ServerOptions, server_command
from raas.cli.terminal.days import parse_niss
from raas.cli.terminal.table import write_json
from raas.cli.texts import tr
from raas_client import RaasClient


@server_command
def history(
    server: ServerOptions,
    niss: Annotated[str, typer.Argument(metavar="NISS", help="The number of the person.")],
    dossier_type: Annotated[
        str | None, typer.Option(metavar="CODE", help="Only this dossier type; all by default.")
    ] = None,
) -> None:
    """Show the mutations of a person in a register, oldest first, under all numbers of the person.

    Writes a line per mutation as `raas watch` does. With --json, one object per mutation.

    Exit status: 0 answered, also when there are no mutations; 1 refused or failed; 130 interrupted.
    """

    async def write(client: RaasClient) -> int:
        count = 0
        async for mutation in client.history(parse_niss(niss), dossier_type):
            count += 1
            if server.as_json:
                write_json(mutation)
            else:
                typer.echo(mutation_line(mutation))
        return count

    if not server.ask(write):
        typer.echo(tr("no mutations"), err=True)
