"""Unary calls as fast as they are answered: by h2load where installed, else by a client in another process.

h2load sends the same bytes again and again and costs next to nothing. It cannot see the status of gRPC: who
uses it checks by other means that the calls did what they should.
"""

from __future__ import annotations

import re
import shutil
import struct
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

H2LOAD = shutil.which("h2load")
DRIVER = "h2load" if H2LOAD else "a Python client in another process"


def calls_per_second(
    target: str, method: str, number: str, requests: Sequence[bytes], calls: int, in_flight: int
) -> float:
    """Calls answered per second; each of `requests` is sent by a driver of its own, all at once."""
    each = calls // len(requests)
    flight = max(1, in_flight // len(requests))
    with tempfile.TemporaryDirectory() as directory:
        drivers = []
        for index, request in enumerate(requests):
            frame = Path(directory, f"frame-{index}")
            frame.write_bytes(struct.pack(">BI", 0, len(request)) + request)
            command = (
                _h2load(target, method, number, frame, each, flight)
                if H2LOAD
                else _python(target, method, number, frame, each, flight)
            )
            drivers.append(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
        return sum(_rate(driver) for driver in drivers)


def _h2load(target: str, method: str, number: str, frame: Path, calls: int, in_flight: int) -> list[str]:
    clients = min(4, in_flight)
    return [
        str(H2LOAD),
        f"--requests={calls}",
        f"--clients={clients}",
        f"--max-concurrent-streams={in_flight // clients}",
        f"--data={frame}",
        "--header=content-type: application/grpc",
        "--header=te: trailers",
        f"--header=raas-enterprise-number: {number}",
        f"http://{target}{method}",
    ]


def _python(target: str, method: str, number: str, frame: Path, calls: int, in_flight: int) -> list[str]:
    arguments = [target, method, number, str(frame), str(calls), str(in_flight)]
    return [sys.executable, "-m", "benchmarks.python_client", *arguments]


def _rate(driver: subprocess.Popen[str]) -> float:
    said, _ = driver.communicate(timeout=600)
    found = re.search(r"finished in .*, ([\d.]+) req/s", said)
    failed = re.search(r"(\d+) failed, (\d+) errored, (\d+) timeout", said)
    if not found or (failed and any(map(int, failed.groups()))):
        raise SystemExit(f"the driver of the load failed:\n{said}")
    return float(found[1])
