"""The texts of the command line in the language of the user: English in the code, tables for the others.

`tr("{n} rows", n=3)` looks the English text up in the table of the language. A text without translation is
shown in English; a test keeps the tables complete.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from types import MappingProxyType

from raas.cli.texts import fr, nl

SERVER_LANGUAGES = ("en", "fr", "nl", "de")
"""The languages of the server's sentences."""

TABLES: Mapping[str, Mapping[str, str]] = MappingProxyType({"fr": fr.TEXTS, "nl": nl.TEXTS})
"""Language to English text to text."""


class _Chosen:
    """The language of this process."""

    language: str | None = None


def use_language(language: str | None) -> str:
    """Choose the language of `tr`: the given one, else that of the environment; returns it."""
    _Chosen.language = language or environment_language()
    return _Chosen.language


def environment_language() -> str:
    """The language of LC_ALL, LC_MESSAGES or LANG, the first that is set; en if the server lacks it."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if value := os.environ.get(name):
            language = value.lower()[:2]
            return language if language in SERVER_LANGUAGES else "en"
    return "en"


def tr(text: str, **values: object) -> str:
    """The text in the chosen language, with `values` in their places."""
    language = _Chosen.language or use_language(None)
    return TABLES.get(language, {}).get(text, text).format(**values)
