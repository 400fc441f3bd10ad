"""Manual pages, the version, and completion."""

from __future__ import annotations

import re
from importlib.metadata import version
from pathlib import Path

import pytest
from typer.testing import CliRunner

from raas.cli import command_line


def test_manual_pages_describe_every_command_and_option(tmp_path: Path) -> None:
    done = CliRunner().invoke(command_line(), ["manual", str(tmp_path)])
    pages = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert done.stdout == f"{len(pages)} pages in {tmp_path}\n"
    assert {"raas.1", "raas-import.1", "raas-persons-search.1", "raas-context-add.1"} <= pages.keys()
    assert "raas-demo.1" not in pages
    assert r"\-\-date\-format FORMAT" in pages["raas-import.1"]
    for page in pages.values():
        assert page.startswith(".TH ")
        # A line that begins with a dot is a request of roff.
        assert {line.split()[0] for line in page.splitlines() if line.startswith(".")} <= {
            ".TH",
            ".SH",
            ".PP",
            ".TP",
        }


def test_version_is_that_of_the_package() -> None:
    assert CliRunner().invoke(command_line(), ["--version"]).stdout == f"raas {version('raas')}\n"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_offered_for_shells(shell: str) -> None:
    done = CliRunner().invoke(command_line(), [], env={"_RAAS_COMPLETE": f"source_{shell}"}, prog_name="raas")
    assert re.search("complete|compdef", done.stdout)
