"""An instant as it is written on a command line."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer
from google.protobuf.timestamp_pb2 import Timestamp

AtTime = Annotated[
    str | None,
    typer.Option(metavar="INSTANT", help="As it was known then: 2024-03-01T12:00:00+01:00, or ending in Z."),
]


def parse_instant(text: str | None) -> Timestamp | None:
    """The instant of `--at-time`; what is none is a wrong command line."""
    if text is None:
        return None
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"--at-time: {error}") from None
    if instant.tzinfo is None:
        raise typer.BadParameter("--at-time needs its offset from UTC, such as +01:00 or Z")
    timestamp = Timestamp()
    timestamp.FromDatetime(instant)
    return timestamp
