"""Load of unary calls, unlimited or at a rate, made by h2load if it is installed, else by a Python client.

h2load sends the same bytes repeatedly and needs little processor time. It does not see the status of gRPC,
so its callers must verify by other means that the calls succeeded.
"""

from __future__ import annotations

import re
import shutil
import struct
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

H2LOAD = shutil.which("h2load")
STREAMS_PER_CONNECTION = 100
DRIVER = "h2load" if H2LOAD else "a Python client in another process"


def calls_per_second(
    target: str,
    method: str,
    number: str,
    requests: Sequence[bytes],
    calls: int,
    in_flight: int,
    per_second: float = 0.0,
) -> float:
    """Send each request from a driver of its own, all at once; returns the answered calls per second.

    All drivers together send `per_second` calls per second; 0 = as many as are answered.
    """
    each = calls // len(requests)
    flight = max(1, in_flight // len(requests))
    pace = per_second / len(requests)
    with tempfile.TemporaryDirectory() as directory:
        drivers = []
        for index, request in enumerate(requests):
            frame = Path(directory, f"frame-{index}")
            frame.write_bytes(struct.pack(">BI", 0, len(request)) + request)
            command = (
                _h2load(target, method, number, frame, each, flight, pace)
                if H2LOAD
                else _python(target, method, number, frame, each, flight, pace)
            )
            drivers.append(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
        return sum(_rate(driver) for driver in drivers)


@dataclass(slots=True)
class Held:
    """Open streams; when they have ended, the processor time that reading them took."""

    cpu_seconds: float = 0.0


@contextmanager
def held_open(target: str, method: str, number: str, request: bytes, streams: int) -> Iterator[Held]:
    """Hold calls of an endless method open while the block lasts, and discard their messages; needs h2load.

    The block may begin before all of them are open; they are cancelled when it ends.
    """
    held = Held()
    with tempfile.TemporaryDirectory() as directory:
        frame = Path(directory, "frame")
        frame.write_bytes(struct.pack(">BI", 0, len(request)) + request)
        clients = -(-streams // STREAMS_PER_CONNECTION)
        command = [
            str(H2LOAD),
            "--duration=3600",
            f"--clients={clients}",
            f"--max-concurrent-streams={streams // clients}",
            *_asking(target, method, number, frame),
        ]
        reader = psutil.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            yield held
        finally:
            times = reader.cpu_times()
            held.cpu_seconds = times.user + times.system
            reader.kill()
            reader.wait()


def _h2load(
    target: str, method: str, number: str, frame: Path, calls: int, in_flight: int, pace: float
) -> list[str]:
    clients = min(4, in_flight)
    return [
        str(H2LOAD),
        f"--requests={calls}",
        f"--clients={clients}",
        f"--max-concurrent-streams={in_flight // clients}",
        *([f"--rps={pace / clients}"] if pace else []),
        *_asking(target, method, number, frame),
    ]


def _asking(target: str, method: str, number: str, frame: Path) -> list[str]:
    return [
        f"--data={frame}",
        "--header=content-type: application/grpc",
        "--header=te: trailers",
        f"--header=raas-enterprise-number: {number}",
        f"http://{target}{method}",
    ]


def _python(
    target: str, method: str, number: str, frame: Path, calls: int, in_flight: int, pace: float
) -> list[str]:
    arguments = [target, method, number, str(frame), str(calls), str(in_flight), str(pace)]
    return [sys.executable, "-m", "benchmarks.python_client", *arguments]


def _rate(driver: subprocess.Popen[str]) -> float:
    said, _ = driver.communicate(timeout=600)
    found = re.search(r"finished in .*, ([\d.]+) req/s", said)
    failed = re.search(r"(\d+) failed, (\d+) errored, (\d+) timeout", said)
    if not found or (failed and any(map(int, failed.groups()))):
        raise SystemExit(f"the driver of the load failed:\n{said}")
    return float(found[1])
