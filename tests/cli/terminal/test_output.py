"""The output of a command: complete files, links, devices, and what a killed run leaves."""

from __future__ import annotations

import os
import threading
from contextlib import ExitStack
from pathlib import Path

import pytest

from raas.cli.terminal.output import open_output


def write_half(path: Path) -> None:
    with open_output(str(path)) as out:
        out.write("half")
        raise KeyboardInterrupt


def test_file_is_replaced_only_when_the_block_succeeds(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("before")
    with pytest.raises(KeyboardInterrupt):
        write_half(path)
    assert path.read_text() == "before"
    with open_output(str(path)) as out:
        out.write("after")
        assert path.read_text() == "before"
    assert path.read_text() == "after"
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_two_outputs_to_one_file_do_not_disturb_each_other(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    with ExitStack() as stack:
        one, other = (stack.enter_context(open_output(str(path))) for _ in range(2))
        one.write("one")
        other.write("other")
    assert path.read_text() == "one"
    assert list(tmp_path.iterdir()) == [path]


def test_file_that_a_killed_run_left_does_not_stop_the_next(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    left = tmp_path / f".x.csv.{os.getpid()}.new"
    left.write_text("left")
    with open_output(str(path)) as out:
        out.write("whole")
    assert path.read_text() == "whole"
    assert left.read_text() == "left"


def test_links_are_kept(tmp_path: Path) -> None:
    target, hard, soft = (tmp_path / name for name in ("target.csv", "hard.csv", "soft.csv"))
    target.write_text("before")
    soft.symlink_to(target)
    with open_output(str(soft)) as out:
        out.write("by the symbolic link")
    assert soft.is_symlink()
    assert target.read_text() == "by the symbolic link"
    hard.hardlink_to(target)
    with open_output(str(hard)) as out:
        out.write("by the hard link")
    assert target.read_text() == "by the hard link"
    assert target.samefile(hard)
    assert len(list(tmp_path.iterdir())) == 3


def test_descriptor_of_standard_output_is_written_to(capfd: pytest.CaptureFixture[str]) -> None:
    with open_output("/dev/stdout") as out:
        out.write("through the descriptor")
    assert capfd.readouterr().out == "through the descriptor"


def test_fifo_is_written_to(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo.csv"
    os.mkfifo(fifo)
    read: list[str] = []
    reader = threading.Thread(target=lambda: read.append(fifo.read_text()))
    reader.start()
    with open_output(str(fifo)) as out:
        out.write("through the pipe")
    reader.join()
    assert read == ["through the pipe"]
    assert fifo.is_fifo()
