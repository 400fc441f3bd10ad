"""`raas trim`: deletes the oldest part of logs while servers run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated

import typer

from raas.cli.database.age import parse_age
from raas.cli.database.connection import (
    AllRegisters,
    DatabaseUrl,
    DataDir,
    Ending,
    OneRegister,
    chosen_register,
    work_on_database,
)
from raas.cli.server.options import Json
from raas.cli.terminal.exits import Exit
from raas.cli.terminal.progress import Meter

if TYPE_CHECKING:
    from raas.domain.json_value import JsonObject
    from raas.domain.numbers.enterprise_number import EnterpriseNumber
    from raas.domain.registers.register import Register
    from raas.ops.settings import Settings
    from raas.usecases.admin.trim import TrimProgress


def trim(
    older_than: Annotated[
        str | None,
        typer.Option(metavar="AGE", help="Delete mutations that are older: '90 days', '12 months'."),
    ] = None,
    before_revision: Annotated[
        int | None,
        typer.Option(
            metavar="REVISION", min=0, help="Delete mutations before this revision of one register."
        ),
    ] = None,
    register: OneRegister = None,
    all_registers: AllRegisters = False,
    force: Annotated[
        bool,
        typer.Option("--force", help="Also delete what active subscribers have not acknowledged."),
    ] = False,
    database_url: DatabaseUrl = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Delete the oldest part of the log of one register or of all.

    Mutations are deleted, and with them the states before the new beginning. Dossiers and their lines do not
    change, and the state at the new beginning can still be queried. Without this command logs are kept
    forever. It works in steps while servers run; after an interruption the same command continues.

    Trimming stops at the revision that the slowest active subscriber has acknowledged, and names it, unless
    it is forced. A named subscriber is active for 90 days after it was last seen.

    Exit status: 0 trimmed as far as requested, 4 held back by a subscriber, 1 failed, 130 interrupted.
    """
    if (older_than is None) == (before_revision is None):
        raise typer.BadParameter("give either --older-than AGE or --before-revision REVISION")
    if before_revision is not None and all_registers:
        raise typer.BadParameter(
            "--before-revision goes with --register NUMBER: every register has revisions of its own"
        )
    from raas.usecases.admin.command_record import Command

    number = chosen_register(register, all_registers)
    oldest = before_revision if before_revision is not None else parse_age(older_than or "")
    told: dict[Register, TrimProgress] = {}

    def work(dsn: str, _: Settings) -> None:
        from raas.maintenance import database as maintenance

        with Meter("mutations", quiet=as_json) as meter:

            def progress(each: Register, trimmed: TrimProgress) -> None:
                told[each] = trimmed
                meter.show(sum(t.deleted for t in told.values()), more=f", {len(told):,} registers")

            maintenance.trim(dsn, number, oldest, force=force, progress=progress)

    parameters: JsonObject = {"force": force, "all": all_registers}
    if older_than is not None:
        parameters = {**parameters, "older_than": older_than}
    if before_revision is not None:
        parameters = {**parameters, "before_revision": before_revision}
    command = Command("raas trim", parameters, number)
    ending = work_on_database(database_url, data_dir, work, command)
    if ending.status is Exit.DONE and any(trimmed.held_by for trimmed in told.values()):
        ending = Ending(Exit.HELD_BACK)
    ending.tell(
        {"registers": [_as_json(register, trimmed) for register, trimmed in told.items()]},
        "\n".join(_sentences(told, every=number is not None)),
        as_json=as_json,
    )


def _as_json(register: Register, trimmed: TrimProgress) -> dict[str, object]:
    holder = trimmed.held_by
    return {
        "register": _number(register.enterprise_number),
        "deleted": trimmed.deleted,
        "oldest_revision": trimmed.oldest_revision,
        "goal": trimmed.goal,
        "held_by": {"caller": holder.caller, "name": holder.name} if holder else None,
    }


def _sentences(told: Mapping[Register, TrimProgress], *, every: bool) -> Iterator[str]:
    """One sentence per register (`every`) or per register that changed, and a total."""
    for register, trimmed in told.items():
        if every or trimmed.deleted or trimmed.held_by:
            yield _sentence(register, trimmed)
    if told and not every:
        yield f"registers: {len(told):,}; mutations deleted: {sum(t.deleted for t in told.values()):,}"


def _sentence(register: Register, trimmed: TrimProgress) -> str:
    begins = f"the log begins at revision {trimmed.oldest_revision}"
    if holder := trimmed.held_by:
        begins += (
            f"; the rest is kept for subscriber {holder.name!r} of {holder.caller}, which has not "
            "acknowledged it (--force deletes it)"
        )
    elif trimmed.oldest_revision < trimmed.goal:
        begins += f", before the batch that contains revision {trimmed.goal}"
    return f"{_number(register.enterprise_number)}: {trimmed.deleted:,} mutations deleted; {begins}"


def _number(number: EnterpriseNumber) -> str:
    from raas.domain.numbers.enterprise_number import enterprise_number_text

    return enterprise_number_text(number)
