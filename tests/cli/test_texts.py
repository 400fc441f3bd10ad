"""The texts of the command line in French and Dutch: complete, and with the values of the English ones."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter
from typing import Any

import pytest
import typer

import raas.cli
from raas.cli import command_line
from raas.cli.texts import TABLES, environment_language, tr, use_language
from raas.cli.texts.help import HELP, help_texts, translate_help
from raas_client.calls.hints import HINTS

COMPLETION = {
    "Install completion for the current shell.",
    "Show completion for the current shell, to copy it or customize the installation.",
}
"""Help of typer."""

ROOT = Path(raas.cli.__file__).parent


def texts() -> Iterator[str]:
    """The English texts in the code."""
    for path in ROOT.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "tr":
                (text, *_) = node.args
                if isinstance(text, ast.Constant):
                    yield str(text.value)


def fields(text: str) -> set[tuple[str, str]]:
    return {(name, form or "") for _, name, form, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("language", ["fr", "nl"])
def test_every_text_is_translated_with_the_same_values(language: str) -> None:
    used = set(texts()) | {"ok", "warning", "failed"} | set(HINTS.values())
    table = TABLES[language]
    assert sorted(used - table.keys()) == []
    assert sorted(table.keys() - used) == []
    for english, translated in table.items():
        assert fields(translated) == fields(english), english


def untranslated() -> Iterator[str]:
    """The sentences that commands of a server give to `fail`, `echo` or BadParameter without `tr`."""
    for folder in ("commands", "imports", "server", "setup", "terminal"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call) and node.args:
                    name = ast.unparse(node.func).rpartition(".")[2]
                    if name in ("fail", "echo", "BadParameter") and re.search(
                        "[a-z]{2} [a-z]{2}", written(node.args[0])
                    ):
                        yield f"{path.name}:{node.lineno}"


def written(told: ast.expr) -> str:
    """The text of a constant or an f-string, without the values in it."""
    parts = told.values if isinstance(told, ast.JoinedStr) else [told]
    return " … ".join(str(each.value) for each in parts if isinstance(each, ast.Constant))


def test_errors_of_commands_of_a_server_are_translated() -> None:
    assert list(untranslated()) == []


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({"LANG": "fr_BE.UTF-8"}, "fr"),
        ({"LANG": "nl_BE.UTF-8", "LC_MESSAGES": "de_BE"}, "de"),
        ({"LANG": "nl_BE.UTF-8", "LC_ALL": "C"}, "en"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({}, "en"),
        ({"LANG": "tr_TR"}, "en"),
    ],
)
def test_language_comes_from_the_environment(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], language: str
) -> None:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert environment_language() == language


@pytest.mark.parametrize("language", ["fr", "nl"])
def test_help_of_commands_is_translated(language: str) -> None:
    root: Any = typer.main.get_command(command_line())
    everything = set(help_texts(root))
    for operator in (
        "audit",
        "demo",
        "certificates",
        "token",
    ):
        del root.commands[operator]
    needed = set(help_texts(root)) - COMPLETION
    assert sorted(needed - HELP[language].keys()) == []
    assert sorted(HELP[language].keys() - everything) == []
    translate_help(root, language)
    assert root.commands["consult"].help == HELP[language]["Show the lines of persons in a register."]


def test_text_is_shown_in_the_chosen_language() -> None:
    try:
        use_language("nl")
        assert tr("interrupted") == "onderbroken"
        use_language("de")
        assert tr("interrupted") == "interrupted"
    finally:
        use_language("en")
