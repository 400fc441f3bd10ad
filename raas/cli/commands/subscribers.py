"""`raas subscribers`: the named subscribers of a register."""

from __future__ import annotations

from datetime import UTC
from typing import Annotated

import typer

from raas.cli.server.command import ServerOptions, server_command
from raas.cli.terminal.days import parse_enterprise_number
from raas.cli.terminal.table import write_json, write_table
from raas.cli.texts import tr
from raas.v1.subscriber_pb2 import Subscriber
from raas_client import RaasClient

subscribers = typer.Typer(
    help="The named subscribers of a register.", no_args_is_help=True, rich_markup_mode=None
)


@subscribers.command("list")
@server_command
def list_subscribers(server: ServerOptions) -> None:
    """List the named subscribers, with how many revisions they have not acknowledged (LAG).

    With --json, one object per subscriber.
    """

    async def ask(client: RaasClient) -> list[Subscriber]:
        return await client.subscribers().all()

    found = server.ask(ask)
    if server.as_json:
        for each in found:
            write_json(each)
        return
    write_table(
        (tr("CALLER"), tr("NAME"), tr("ACKNOWLEDGED"), tr("LAG"), tr("CONNECTED"), tr("LAST SEEN")),
        [
            (
                each.caller,
                each.name,
                each.acknowledged_revision,
                each.lag,
                tr("yes") if each.connected else tr("no"),
                f"{each.last_seen_time.ToDatetime(UTC):%Y-%m-%d %H:%M:%SZ}",
            )
            for each in found
        ],
    )


@subscribers.command("delete")
@server_command
def delete_subscriber(
    server: ServerOptions,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The name of the subscriber.")],
    caller: Annotated[
        str | None,
        typer.Option(metavar="NUMBER", help="The enterprise number of its caller; your own by default."),
    ] = None,
) -> None:
    """Delete a named subscriber; the log is no longer kept for it."""

    async def ask(client: RaasClient) -> None:
        await client.delete_subscriber(name, caller and parse_enterprise_number(caller))

    server.ask(ask)
    if not server.as_json:
        typer.echo(tr("{name} is deleted", name=name))
