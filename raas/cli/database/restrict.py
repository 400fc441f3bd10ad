"""`raas restrict`: a mistaken inscription that was removed, left out of reads of earlier states."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from raas.cli.database.connection import DatabaseUrl, DataDir, work_on_database
from raas.cli.database.erase import parse_person
from raas.cli.database.grounds import Reason, Register, Ticket, read_grounds, read_number, unfit
from raas.cli.database.restriction_table import days_text, restriction_json
from raas.cli.server.options import Json
from raas.cli.terminal.days import parse_day

if TYPE_CHECKING:
    from raas.domain.calendar.periods import Period
    from raas.domain.registers.restriction import Restriction
    from raas.ops.settings import Settings

T = TypeVar("T")


def restrict(
    niss: Annotated[
        str,
        typer.Argument(
            metavar="NISS",
            help="A number of the person; - reads it from standard input, where other users cannot see it.",
        ),
    ],
    dossier_type: Annotated[str, typer.Argument(metavar="TYPE", help="The code of the dossier type.")],
    begin: Annotated[
        str | None,
        typer.Argument(metavar="BEGIN", help="The first day of the mistaken inscription; or --revision."),
    ] = None,
    end: Annotated[
        str | None, typer.Argument(metavar="END", help="Its last day; without it the period is open.")
    ] = None,
    *,
    register: Register,
    reason: Reason,
    ticket: Ticket,
    revision: Annotated[
        int | None,
        typer.Option(metavar="REVISION", min=1, help="The revision that made the mistaken inscription."),
    ] = None,
    removed_by: Annotated[
        int | None,
        typer.Option(
            metavar="REVISION", min=1, help="With --revision: the one that removed it; by default the last."
        ),
    ] = None,
    database_url: DatabaseUrl = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Restrict a mistaken inscription that was removed: reads of earlier states leave it out.

    Reads as of an earlier revision or instant, GetHistory and ExplainDossier then answer as if the days had
    never been inscribed, under all numbers of the person; an organisation with the role AUDITOR still sees
    them. The log and the streams keep all mutations, so that checksums still match.

    Give the days (BEGIN, END), which are left out of all states up to now, or with --revision the mutation
    that inscribed them: then an earlier or later inscription of the same days is still shown. Remove the
    inscription first. `raas restrictions lift` ends the effect. The command is recorded.

    Exit status: 0 restricted, 1 failed, 130 interrupted.
    """
    from raas.usecases.admin.command_record import Command
    from raas.usecases.admin.restrict import Inscription

    if (begin is None) == (revision is None) or (removed_by is not None and revision is None):
        raise typer.BadParameter("give either BEGIN or --revision; --removed-by needs --revision")
    faults: list[str] = []
    number = _read(faults, lambda: read_number(register))
    person = _read(faults, lambda: parse_person(niss, "NISS"))
    period = None if begin is None else _read(faults, lambda: _period(begin, end))
    grounds = _read(faults, lambda: read_grounds(reason, ticket))
    if faults or number is None or person is None or grounds is None:
        raise typer.BadParameter("\n".join(faults))
    which = Inscription(person, dossier_type, period, revision, removed_by)
    made: list[Restriction] = []

    def work(dsn: str, settings: Settings) -> None:
        from raas.maintenance.restrictions import restrict as restrict_inscription

        made.append(restrict_inscription(dsn, settings, number, which, grounds))

    command = Command(
        "raas restrict",
        {
            "dossier_type": dossier_type,
            "begin": begin,
            "end": end,
            "revision": revision,
            "removed_by": removed_by,
            "ticket": ticket,
        },
        number,
        touched=[person],
    )
    ending = work_on_database(database_url, data_dir, work, command)
    if not made:
        ending.tell({}, "", as_json=as_json)
    (restriction,) = made
    sentence = (
        f"restricted from revision {restriction.first_revision} through {restriction.last_revision}: "
        f"{days_text(restriction)}; the id of the restriction is {restriction.id}"
    )
    ending.tell({"restriction": restriction_json(restriction)}, sentence, as_json=as_json)


def _read(faults: list[str], read: Callable[[], T]) -> T | None:
    """The value of an argument; None = its fault was added."""
    try:
        return read()
    except typer.BadParameter as bad:
        faults.append(bad.message)
        return None


def _period(begin: str, end: str | None) -> Period:
    """The days as written; without an end, every later day, as for a removal. Raises BadParameter."""
    from raas.domain.calendar.day import parse_period, through_open_end

    found = parse_period("period", parse_day(begin), end and parse_day(end), begin_required=True)
    if isinstance(found, list):
        raise unfit(found)
    return through_open_end(found)
