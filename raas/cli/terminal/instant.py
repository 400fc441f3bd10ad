"""An instant as it is written on a command line."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from raas.cli.texts import tr

AtTime = Annotated[
    str | None,
    typer.Option(
        metavar="INSTANT",
        help="The state as known then: 2024-03-01T12:00:00+01:00, or ending in Z.",
    ),
]


def parse_instant(text: str | None, option: str) -> datetime | None:
    """The instant of an option, with its time zone. Raises BadParameter, which names the option."""
    if text is None:
        return None
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"{option}: {error}") from None
    if instant.tzinfo is None:
        raise typer.BadParameter(tr("{option} needs an offset from UTC, such as +01:00 or Z", option=option))
    return instant
