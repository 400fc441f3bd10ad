"""`raas admissions`: the admissions of organisations to production."""

from __future__ import annotations

from typing import Annotated

import typer

from raas.cli.commands.rights.mandates import ActiveOn
from raas.cli.commands.rights.roles import Number
from raas.cli.server.command import ServerOptions, server_command
from raas.cli.terminal.days import parse_day, parse_enterprise_number
from raas.cli.terminal.table import write_json, write_table
from raas.cli.texts import tr
from raas.v1.admission_pb2 import Admission
from raas_client import RaasClient

admissions = typer.Typer(
    help="The admissions of organisations to production.", no_args_is_help=True, rich_markup_mode=None
)


@admissions.command("list")
@server_command
def list_admissions(
    server: ServerOptions,
    organisation: Annotated[
        str | None, typer.Option(metavar="NUMBER", help="Only the admissions of this organisation.")
    ] = None,
    active_on: ActiveOn = None,
) -> None:
    """List the admissions, also those that were replaced. With --json, one object per admission."""
    number, day = organisation and parse_enterprise_number(organisation), active_on and parse_day(active_on)

    async def ask(client: RaasClient) -> list[Admission]:
        return await client.admissions(enterprise_number=number, active_on=day).all()

    _write(server.ask(ask), as_json=server.as_json)


@admissions.command("set")
@server_command
def set_admission(
    server: ServerOptions,
    organisation: Number,
    adviser: Annotated[
        str, typer.Option(metavar="TEXT", help="The security adviser: a name, or how to reach this person.")
    ],
    officer: Annotated[
        str,
        typer.Option(
            metavar="TEXT", help="The data protection officer: a name, or how to reach this person."
        ),
    ],
    norms: Annotated[
        str, typer.Option(metavar="VERSION", help="The version of the security norms that it has accepted.")
    ],
    until: Annotated[str, typer.Option(metavar="DAY", help="The last day of the admission.")],
    suspended: Annotated[
        bool, typer.Option("--suspended", help="Admit it no longer, until its admission is set again.")
    ] = False,
) -> None:
    """Admit an organisation to production, or suspend it; replaces its admission."""
    number, last = parse_enterprise_number(organisation), parse_day(until)

    async def ask(client: RaasClient) -> Admission:
        return await client.set_admission(
            number,
            security_adviser=adviser,
            data_protection_officer=officer,
            norms_version=norms,
            valid_until=last,
            suspended=suspended,
        )

    _write([server.ask(ask)], as_json=server.as_json)


def _write(found: list[Admission], *, as_json: bool) -> None:
    if as_json:
        for each in found:
            write_json(each)
        return
    write_table(
        (
            tr("ORGANISATION"),
            tr("SECURITY ADVISER"),
            tr("PROTECTION OFFICER"),
            tr("NORMS"),
            tr("UNTIL"),
            tr("STATE"),
        ),
        [
            (
                each.enterprise_number,
                each.security_adviser,
                each.data_protection_officer,
                each.norms_version,
                each.valid_until,
                _state(each),
            )
            for each in found
        ],
    )


def _state(admission: Admission) -> str:
    if admission.HasField("replace_time"):
        return tr("replaced")
    return tr("suspended") if admission.suspended else ""
