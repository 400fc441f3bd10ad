"""Workers that die are restarted while the others serve."""

from __future__ import annotations

import os
import signal
import socket
from pathlib import Path

import psutil
import pytest

from tests.e2e.servers import (
    Server,
    free_port,
    raas,
    reserve,
    running_server,
    serves,
    title_of,
)
from tests.eventually import eventually


def consecutive_ports() -> tuple[int, int]:
    """The first of two consecutive free ports, for the metrics of two workers."""
    while not reserve((first := free_port()) + 1):
        pass
    return first, first + 1


def workers_of(server: Server) -> list[int]:
    """The running processes of the workers."""
    children = psutil.Process(server.pid).children()
    return [child.pid for child in children if any("raas.cli" in title for title in title_of(child))]


def accepts(port: int) -> bool:
    """Whether a process listens on the port."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.timeout(600)
def test_worker_that_cannot_start_is_retried_while_the_other_serves(tmp_path: Path) -> None:
    first, second = consecutive_ports()
    with socket.create_server(("127.0.0.1", second)) as taken:
        flags = "--workers", "2", "--metrics-listen", f"127.0.0.1:{first}"
        with running_server(tmp_path, *flags) as server:
            eventually(lambda: server.log.read_text().count("worker died") >= 2, 110)
            # A worker that cannot start takes connections until it has ended.
            eventually(lambda: serves(server.target))
            taken.close()
            eventually(lambda: accepts(second), 110)
            assert server.stop() == 0


@pytest.mark.timeout(600)
def test_killed_worker_is_restarted(tmp_path: Path) -> None:
    with running_server(tmp_path, "--workers", "2") as server:
        eventually(lambda: len(workers_of(server)) == 2, 110)
        killed, kept = workers_of(server)
        os.kill(killed, signal.SIGKILL)
        eventually(lambda: killed not in workers_of(server) and len(workers_of(server)) == 2, 110)
        assert kept in workers_of(server)
        eventually(lambda: serves(server.target), 110)


def test_service_ends_when_no_worker_can_start(tmp_path: Path, server: Server) -> None:
    first, second = consecutive_ports()
    with socket.create_server(("127.0.0.1", first)), socket.create_server(("127.0.0.1", second)):
        given = server.environment | {
            "RAAS_LISTEN": f"127.0.0.1:{free_port()}",
            "RAAS_DATABASE_URL": server.dsn,
            "RAAS_WORKERS": "2",
            "RAAS_METRICS_LISTEN": f"127.0.0.1:{first}",
        }
        done = raas("serve", environment=given, status=1)
    assert "no worker can start" in done.stderr
