"""The exit statuses of the commands."""

from __future__ import annotations

from enum import IntEnum
from typing import NoReturn

import typer


class Exit(IntEnum):
    """DONE only when everything succeeded; 2 stands for an invalid command line."""

    DONE = 0
    FAILED = 1
    ROWS_REJECTED = 3
    HELD_BACK = 4
    UNSOUND = 5
    INTERRUPTED = 130


def fail(sentence: str, status: Exit = Exit.FAILED) -> NoReturn:
    """Write the sentence to standard error and end the command."""
    typer.echo(f"raas: {sentence}", err=True)
    raise typer.Exit(status)
