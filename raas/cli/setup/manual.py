"""`raas manual`: manual pages of all commands, for man(1)."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import typer

from raas.cli.texts import tr


def manual(
    command: typer.Context,
    directory: Annotated[
        Path, typer.Argument(metavar="DIRECTORY", help="Where to write the pages, such as share/man/man1.")
    ],
) -> None:
    """Write the manual pages raas.1, raas-import.1, …; then `man -l DIRECTORY/raas-import.1`."""
    root = command.find_root()
    directory.mkdir(parents=True, exist_ok=True)
    count = 0
    for name, each in _commands(root.info_name or "raas", root.command):
        (directory / f"{name.replace(' ', '-')}.1").write_text(_page(name, each))
        count += 1
    typer.echo(tr("{count} pages in {folder}", count=count, folder=directory))


def _commands(name: str, command: Any) -> Iterator[tuple[str, Any]]:
    """A command and all commands below it, hidden ones left out."""
    yield name, command
    for below, each in getattr(command, "commands", {}).items():
        if not each.hidden:
            yield from _commands(f"{name} {below}", each)


def _page(name: str, command: Any) -> str:
    text = inspect.cleandoc(command.help or "").replace("\f", "")
    first, _, rest = text.partition("\n")
    lines = [
        f'.TH "{name.replace(" ", "-").upper()}" 1 "" "raas {version("raas")}"',
        ".SH NAME",
        _escaped(f"{name} - {first.rstrip('.')}"),
        ".SH SYNOPSIS",
        _escaped(f"{name} {_usage(command)}".rstrip()),
    ]
    if rest.strip():
        lines.append(".SH DESCRIPTION")
        for paragraph in rest.strip().split("\n\n"):
            lines += [".PP", _escaped(" ".join(paragraph.split()))]
    options = [each for each in command.params if not getattr(each, "hidden", False)]
    if options:
        lines.append(".SH OPTIONS")
        for each in options:
            lines += [".TP", _escaped(_names(each)), _escaped(getattr(each, "help", None) or "")]
    if below := [each for each in getattr(command, "commands", {}).items() if not each[1].hidden]:
        lines.append(".SH COMMANDS")
        for below_name, each in below:
            first = inspect.cleandoc(each.help or "").partition("\n")[0]
            lines += [".TP", _escaped(f"{name} {below_name}"), _escaped(first)]
    return "\n".join(lines) + "\n"


def _usage(command: Any) -> str:
    arguments = " ".join(
        each.make_metavar_text() if hasattr(each, "make_metavar_text") else (each.metavar or each.name)
        for each in command.params
        if each.param_type_name == "argument"
    )
    return f"[OPTIONS] {arguments}" if not hasattr(command, "commands") else "COMMAND [ARGS]"


def _names(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        return str(parameter.metavar or parameter.name)
    names = ", ".join((*parameter.opts, *parameter.secondary_opts))
    takes_value = not getattr(parameter, "is_flag", False) and not getattr(parameter, "count", False)
    return f"{names} {parameter.metavar or ''}".rstrip() if takes_value else names


def _escaped(text: str) -> str:
    """Text of roff: backslashes and hyphens stand for themselves, a line never begins with a request."""
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{text}" if text.startswith((".", "'")) else text
