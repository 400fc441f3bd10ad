"""The exit statuses of the commands, and how a command ends with one."""

from __future__ import annotations

from enum import IntEnum
from typing import NoReturn

import typer


class Exit(IntEnum):
    """0 only when all went well; 2 is kept for a command line that cannot be understood."""

    DONE = 0
    FAILED = 1
    ROWS_REJECTED = 3
    HELD_BACK = 4
    INTERRUPTED = 130


def fail(sentence: str, status: Exit = Exit.FAILED) -> NoReturn:
    """Say why on standard error and end."""
    typer.echo(f"raas: {sentence}", err=True)
    raise typer.Exit(status)
