"""`raas erase`: erases facts about people that are stored beside the logs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from raas.cli.database.age import parse_age
from raas.cli.database.connection import DatabaseUrl, DataDir, work_on_database
from raas.cli.server.options import Json
from raas.cli.terminal.progress import Meter

if TYPE_CHECKING:
    from raas.domain.numbers.niss import Niss
    from raas.ops.settings import Settings

_DEFAULT_AGE = "12 months"


def erase(
    older_than: Annotated[
        str | None,
        typer.Option(metavar="AGE", help="Erase what is older: '12 months', the default, or '90 days'."),
    ] = None,
    niss: Annotated[
        str | None,
        typer.Option(
            metavar="NISS",
            help="Erase everything about this person instead, under all numbers of the person; "
            "- reads the number from standard input, where other users cannot see it.",
        ),
    ] = None,
    database_url: DatabaseUrl = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Erase facts about people that are stored beside the logs, by age or by person.

    The contents of mutations (an identity before and after a change, the payload of an event) are stored
    beside the logs, once for all registers. The mutations and their checksums stay; the time of the erasure
    replaces the content. Dossiers and the persons of the authentic source are not changed.

    The command works in batches while servers run. After an interruption the same command continues. Older
    backups still hold the contents.

    Exit status: 0 everything is erased, 1 failed, 130 interrupted.
    """
    if older_than is not None and niss is not None:
        raise typer.BadParameter("give either --older-than AGE or --niss NISS")
    from raas.usecases.admin.command_record import Command

    what = parse_age(older_than or _DEFAULT_AGE) if niss is None else parse_person(niss, "--niss")
    erased = 0

    def work(dsn: str, settings: Settings) -> None:
        from raas.maintenance import database as maintenance
        from raas.wiring.audit import journal_of

        with Meter("contents", quiet=as_json) as meter:

            def progress(so_far: int) -> None:
                nonlocal erased
                erased = so_far
                meter.show(so_far)

            maintenance.erase(dsn, what, progress, journal_of(settings))

    if niss is None:
        command = Command("raas erase", {"older_than": older_than or _DEFAULT_AGE})
    else:
        assert isinstance(what, int)
        command = Command("raas erase", {"of": "person"}, touched=[what])
    ending = work_on_database(database_url, data_dir, work, command)
    sentence = "" if ending.text and not erased else f"{erased:,} contents erased"
    ending.tell({"erased": erased}, sentence, as_json=as_json)


def parse_person(text: str, name: str) -> Niss:
    """The number in the parameter `name`, fictitious persons included. Raises BadParameter."""
    from raas.domain.calendar.day import brussels_day
    from raas.domain.invalid import Invalid
    from raas.domain.numbers.niss import NissProfile, parse_niss
    from raas.domain.sentences import DEFAULT_LANGUAGE, sentence

    written = typer.get_text_stream("stdin").readline().strip() if text == "-" else text
    try:
        return parse_niss(written, NissProfile.TEST, brussels_day(datetime.now(UTC)))
    except Invalid as invalid:
        raise typer.BadParameter(
            f"{name}: {sentence(str(invalid), DEFAULT_LANGUAGE, invalid.values)}"
        ) from None
