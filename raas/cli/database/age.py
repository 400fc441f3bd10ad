"""An age as it is written on a command line: `12 months`, `90 days`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from raas.domain.calendar.age import Age

_AGE = re.compile(r"\s*([0-9]+)\s*(day|month)s?\s*")
_DIGITS = 6
"""More digits than the largest age has; int() refuses texts of some thousands."""


def parse_age(text: str) -> Age:
    """The age as it is written, at least a day. Raises BadParameter."""
    from raas.domain.calendar.age import MAX_DAYS, MAX_MONTHS, Age

    found = _AGE.fullmatch(text)
    if found and len(found[1]) <= _DIGITS:
        number, days = int(found[1]), found[2] == "day"
        if 1 <= number <= (MAX_DAYS if days else MAX_MONTHS):
            return Age(days=number) if days else Age(months=number)
    raise typer.BadParameter(
        f"write an age as '90 days' or '12 months': 1 to {MAX_DAYS} days, or 1 to {MAX_MONTHS} months"
    )
