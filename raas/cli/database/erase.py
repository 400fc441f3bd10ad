"""`raas erase`: erases facts about people that stand beside the logs, which stay whole."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from raas.cli.database.age import parse_age
from raas.cli.database.connection import DatabaseUrl, DataDir, work_on_database
from raas.cli.server.connection import Json
from raas.cli.terminal.progress import Meter

if TYPE_CHECKING:
    from raas.domain.numbers.niss import Niss


def erase(
    older_than: Annotated[
        str | None,
        typer.Option(
            metavar="AGE", help="What was recorded so long ago; '12 months' by default, or '90 days'."
        ),
    ] = None,
    niss: Annotated[
        str | None,
        typer.Option(
            metavar="NISS",
            help="Instead, everything about this person, under whichever of its numbers it was recorded; "
            "- reads it from standard input, where others on this machine cannot see it.",
        ),
    ] = None,
    database_url: DatabaseUrl = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Erase what news about people says, by age or by person.

    The contents of news, an identity before and after or the payload of an event, stand beside
    the logs, once for all registers. The mutations stay, with the time of the erasure in their place, and so
    do the checksums; dossiers and the persons of the authentic source are not touched.

    It goes in batches, while servers run; what is erased stays so, and after an interruption the same command
    goes on. Backups that were made before still hold what is erased.

    Exit status: 0 all erased (or nothing was there), 1 failed, 130 interrupted.
    """
    if older_than is not None and niss is not None:
        raise typer.BadParameter("give either --older-than AGE or --niss NISS")
    what = parse_age(older_than or "12 months") if niss is None else _parse_niss(niss)
    erased = 0

    def work(dsn: str) -> None:
        from raas import maintenance as upkeep

        with Meter("contents", quiet=as_json) as meter:

            def progress(so_far: int) -> None:
                nonlocal erased
                erased = so_far
                meter.show(so_far)

            upkeep.erase(dsn, what, progress)

    ending = work_on_database(database_url, data_dir, work)
    sentence = "" if ending.text and not erased else f"{erased:,} contents erased"
    ending.tell({"erased": erased}, sentence, as_json=as_json)


def _parse_niss(text: str) -> Niss:
    """The number, of a fictitious person too: whoever was told about may be forgotten."""
    from raas.domain.calendar.day import brussels_day
    from raas.domain.invalid import Invalid
    from raas.domain.numbers.niss import NissProfile, parse_niss
    from raas.domain.sentences import DEFAULT_LANGUAGE, sentence

    written = typer.get_text_stream("stdin").readline().strip() if text == "-" else text
    try:
        return parse_niss(written, NissProfile.TEST, brussels_day(datetime.now(UTC)))
    except Invalid as invalid:
        raise typer.BadParameter(
            f"--niss: {sentence(str(invalid), DEFAULT_LANGUAGE, invalid.values)}"
        ) from None
