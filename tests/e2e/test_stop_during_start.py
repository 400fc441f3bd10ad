"""A server that receives a signal while it starts stops in order, with status 0."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from raas.storage.embedded.postmaster import find_postmaster
from tests.conftest import ALWAYS_EMBEDDED
from tests.e2e.servers import ROOT, Server
from tests.eventually import eventually
from tests.storage.embedded.conftest import directory_for_all

pytestmark = [pytest.mark.faults, ALWAYS_EMBEDDED]


@pytest.fixture
def ground() -> Iterator[Path]:
    with directory_for_all() as ground:
        yield ground


@pytest.mark.parametrize(
    ("stage", "stop"),
    [
        ("lock", signal.SIGTERM),
        ("postgresql.new-*", signal.SIGTERM),
        ("postgresql.new-*", signal.SIGINT),
        ("postgresql/postmaster.pid", signal.SIGTERM),
    ],
)
def test_stop_signal_during_the_first_start_ends_it_with_status_0(
    ground: Path, stage: str, stop: signal.Signals
) -> None:
    server, var = Server(ground), ground / "var"
    process = subprocess.Popen(
        [sys.executable, "server.py"],
        cwd=ROOT,
        env=server.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        # Signal the whole process group, as Ctrl-C in a terminal does.
        start_new_session=True,
    )
    eventually(lambda: any(var.glob(stage)), 60)
    if stop is signal.SIGINT:
        os.killpg(process.pid, stop)
    else:
        process.send_signal(stop)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 0, said.decode()
    assert b"Traceback" not in said
    assert find_postmaster(var / "postgresql") is None
