"""`raas mandates`: the mandates on registers."""

from __future__ import annotations

from enum import Enum
from typing import Annotated

import typer

from raas.cli.server.command import ServerOptions, server_command
from raas.cli.terminal.days import parse_day, parse_enterprise_number
from raas.cli.terminal.table import write_json, write_table
from raas.cli.texts import tr
from raas.v1.mandate_pb2 import Mandate, MandateContent, MandatePermission
from raas_client import RaasClient

mandates = typer.Typer(
    help="The mandates of organisations on the registers of others.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


class PermissionName(Enum):
    """The permissions of a mandate, as they are written."""

    READ = "read"
    WRITE = "write"
    SUBSCRIBE = "subscribe"
    ADMINISTER = "administer"


class ContentName(Enum):
    """The contents of a mandate, as they are written."""

    IDENTITY = "identity"
    NETWORK_EVENT = "network-event"


_PERMISSION = "MANDATE_PERMISSION_"

Types = Annotated[
    list[str] | None,
    typer.Option("--type", metavar="CODE", help="Only this dossier type; may be repeated."),
]
From = Annotated[str | None, typer.Option("--from", metavar="DAY", help="The first day of validity.")]
Until = Annotated[str | None, typer.Option("--until", metavar="DAY", help="The last day of validity.")]
ActiveOn = Annotated[
    str | None, typer.Option(metavar="DAY", help="Only what is valid on this day, such as today.")
]


@mandates.command("list")
@server_command
def list_mandates(
    server: ServerOptions,
    mandatary: Annotated[
        str | None,
        typer.Option(
            metavar="NUMBER", help="Only those of this organisation; your own number, on all registers."
        ),
    ] = None,
    active_on: ActiveOn = None,
) -> None:
    """List the mandates on a register, or your own. With --json, one object per mandate."""
    number, day = mandatary and parse_enterprise_number(mandatary), active_on and parse_day(active_on)

    async def ask(client: RaasClient) -> list[Mandate]:
        return await client.mandates(mandatary=number, active_on=day).all()

    _write(server.ask(ask), as_json=server.as_json)


@mandates.command("grant")
@server_command
def grant_mandate(
    server: ServerOptions,
    mandatary: Annotated[
        str, typer.Argument(metavar="NUMBER", help="The enterprise number of the organisation.")
    ],
    permissions: Annotated[list[PermissionName], typer.Argument(help="What it may do.")],
    dossier_types: Types = None,
    contents: Annotated[
        list[ContentName] | None,
        typer.Option("--content", help="A content about persons that it is shown; may be repeated."),
    ] = None,
    valid_from: From = None,
    valid_until: Until = None,
    legal_basis: Annotated[
        str | None, typer.Option(metavar="TEXT", help="The decision on which the mandate rests.")
    ] = None,
) -> None:
    """Give an organisation a mandate on a register."""
    number = parse_enterprise_number(mandatary)
    first, last = valid_from and parse_day(valid_from), valid_until and parse_day(valid_until)

    async def ask(client: RaasClient) -> Mandate:
        return await client.grant_mandate(
            number,
            [MandatePermission.Value(_PERMISSION + each.name) for each in permissions],
            dossier_types=dossier_types or (),
            contents=[MandateContent.Value(f"MANDATE_CONTENT_{each.name}") for each in contents or ()],
            valid_from=first,
            valid_until=last,
            legal_basis=legal_basis,
        )

    _write([server.ask(ask)], as_json=server.as_json)


@mandates.command("revoke")
@server_command
def revoke_mandate(
    server: ServerOptions,
    mandate_id: Annotated[str, typer.Argument(metavar="ID", help="The id of the mandate.")],
) -> None:
    """End a mandate at once."""

    async def ask(client: RaasClient) -> Mandate:
        return await client.revoke_mandate(mandate_id)

    _write([server.ask(ask)], as_json=server.as_json)


def _write(found: list[Mandate], *, as_json: bool) -> None:
    if as_json:
        for each in found:
            write_json(each)
        return
    write_table(
        (
            tr("ID"),
            tr("REGISTER"),
            tr("MANDATARY"),
            tr("PERMISSIONS"),
            tr("TYPES"),
            tr("FROM"),
            tr("UNTIL"),
            tr("STATE"),
        ),
        [
            (
                each.id,
                each.register,
                each.mandatary,
                " ".join(MandatePermission.Name(p).removeprefix(_PERMISSION) for p in each.permissions),
                " ".join(each.dossier_types),
                each.valid_from,
                each.valid_until,
                tr("revoked") if each.HasField("revoke_time") else "",
            )
            for each in found
        ],
    )
