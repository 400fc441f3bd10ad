"""The beginning of an import: what is wrong before its first row, its encoding, and its id."""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn
from uuid import uuid4

import typer

from raas.cli.imports.errors import FileChanged, HeaderInvalid, ImportRefused, Unreadable
from raas.cli.imports.files.source import Source
from raas.cli.imports.files.table import UTF_8
from raas.cli.imports.state import content_id
from raas.cli.server.refusal import Refusal
from raas.cli.terminal.exits import Exit, fail
from raas.cli.texts import tr


@contextmanager
def reporting(file: str, as_json: bool) -> Iterator[None]:
    """End the command with a sentence for what is wrong before the first row."""

    def refuse(reason: str, text: str, status: Exit = Exit.FAILED) -> NoReturn:
        if as_json:
            failure = Refusal("FAILED_PRECONDITION", reason, tuple(text.splitlines()))
            typer.echo(json.dumps({"complete": False, "rows": 0, "applied": 0, "error": failure.as_json()}))
        fail(text, status)

    try:
        yield
    except HeaderInvalid as wrong:
        refuse(wrong.reason, tr("{file}: the header cannot be used", file=file) + f"\n{wrong}")
    except ImportRefused as refused:
        refuse(refused.reason, str(refused))
    except FileChanged as changed:
        refuse("FILE_CHANGED", str(changed))
    except Unreadable as error:
        refuse("UNREADABLE", f"{file}: {error}")
    except OSError as error:
        refuse("IO_ERROR", f"{file}: {error.strerror or error}")
    except KeyboardInterrupt:
        refuse("INTERRUPTED", tr("interrupted"), Exit.INTERRUPTED)


def derived_id(source: Source, encoding: str, date_format: str) -> str:
    """The import id of a file; options that change what its rows mean make another import of it."""
    if source.digest is None or source.size is None:
        return uuid4().hex
    defaults = (UTF_8, "YYYY-MM-DD")
    chosen = (codecs.lookup(encoding).name, date_format.upper())
    return content_id(source.digest, source.size, "" if chosen == defaults else "/".join(chosen))


def require_encoding(encoding: str) -> None:
    """Raise BadParameter for an encoding that does not exist."""
    try:
        "".encode(encoding)  # refuses codecs that are none of text too
    except LookupError:
        raise typer.BadParameter(tr("--encoding {name} is unknown", name=encoding)) from None
