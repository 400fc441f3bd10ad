"""`raas registers`: the registers of a server."""

from __future__ import annotations

from typing import Annotated

import typer

from raas.cli.server.command import ServerOptions, server_command
from raas.cli.terminal.days import parse_enterprise_number
from raas.cli.terminal.table import write_json, write_table
from raas.cli.texts import tr
from raas.v1.register_pb2 import Register
from raas_client import RaasClient

registers = typer.Typer(help="The registers of a server.", no_args_is_help=True, rich_markup_mode=None)

Number = Annotated[str, typer.Argument(metavar="NUMBER", help="The enterprise number of the register.")]
Name = Annotated[str, typer.Argument(metavar="NAME", help="The name of the register.")]


@registers.command("list")
@server_command
def list_registers(server: ServerOptions) -> None:
    """List the registers. With --json, one object per register."""

    async def ask(client: RaasClient) -> list[Register]:
        return await client.registers().all()

    _write(server.ask(ask), as_json=server.as_json)


@registers.command("show")
@server_command
def show_register(server: ServerOptions) -> None:
    """Show one register: your own, or that of --register."""

    async def ask(client: RaasClient) -> Register:
        return await client.get_register()

    _write([server.ask(ask)], as_json=server.as_json)


@registers.command("create")
@server_command
def create_register(server: ServerOptions, number: Number, name: Name) -> None:
    """Create a register."""

    async def ask(client: RaasClient) -> Register:
        return await client.create_register(parse_enterprise_number(number), name)

    _write([server.ask(ask)], as_json=server.as_json)


@registers.command("rename")
@server_command
def rename_register(server: ServerOptions, number: Number, name: Name) -> None:
    """Change the name of a register."""

    async def ask(client: RaasClient) -> Register:
        return await client.rename_register(parse_enterprise_number(number), name)

    _write([server.ask(ask)], as_json=server.as_json)


def _write(found: list[Register], *, as_json: bool) -> None:
    if as_json:
        for each in found:
            write_json(each)
        return
    write_table(
        (tr("NUMBER"), tr("NAME"), tr("REVISION"), tr("OLDEST"), tr("DOSSIERS")),
        [
            (each.enterprise_number, each.name, each.revision, each.oldest_revision, each.dossier_count)
            for each in found
        ],
    )
