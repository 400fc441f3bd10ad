"""Help texts in the language of the user.

The help of a command is found by its first line, that of an option by its text. Of the commands of
the audit only `audit person` is translated; the commands for development have English help only.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from raas.cli.texts import (
    help_audit_fr,
    help_audit_nl,
    help_fr,
    help_nl,
    help_operators_fr,
    help_operators_nl,
    help_retention_fr,
    help_retention_nl,
    help_rights_fr,
    help_rights_nl,
)

HELP: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "fr": {
            **help_fr.HELP,
            **help_operators_fr.HELP,
            **help_rights_fr.HELP,
            **help_audit_fr.HELP,
            **help_retention_fr.HELP,
        },
        "nl": {
            **help_nl.HELP,
            **help_operators_nl.HELP,
            **help_rights_nl.HELP,
            **help_audit_nl.HELP,
            **help_retention_nl.HELP,
        },
    }
)
"""Language to English text to text."""


def translate_help(command: Any, language: str) -> None:
    """Replace the help of a command, its options and all commands below it, where there is a translation."""
    table = HELP.get(language)
    if table is None:
        return
    for described, text in _described(command):
        described.help = table.get(text, described.help)


def help_texts(command: Any) -> Iterator[str]:
    """The texts by which help is found."""
    return (text for _, text in _described(command))


def _described(command: Any) -> Iterator[tuple[Any, str]]:
    """Commands and parameters that have a help, and the text by which it is found."""
    if command.help:
        yield command, inspect.cleandoc(command.help).partition("\n")[0]
    for parameter in command.params:
        if getattr(parameter, "help", None):
            yield parameter, parameter.help
    for each in getattr(command, "commands", {}).values():
        yield from _described(each)
