"""`raas authorisations`: the fields of identities that registers may see."""

from __future__ import annotations

from typing import Annotated

import typer

from raas.cli.commands.rights.mandates import ActiveOn, Types, Until
from raas.cli.server.command import ServerOptions, server_command
from raas.cli.terminal.days import parse_day, parse_enterprise_number
from raas.cli.terminal.table import write_json, write_table
from raas.cli.texts import tr
from raas.v1.authorisation_pb2 import Authorisation
from raas_client import RaasClient

authorisations = typer.Typer(
    help="The fields of identities that registers may see.", no_args_is_help=True, rich_markup_mode=None
)

_SERVICE = "PERSON_IDENTITY"

AuthorisationId = Annotated[str, typer.Argument(metavar="ID", help="The id of the authorisation.")]


@authorisations.command("list")
@server_command
def list_authorisations(
    server: ServerOptions,
    owner: Annotated[
        str | None, typer.Option(metavar="NUMBER", help="Only the authorisations of this register.")
    ] = None,
    active_on: ActiveOn = None,
) -> None:
    """List authorisations: all for an administrator, else your own. With --json, one object each."""
    number, day = owner and parse_enterprise_number(owner), active_on and parse_day(active_on)

    async def ask(client: RaasClient) -> list[Authorisation]:
        return await client.authorisations(register=number, active_on=day).all()

    _write(server.ask(ask), as_json=server.as_json)


@authorisations.command("grant")
@server_command
def grant_authorisation(
    server: ServerOptions,
    owner: Annotated[str, typer.Argument(metavar="NUMBER", help="The enterprise number of the register.")],
    deliberation: Annotated[str, typer.Argument(metavar="TEXT", help="The reference of the deliberation.")],
    valid_from: Annotated[str, typer.Option("--from", metavar="DAY", help="The first day of validity.")],
    valid_until: Until = None,
    fields: Annotated[
        list[str] | None,
        typer.Option("--field", metavar="NAME", help="Only this field, such as last_name; may be repeated."),
    ] = None,
    dossier_types: Types = None,
    partner: Annotated[
        str | None,
        typer.Option(metavar="NUMBER", help="Only the dossier types that are kept for this organisation."),
    ] = None,
    in_context: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Only calls in this legal context.")
    ] = None,
) -> None:
    """Let a register see the identities of persons whom it knows, once it is confirmed."""
    number, kept_for = parse_enterprise_number(owner), partner and parse_enterprise_number(partner)
    first, last = parse_day(valid_from), valid_until and parse_day(valid_until)

    async def ask(client: RaasClient) -> Authorisation:
        return await client.grant_authorisation(
            _SERVICE,
            number,
            deliberation,
            valid_from=first,
            valid_until=last,
            fields=fields or (),
            dossier_types=dossier_types or (),
            partner=kept_for,
            legal_context=in_context,
        )

    _write([server.ask(ask)], as_json=server.as_json)


@authorisations.command("confirm")
@server_command
def confirm_authorisation(server: ServerOptions, authorisation_id: AuthorisationId) -> None:
    """Confirm an authorisation, as the second administrator."""

    async def ask(client: RaasClient) -> Authorisation:
        return await client.confirm_authorisation(authorisation_id)

    _write([server.ask(ask)], as_json=server.as_json)


@authorisations.command("revoke")
@server_command
def revoke_authorisation(server: ServerOptions, authorisation_id: AuthorisationId) -> None:
    """End an authorisation at once."""

    async def ask(client: RaasClient) -> Authorisation:
        return await client.revoke_authorisation(authorisation_id)

    _write([server.ask(ask)], as_json=server.as_json)


def _write(found: list[Authorisation], *, as_json: bool) -> None:
    if as_json:
        for each in found:
            write_json(each)
        return
    write_table(
        (tr("ID"), tr("REGISTER"), tr("FIELDS"), tr("FROM"), tr("UNTIL"), tr("STATE")),
        [
            (
                each.id,
                each.register,
                ",".join(each.fields) or tr("all"),
                each.valid_from,
                each.valid_until,
                _state(each),
            )
            for each in found
        ],
    )


def _state(authorisation: Authorisation) -> str:
    if authorisation.HasField("revoke_time"):
        return tr("revoked")
    return tr("awaits a second administrator") if authorisation.awaits_confirmation else ""
