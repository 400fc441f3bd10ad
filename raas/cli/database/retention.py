"""`raas retention`: how long each class of data is kept, what is due, and its removal."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Annotated

import typer

from raas.cli.database.age import parse_age
from raas.cli.database.connection import DatabaseUrl, DataDir, Ending, chosen_register, work_on_database
from raas.cli.database.retention_table import outcome_json, write_outcomes
from raas.cli.server.options import Json
from raas.cli.terminal.exits import Exit
from raas.cli.terminal.progress import Meter

if TYPE_CHECKING:
    from raas.domain.calendar.age import Age
    from raas.domain.json_value import JsonObject
    from raas.ops.settings import Settings
    from raas.usecases.retention.classes import DataClass
    from raas.usecases.retention.removal import Outcome

_CONTENTS, _AUDIT, _NEVER = "12 months", "120 months", "never"


def retention(
    execute: Annotated[
        bool, typer.Option("--execute", help="Remove what is due; otherwise it is only counted.")
    ] = False,
    only: Annotated[
        list[str] | None,
        typer.Option(metavar="CLASS", help="Only lines, log, contents, requests or audit; may be repeated."),
    ] = None,
    register: Annotated[
        str | None,
        typer.Option(metavar="NUMBER", help="Only the lines and the log of this register."),
    ] = None,
    log_older_than: Annotated[
        str, typer.Option(metavar="AGE", help="The period of the log: '24 months', or never, the default.")
    ] = _NEVER,
    contents_older_than: Annotated[
        str, typer.Option(metavar="AGE", help="The period of contents; '12 months' by default, or never.")
    ] = _CONTENTS,
    audit_older_than: Annotated[
        str, typer.Option(metavar="AGE", help="The period of the audit; '120 months' by default, or never.")
    ] = _AUDIT,
    database_url: DatabaseUrl = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Show how long each class of data is kept and what is due; with --execute, remove that.

    Lines are removed once they ended longer ago than their dossier type says (keep_after_end): subscribers
    receive mutations REMOVED of the application `raas retention`. The log is trimmed as by `raas trim`,
    contents are erased as by `raas erase`, also those about persons that no register knows any more, and the
    oldest months of the audit are removed as by `raas audit remove`. docs/retention.md has the grounds.

    The command works in batches while servers run, with pauses; after an interruption the same command
    continues. It is recorded.

    Exit status: 0 shown or removed, 4 the log is held back by a subscriber, 1 failed, 130 interrupted.
    """
    from raas.usecases.admin.command_record import Command
    from raas.usecases.retention.classes import Periods

    number = None if register is None else chosen_register(register, all_registers=False)
    classes = _classes(only, of_register=number is not None)
    periods = Periods(_age(log_older_than), _age(contents_older_than), _age(audit_older_than))
    outcomes: list[Outcome] = []

    def work(dsn: str, settings: Settings) -> None:
        from raas.maintenance.retention import retain

        with Meter("removed", quiet=as_json or not execute) as meter:

            def progress(data_class: DataClass, removed: int) -> None:
                meter.show(removed, more=f" ({data_class})")

            told = progress if execute else None
            retain(dsn, settings, number, classes, periods, outcomes.append, told)

    parameters: JsonObject = {
        "execute": execute,
        "classes": list(classes),
        "log_older_than": log_older_than,
        "contents_older_than": contents_older_than,
        "audit_older_than": audit_older_than,
    }
    ending = work_on_database(database_url, data_dir, work, Command("raas retention", parameters, number))
    if ending.status is Exit.DONE and any(each.is_held_back for each in outcomes):
        ending = Ending(Exit.HELD_BACK)
    if not as_json:
        write_outcomes(outcomes, periods, executed=execute, whole=number is None and not only)
    shown = [outcome_json(each, periods) for each in outcomes]
    ending.tell({"executed": execute, "classes": shown}, "", as_json=as_json)


def _classes(only: Collection[str] | None, *, of_register: bool) -> list[DataClass]:
    """The classes of `--only`, or all. Raises BadParameter."""
    from raas.usecases.retention.classes import OF_REGISTERS, REMOVED

    allowed = OF_REGISTERS if of_register else REMOVED
    if not only:
        return list(allowed)
    if unknown := set(only) - {*allowed}:
        raise typer.BadParameter(
            f"--only {', '.join(sorted(unknown))}: it is one of {', '.join(allowed)}"
            + (" with --register" if of_register else "")
        )
    return [each for each in allowed if each in only]


def _age(text: str) -> Age | None:
    return None if text == _NEVER else parse_age(text)
