"""`raas roles`: the roles of organisations."""

from __future__ import annotations

from enum import Enum
from typing import Annotated

import typer

from raas.cli.commands.rights.mandates import ActiveOn, From, Types, Until
from raas.cli.server.command import ServerOptions, server_command
from raas.cli.terminal.days import parse_day, parse_enterprise_number
from raas.cli.terminal.table import write_json, write_table
from raas.cli.texts import tr
from raas.v1.role_pb2 import Role, RoleGrant
from raas_client import RaasClient

roles = typer.Typer(help="The roles of organisations.", no_args_is_help=True, rich_markup_mode=None)

_ROLE = "ROLE_"


class RoleName(Enum):
    """The roles, as they are written."""

    ADMINISTRATOR = "administrator"
    ROUTER = "router"
    PERSON_REGISTRAR = "person-registrar"
    PERSON_CHECKER = "person-checker"
    AUTHENTIC_SOURCE = "authentic-source"
    PUBLISHER = "publisher"
    AUDITOR = "auditor"
    GATEWAY = "gateway"


Number = Annotated[str, typer.Argument(metavar="NUMBER", help="The enterprise number of the organisation.")]
GrantId = Annotated[str, typer.Argument(metavar="ID", help="The id of the grant.")]


@roles.command("list")
@server_command
def list_roles(
    server: ServerOptions,
    organisation: Annotated[
        str | None, typer.Option(metavar="NUMBER", help="Only the roles of this organisation.")
    ] = None,
    role: Annotated[RoleName | None, typer.Option(help="Only this role.")] = None,
    active_on: ActiveOn = None,
) -> None:
    """List the grants of roles. With --json, one object per grant."""
    number, day = organisation and parse_enterprise_number(organisation), active_on and parse_day(active_on)
    wanted = Role.ROLE_UNSPECIFIED if role is None else Role.Value(_ROLE + role.name)

    async def ask(client: RaasClient) -> list[RoleGrant]:
        return await client.roles(enterprise_number=number, role=wanted, active_on=day).all()

    _write(server.ask(ask), as_json=server.as_json)


@roles.command("grant")
@server_command
def grant_role(
    server: ServerOptions,
    organisation: Number,
    role: Annotated[RoleName, typer.Argument(help="The role.")],
    organisations: Annotated[
        list[str] | None,
        typer.Option(
            "--organisation",
            metavar="NUMBER",
            help="An organisation that a gateway may speak for; may be repeated.",
        ),
    ] = None,
    rpcs: Annotated[
        list[str] | None,
        typer.Option(
            "--rpc",
            metavar="NAME",
            help="An RPC that a gateway may call, such as raas.v1.RegisterService/Consult; may be repeated.",
        ),
    ] = None,
    dossier_types: Types = None,
    contexts: Annotated[
        list[str] | None,
        typer.Option(
            "--context", metavar="TEXT", help="A legal context in which a router may ask; may be repeated."
        ),
    ] = None,
    valid_from: From = None,
    valid_until: Until = None,
) -> None:
    """Give an organisation a role; some roles count once a second administrator has confirmed them."""
    number = parse_enterprise_number(organisation)
    first, last = valid_from and parse_day(valid_from), valid_until and parse_day(valid_until)

    async def ask(client: RaasClient) -> RoleGrant:
        return await client.grant_role(
            number,
            Role.Value(_ROLE + role.name),
            organisations=[parse_enterprise_number(each) for each in organisations or ()],
            rpcs=rpcs or (),
            dossier_types=dossier_types or (),
            legal_contexts=contexts or (),
            valid_from=first,
            valid_until=last,
        )

    _write([server.ask(ask)], as_json=server.as_json)


@roles.command("confirm")
@server_command
def confirm_grant(server: ServerOptions, grant_id: GrantId) -> None:
    """Confirm the grant of a role, as the second administrator."""

    async def ask(client: RaasClient) -> RoleGrant:
        return await client.confirm_grant(grant_id)

    _write([server.ask(ask)], as_json=server.as_json)


@roles.command("revoke")
@server_command
def revoke_role(server: ServerOptions, grant_id: GrantId) -> None:
    """End the grant of a role at once."""

    async def ask(client: RaasClient) -> RoleGrant:
        return await client.revoke_role(grant_id)

    _write([server.ask(ask)], as_json=server.as_json)


def _write(found: list[RoleGrant], *, as_json: bool) -> None:
    if as_json:
        for each in found:
            write_json(each)
        return
    write_table(
        (tr("ID"), tr("ORGANISATION"), tr("ROLE"), tr("FROM"), tr("UNTIL"), tr("STATE")),
        [
            (
                each.id,
                each.enterprise_number,
                Role.Name(each.role).removeprefix(_ROLE),
                each.valid_from,
                each.valid_until,
                _state(each),
            )
            for each in found
        ],
    )


def _state(grant: RoleGrant) -> str:
    if grant.HasField("revoke_time"):
        return tr("revoked")
    return tr("awaits a second administrator") if grant.awaits_confirmation else ""
