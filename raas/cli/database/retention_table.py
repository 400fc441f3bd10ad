"""The classes of data as `raas retention` writes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import typer

from raas.cli.terminal.table import write_table

if TYPE_CHECKING:
    from raas.usecases.retention.classes import Periods
    from raas.usecases.retention.removal import Outcome, Part

_GROUNDS: Mapping[str, str] = {
    "lines": "the purpose of the dossier type",
    "log": "proof of earlier states, resuming",
    "contents": "telling registers what changed",
    "requests": "answering a repeated request once",
    "audit": "proof of who saw what",
    "persons": "being the authentic source",
    "files": "imports, exports, reports",
    "backups": "restore after a loss",
}
_EFFECTS: Mapping[str, str] = {
    "lines": "removed; mutations REMOVED tell the subscribers",
    "log": "trimmed; earlier states can no longer be asked",
    "contents": "erased beside the log; checksums stay",
    "requests": "deleted; servers do it each hour",
    "audit": "months are removed; the rest stays provable",
    "persons": "not removed by RaaS",
    "files": "delete them where they were written",
    "backups": "delete them; no longer than the shortest period",
}


def write_outcomes(outcomes: Sequence[Outcome], periods: Periods, *, executed: bool, whole: bool) -> None:
    """Write the classes as a table, and below it the parts of those that have some.

    `whole`: also the classes that the organisation itself removes.
    """
    from raas.usecases.retention.classes import REMOVED, DataClass
    from raas.usecases.retention.removal import period_text

    if not outcomes:
        return
    numbers = {outcome.data_class: f"{outcome.number:,}" for outcome in outcomes}
    shown = list(numbers) + ([each for each in DataClass if each not in REMOVED] if whole else [])
    write_table(
        ("CLASS", "GROUND", "PERIOD", "EFFECT", "REMOVED" if executed else "DUE"),
        [
            (each.value, _GROUNDS[each], period_text(each, periods), _EFFECTS[each], numbers.get(each, ""))
            for each in shown
        ],
    )
    parts = [part for outcome in outcomes for part in outcome.parts if part.number or part.held_by]
    if parts:
        typer.echo("")
    for part in parts:
        typer.echo(_sentence(part, executed=executed))


def outcome_json(outcome: Outcome, periods: Periods) -> dict[str, object]:
    """A class as an object of JSON."""
    from raas.usecases.retention.removal import period_text

    return {
        "class": outcome.data_class.value,
        "period": period_text(outcome.data_class, periods),
        "number": outcome.number,
        "parts": [dict(_fields(part)) for part in outcome.parts],
    }


def _fields(part: Part) -> Iterator[tuple[str, object]]:
    if part.register is not None:
        yield "register", _register(part)
    if part.lines is not None:
        from raas.domain.calendar.duration import duration_text

        yield "dossier_type", part.lines.dossier_type
        yield "keep_after_end", duration_text(part.lines.keep_after_end)
        yield "dossiers", part.lines.dossiers
    yield "number", part.number
    yield "things", part.things
    if part.held_by:
        yield "held_by", {"caller": part.held_by.caller, "name": part.held_by.name}


def _sentence(part: Part, *, executed: bool) -> str:
    whose = [] if part.register is None else [_register(part)]
    whose += [] if part.lines is None else [part.lines.dossier_type]
    text = f"{part.things} {'removed' if executed else 'due'}: {part.number:,}"
    if part.lines is not None:
        text += f"; dossiers: {part.lines.dossiers:,}"
    if part.held_by is not None:
        text += f"; the rest is kept for subscriber {part.held_by.name!r} of {part.held_by.caller}"
    return f"{' '.join(whose)}: {text}" if whose else text


def _register(part: Part) -> str:
    from raas.domain.numbers.enterprise_number import enterprise_number_text

    assert part.register is not None
    return enterprise_number_text(part.register)
