"""Options that take an instant."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from raas.cli import command_line

COMMANDS = [
    ("--at-time", "consult", "85673003360"),
    ("--at-time", "explain", "85673003360", "A"),
    ("--at-time", "export"),
    ("--valid-from", "audit", "keys", "new", "--name", "raas.example/audit", "--dir", "DIRECTORY"),
    ("--at", "audit", "keys", "end", "0a1b2c3d", "--dir", "DIRECTORY"),
]


@pytest.mark.parametrize("text", ["yesterday", "2024-03-01T12:00:00"])
@pytest.mark.parametrize("command", COMMANDS)
def test_error_about_an_instant_names_its_option(
    command: tuple[str, ...], text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAAS_CONFIG", str(tmp_path / "config.json"))
    option, *words = (each.replace("DIRECTORY", str(tmp_path)) for each in command)
    done = CliRunner().invoke(command_line(), [*words, option, text])
    assert done.exit_code == 2
    assert f"{option}: Invalid" in done.stderr or f"{option} needs an offset" in done.stderr
