"""Tables and JSON on standard output."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Sequence

import typer
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message
from rich.cells import cell_len

_GAP = "  "


def write_table(headers: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write aligned columns, without control characters; on a terminal the headers are bold.

    Nothing is cut off, however wide it is.
    """
    cells = [[plain(str(cell)) for cell in row] for row in rows]
    widths = [max(map(cell_len, column)) for column in zip(headers, *cells, strict=True)]
    lines = [_line(row, widths) for row in cells]
    typer.echo(typer.style(_line(headers, widths), bold=True) if has_colour() else _line(headers, widths))
    for line in lines:
        typer.echo(line)


def write_json(message: Message) -> None:
    """Write a message as one line of JSON."""
    typer.echo(json.dumps(MessageToDict(message)))


def has_colour() -> bool:
    """Whether standard output is a terminal of a user who has not set NO_COLOR."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def plain(text: str) -> str:
    """The text without characters that control a terminal."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = (cell + " " * (width - cell_len(cell)) for cell, width in zip(cells, widths, strict=True))
    return _GAP.join(padded).rstrip()
