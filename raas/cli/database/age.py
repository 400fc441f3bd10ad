"""An age as it is written on a command line: `12 months`, `90 days`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from raas.domain.calendar.age import Age

_AGE = re.compile(r"\s*(\d+)\s*(day|month)s?\s*")


def parse_age(text: str) -> Age:
    """The age of `--older-than`. Raises BadParameter."""
    from raas.domain.calendar.age import MAX_DAYS, MAX_MONTHS, Age

    if found := _AGE.fullmatch(text):
        number, days = int(found[1]), found[2] == "day"
        if number <= (MAX_DAYS if days else MAX_MONTHS):
            return Age(days=number) if days else Age(months=number)
    raise typer.BadParameter(
        f"write --older-than as '90 days' or '12 months'; at most {MAX_DAYS} days or {MAX_MONTHS} months"
    )
