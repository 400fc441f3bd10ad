"""Many subscribers, and subscribers that sleep, on a real server: what they receive, and what they cost."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, timedelta

import psutil
import pytest

from raas.v1.inscription_pb2 import Inscription
from raas.v1.mutation_stream_pb2 import SubscribeRequest
from raas.v1.mutation_stream_pb2_grpc import MutationStreamStub
from raas.v1.period_pb2 import Period
from raas.v1.register_service_pb2 import ApplyBatchRequest, BatchOperation
from raas.v1.register_service_pb2_grpc import RegisterServiceStub
from tests.e2e.registers import TestRegister, channel, new_register
from tests.e2e.servers import ROOT, Server
from tests.oracle.numbers import niss

pytestmark = pytest.mark.faults


TYPE = "PENSION"
PERSONS = [niss(1950 + i // 300, 61, 1 + i % 28, 1 + i % 300) for i in range(1_000)]
MIB = 1024 * 1024

SLEEPERS = 60
LINES, WIDE = 250, 3
"""Three dossiers that grow line by line: 750 mutations, a log of 5 MiB."""


class Crowd:
    """Subscribers in another process."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._process, self._say, self._hear = process, process.stdin, process.stdout
        assert self._hear.readline() == "begun\n"

    def stop_reading(self) -> None:
        """Stop the process, so that its sockets are not read either."""
        self._process.send_signal(signal.SIGSTOP)

    def received(self, through: int) -> list[list[int]]:
        """Wake all; [first revision, last revision, number of revisions, subscribers with that result]."""
        self._process.send_signal(signal.SIGCONT)
        self._say.write(f"{through}\n")
        self._say.flush()
        answer: list[list[int]] = json.loads(self._hear.readline())
        return answer


@contextmanager
def _crowd(register: TestRegister, count: int, *after: int) -> Iterator[Crowd]:
    """Subscribers that have begun, each with its first message."""
    arguments = [register.server.target, register.number, str(count), *map(str, after)]
    command = [sys.executable, "-m", "tests.stream.crowd", *arguments]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True) as process:
        try:
            yield Crowd(process)
        finally:
            process.kill()


def _write(register: TestRegister, operations: Sequence[tuple[str, date]]) -> int:
    """Write a line of one day for each person, in one batch; returns the revision."""
    request = ApplyBatchRequest(
        operations=[
            BatchOperation(
                inscribe=Inscription(
                    niss=who,
                    dossier_type=TYPE,
                    period=Period(begin=day.isoformat(), end=day.isoformat()),
                )
            )
            for who, day in operations
        ]
    )
    with channel(register.server) as opened:
        answer = RegisterServiceStub(opened).ApplyBatch(request, metadata=register.caller, timeout=60)
    return int(answer.revision)


def _every_third_day(lines: int) -> list[date]:
    return [date(2020, 1, 1) + timedelta(days=3 * index) for index in range(lines)]


def _follow(register: TestRegister, listening: threading.Event, received: list[int], count: int) -> None:
    """Read this many mutations from the latest revision on."""
    with channel(register.server) as opened:
        call = MutationStreamStub(opened).Subscribe(SubscribeRequest(), metadata=register.caller, timeout=120)
        for message in call:
            received += [mutation.revision for mutation in message.mutations.mutations]
            listening.set()
            if len(received) >= count:
                return


@pytest.mark.timeout(240)
def test_sleeping_subscribers_cost_the_server_little_and_others_nothing(own_server: Server) -> None:
    register = new_register(own_server)
    for who in PERSONS[:WIDE]:
        begun = _write(register, [(who, day) for day in _every_third_day(LINES)])
    server = psutil.Process(own_server.pid)
    before = server.memory_info().rss
    with _crowd(register, SLEEPERS, 0) as sleepers:
        sleepers.stop_reading()
        received: list[int] = []
        listening = threading.Event()
        awake = threading.Thread(
            target=_follow, args=(register, listening, received, len(PERSONS) + 1), daemon=True
        )
        awake.start()
        assert listening.wait(60)
        most = 0
        for first in range(0, len(PERSONS), 50):
            written = _write(register, [(who, date(2024, 1, 1)) for who in PERSONS[first : first + 50]])
            most = max(most, server.memory_info().rss)
        last = _write(register, [(PERSONS[0], date(2025, 1, 1))])
        awake.join(60)
        assert received == list(range(begun + 1, last + 1))
        assert written + 1 == last == begun + len(PERSONS) + 1
        print("MIB", (most - before) / MIB)
        # A queue for each of them would hold 300 MiB.
        assert (most - before) / MIB < 150
        assert sleepers.received(last) == [[1, last, last, SLEEPERS]]


@pytest.mark.timeout(240)
def test_thousand_subscribers_all_receive_every_mutation(own_server: Server) -> None:
    register = new_register(own_server)
    begun = register.state().revision
    with _crowd(register, 1_000) as crowd:
        for who in PERSONS[:30]:
            last = _write(register, [(who, date(2024, 1, 1))])
        assert crowd.received(last) == [[begun + 1, last, last - begun, 1_000]]
