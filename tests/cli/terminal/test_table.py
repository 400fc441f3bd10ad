"""Tables: alignment, wide letters, and characters that control a terminal."""

from __future__ import annotations

import pytest

from raas.cli.terminal.table import write_table


def test_columns_are_aligned_and_never_cut_off(capsys: pytest.CaptureFixture[str]) -> None:
    write_table(("A", "LONG HEADER"), [("1" * 200, "x"), ("名前", ""), ("\x1b[2J", "y")])
    lines = capsys.readouterr().out.splitlines()
    assert lines == [
        "A" + " " * 201 + "LONG HEADER",
        "1" * 200 + "  x",
        "名前",
        "?[2J" + " " * 198 + "y",
    ]
