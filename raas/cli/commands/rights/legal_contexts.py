"""`raas legal-contexts`: the catalogue of legal contexts."""

from __future__ import annotations

from typing import Annotated

import typer

from raas.cli.commands.rights.mandates import ActiveOn, From, Types, Until
from raas.cli.commands.rights.roles import Number
from raas.cli.server.command import ServerOptions, server_command
from raas.cli.terminal.days import parse_day, parse_enterprise_number
from raas.cli.terminal.table import write_json, write_table
from raas.cli.texts import tr
from raas.v1.legal_context_pb2 import LegalContext
from raas_client import RaasClient

legal_contexts = typer.Typer(
    help="The legal contexts in which organisations may call.", no_args_is_help=True, rich_markup_mode=None
)


@legal_contexts.command("list")
@server_command
def list_legal_contexts(
    server: ServerOptions,
    organisation: Annotated[
        str | None, typer.Option(metavar="NUMBER", help="Only the legal contexts of this organisation.")
    ] = None,
    active_on: ActiveOn = None,
) -> None:
    """List the catalogue of legal contexts. With --json, one object per entry."""
    number, day = organisation and parse_enterprise_number(organisation), active_on and parse_day(active_on)

    async def ask(client: RaasClient) -> list[LegalContext]:
        return await client.legal_contexts(caller=number, active_on=day).all()

    _write(server.ask(ask), as_json=server.as_json)


@legal_contexts.command("allow")
@server_command
def allow_legal_context(
    server: ServerOptions,
    organisation: Number,
    allowed: Annotated[str, typer.Argument(metavar="TEXT", help="The legal context.")],
    rpcs: Annotated[
        list[str],
        typer.Option(
            "--rpc",
            metavar="NAME",
            help="An RPC that it may call, such as raas.v1.RegisterService/FindRegisters; may be repeated.",
        ),
    ],
    dossier_types: Types = None,
    valid_from: From = None,
    valid_until: Until = None,
    confidential_until: Annotated[
        str | None,
        typer.Option(metavar="DAY", help="The last day on which its audit records are for auditors only."),
    ] = None,
) -> None:
    """Allow an organisation some calls in a legal context."""
    number = parse_enterprise_number(organisation)
    first, last = valid_from and parse_day(valid_from), valid_until and parse_day(valid_until)
    confidential = confidential_until and parse_day(confidential_until)

    async def ask(client: RaasClient) -> LegalContext:
        return await client.allow_legal_context(
            number,
            allowed,
            rpcs,
            dossier_types=dossier_types or (),
            valid_from=first,
            valid_until=last,
            confidential_until=confidential,
        )

    _write([server.ask(ask)], as_json=server.as_json)


@legal_contexts.command("revoke")
@server_command
def revoke_legal_context(
    server: ServerOptions,
    legal_context_id: Annotated[str, typer.Argument(metavar="ID", help="The id of the entry.")],
) -> None:
    """End an entry of the catalogue of legal contexts at once."""

    async def ask(client: RaasClient) -> LegalContext:
        return await client.revoke_legal_context(legal_context_id)

    _write([server.ask(ask)], as_json=server.as_json)


def _write(found: list[LegalContext], *, as_json: bool) -> None:
    if as_json:
        for each in found:
            write_json(each)
        return
    write_table(
        (tr("ID"), tr("ORGANISATION"), tr("LEGAL CONTEXT"), tr("FROM"), tr("UNTIL"), tr("STATE")),
        [
            (
                each.id,
                each.caller,
                each.legal_context,
                each.valid_from,
                each.valid_until,
                tr("revoked") if each.HasField("revoke_time") else "",
            )
            for each in found
        ],
    )
