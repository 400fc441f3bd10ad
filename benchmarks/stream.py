"""The change feed: latency, throughput of catching up, cost per subscriber, and its effect on writers.

Writes are single calls at a steady rate from drivers in other processes. Half of them inscribe the periods
that the other half removes, so that nearly all change a dossier. Latency is the time from recording a
mutation to its arrival in another process. The record time is taken before the commit, so latency includes
the commit.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

import grpc
import psycopg

from benchmarks.figures import Figure
from benchmarks.load import DRIVER, H2LOAD, Held, calls_per_second, held_open
from benchmarks.rows import imported, random_rows
from benchmarks.servers import OPTIONS, ROOT, Servers, new_register
from benchmarks.stream_reader import METHOD
from benchmarks.unary import INSCRIBE, REMOVE, SERVICE, revision_of
from raas.v1.mutation_stream_pb2 import SubscribeRequest, SubscribeResponse

SECONDS, IN_FLIGHT = 8, 64
RATES = 500, 2_000, 3_000
OFFERED = 2_000
SUBSCRIBERS = 1, 10, 100, 1_000
LOG = 100_000

_HALVES = (("Inscribe", INSCRIBE.SerializeToString()), ("Remove", REMOVE.SerializeToString()))
_SUBSCRIBING_SECONDS = 0.000_5
"""The least processor time that accepting a subscriber can take."""

_LATEST = SubscribeRequest().SerializeToString()


@dataclass(frozen=True, slots=True)
class Load:
    """The results of writes at a given rate, and of a subscriber that received them."""

    written: float
    """Calls answered per second."""
    changed: float
    """The share of the calls that changed a dossier."""
    p50: float
    p99: float
    """Milliseconds from the recording of a mutation to its arrival."""
    server: float
    """Processors that the server took."""
    readers: float
    """Processors that all subscribers took."""


def latency(servers: Servers) -> list[Figure]:
    """The latency of one subscriber at several rates of writing."""
    target = servers.raas()
    _load(servers, target, OFFERED, 1)  # the first one warms up
    figures = []
    for rate in RATES:
        load = _load(servers, target, rate, 1)
        name = f"commit to subscriber, {load.written:,.0f} of {rate:,} writes/s{_how(load)}"
        figures += [Figure(f"{name}, p50", load.p50, "ms"), Figure("… p99", load.p99, "ms", aim="< 10 ms")]
    return figures


def catch_up(servers: Servers) -> list[Figure]:
    """Reading a log from its beginning, compared with COPY of the same rows."""
    target = servers.raas()
    number = new_register(target)
    imported(target, number, random_rows(LOG))
    events = revision_of(target, number)
    rates = []
    for _ in range(3):
        used = -servers.cpu_seconds(target)
        seconds, size = _read_through(target, number, events)
        used += servers.cpu_seconds(target)
        rates.append(events / seconds)
    copied = max(_copied(servers.dsn(), number) for _ in range(2))
    title = f"catch-up of one subscriber, {size / events:.0f} bytes an event"
    return [
        Figure(title, max(rates), "events/s", "COPY", copied, "≥ 200,000 events/s"),
        Figure("… processor time of the server", used / events * 1e6, "µs/event"),
    ]


def subscribers(servers: Servers) -> list[Figure]:
    """The rate of writes with increasing numbers of subscribers, compared with the same run without any."""
    target = servers.raas()
    # This runs first, because memory that was used once is not returned to the system.
    figures = [_idle(servers, target)]
    _load(servers, target, OFFERED, 1)
    alone = _load(servers, target, OFFERED, 0)
    for count in SUBSCRIBERS:
        load = _load(servers, target, OFFERED, count)
        name = f"writes kept of {OFFERED:,}/s under {count:,} subscribers{_how(load)}"
        aim = "≥ 0.9" if count <= 100 else ""
        figures += [
            Figure(name, load.written, "writes/s", "none", alone.written, aim),
            Figure("… p99 from commit", load.p99, "ms", aim="< 10 ms" if count <= 20 else ""),
            Figure("… the server takes", load.server, "processors", "none", alone.server),
            Figure("… the subscribers take", load.readers, "processors"),
        ]
    return figures


def _idle(servers: Servers, target: str) -> Figure:
    """The memory of subscribers that receive no mutations."""
    number, count = new_register(target), SUBSCRIBERS[-1]
    before = servers.memory(target)
    with _reading(servers, target, number, count):
        each = (servers.memory(target) - before) / count
    return Figure(f"memory of one of {count:,} idle subscribers", each / 1024, "KiB")


def _load(servers: Servers, target: str, rate: int, readers: int) -> Load:
    """Write to a new register while this number of subscribers read it, one of which measures."""
    number = new_register(target)
    before = revision_of(target, number)
    with _reading(servers, target, number, readers) as read, ThreadPoolExecutor(len(_HALVES)) as pool:
        used, calls = -servers.cpu_seconds(target), rate * SECONDS // len(_HALVES)
        halves = [
            pool.submit(
                calls_per_second,
                target,
                SERVICE + rpc,
                number,
                [request],
                calls,
                IN_FLIGHT // len(_HALVES),
                rate / len(_HALVES),
            )
            for rpc, request in _HALVES
        ]
        written = sum(half.result() for half in halves)
        used += servers.cpu_seconds(target)
    changed = (revision_of(target, number) - before) / (calls * len(_HALVES))
    seconds = calls * len(_HALVES) / written
    return Load(written, changed, read.p50, read.p99, used / seconds, read.cpu_seconds / seconds)


@dataclass(slots=True)
class _Read:
    p50: float = 0.0
    p99: float = 0.0
    cpu_seconds: float = 0.0


@contextmanager
def _reading(servers: Servers, target: str, number: str, readers: int) -> Iterator[_Read]:
    """Subscribe to a register while the block lasts; the first subscriber measures until its end.

    If h2load is installed, the others are streams of h2load.
    """
    read = _Read()
    if not readers:
        yield read
        return
    own = 1 if H2LOAD else readers
    command = [sys.executable, "-m", "benchmarks.stream_reader", target, number, str(own)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True) as reader:
        assert reader.stdout is not None
        reader.stdout.readline()
        held = Held()
        if readers > own:
            used = servers.cpu_seconds(target)
            others = readers - own
            with held_open(target, METHOD, number, _LATEST, others) as held:
                _settled(servers, target, used + others * _SUBSCRIBING_SECONDS)
                yield read
        else:
            yield read
        said = json.loads(reader.communicate()[0])
    read.p50, read.p99 = said["p50"], said["p99"]
    read.cpu_seconds = said["cpu_seconds"] + held.cpu_seconds


def _settled(servers: Servers, target: str, least: float) -> None:
    """Wait until the server has accepted all subscribers: it took `least` seconds and is idle."""
    used, now = 0.0, servers.cpu_seconds(target)
    while now < least or now - used > 0.05:
        time.sleep(1)
        used, now = now, servers.cpu_seconds(target)


def _read_through(target: str, number: str, revision: int) -> tuple[float, int]:
    """Read a log through a revision; returns the seconds and the bytes of the messages."""
    request = SubscribeRequest(after_revision=0).SerializeToString()
    messages = []
    with grpc.insecure_channel(target, OPTIONS) as channel:
        subscribe: grpc.UnaryStreamMultiCallable[bytes, bytes] = channel.unary_stream(METHOD)
        call = subscribe(request, metadata=(("raas-enterprise-number", number),))
        # The last field of a message is its through_revision.
        end = SubscribeResponse()
        end.mutations.through_revision = revision
        last = end.mutations.SerializeToString()
        began = time.perf_counter()
        for message in call:
            messages.append(len(message))
            if message.endswith(last):
                break
        seconds = time.perf_counter() - began
        call.cancel()
    return seconds, sum(messages)


def _copied(dsn: str, number: str) -> float:
    """Rows per second of the log of a register, by COPY."""
    query = f"""COPY (
      SELECT m.* FROM register r JOIN mutation m ON m.register_id = r.id
      WHERE r.enterprise_number = {int(number)} ORDER BY m.revision) TO STDOUT"""
    rows = 0
    with psycopg.connect(dsn) as connection, connection.cursor() as cursor:
        began = time.perf_counter()
        with cursor.copy(query) as copy:
            for _ in copy:
                rows += 1
        return rows / (time.perf_counter() - began)


def _how(load: Load) -> str:
    return f" ({DRIVER}; {load.changed:.0%} change)"
