"""`raas restrictions`: the restrictions of a register, and the end of one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from raas.cli.database.connection import DatabaseUrl, DataDir, Ending, work_on_database
from raas.cli.database.grounds import Reason, Register, Ticket, read_grounds, read_number
from raas.cli.database.restriction_table import HEADERS, restriction_json, restriction_row
from raas.cli.server.options import Json
from raas.cli.terminal.exits import Exit
from raas.cli.terminal.table import write_table

if TYPE_CHECKING:
    from raas.domain.registers.restriction import Restriction
    from raas.ops.settings import Settings

restrictions = typer.Typer(
    help="The restricted inscriptions of a register; see `raas restrict`.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@restrictions.command("list")
def list_restrictions(
    register: Register,
    database_url: DatabaseUrl = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """List the restrictions of a register, lifted ones too, the oldest first.

    Exit status: 0 listed, 1 failed, 130 interrupted.
    """
    from raas.usecases.admin.command_record import Command

    number = read_number(register)
    found: list[Restriction] = []

    def work(dsn: str, _: Settings) -> None:
        from raas.maintenance.restrictions import restrictions as restrictions_of

        found.extend(restrictions_of(dsn, number))

    ending = work_on_database(
        database_url, data_dir, work, Command("raas restrictions list", register=number)
    )
    if not as_json and not ending.text:
        write_table(HEADERS, map(restriction_row, found))
    ending.tell({"restrictions": [restriction_json(each) for each in found]}, "", as_json=as_json)


@restrictions.command("lift")
def lift_restriction(
    restriction: Annotated[UUID, typer.Argument(metavar="ID", help="The id of the restriction.")],
    register: Register,
    reason: Reason,
    ticket: Ticket,
    database_url: DatabaseUrl = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """End the effect of a restriction: reads of earlier states show the inscription again.

    Exit status: 0 lifted, 1 failed, 130 interrupted.
    """
    from raas.usecases.admin.command_record import Command

    number, grounds = read_number(register), read_grounds(reason, ticket)
    lifted = False

    def work(dsn: str, settings: Settings) -> None:
        nonlocal lifted
        from raas.maintenance.restrictions import lift

        lifted = lift(dsn, settings, number, restriction, grounds)

    command = Command("raas restrictions lift", {"restriction": str(restriction), "ticket": ticket}, number)
    ending = work_on_database(database_url, data_dir, work, command)
    if not lifted and ending.status is Exit.DONE:
        unknown = "the register has no restriction with this id that is not lifted"
        ending = Ending(Exit.FAILED, "RESTRICTION_UNKNOWN", unknown)
    ending.tell({"lifted": lifted}, "lifted" if lifted else "", as_json=as_json)
