"""Throughput of ApplyBatch, Import and Export, compared with one SQL statement and COPY."""

from __future__ import annotations

import random
import time
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta

import grpc
import psycopg

from benchmarks.figures import Figure
from benchmarks.servers import OPTIONS, TYPES, Servers, new_register
from benchmarks.sql_merge import merged_per_second
from raas.v1.inscription_pb2 import Inscription
from raas.v1.period_pb2 import Period
from raas.v1.register_service_pb2 import (
    ApplyBatchRequest,
    BatchOperation,
    ExportRequest,
    ImportRequest,
    ImportResponse,
)

ROWS, DOSSIERS = 200_000, 60_000
BATCH, MESSAGE = 1_000, 2_000
Row = tuple[str, str, date, date]


def random_rows(number: int, seed: int = 1) -> list[Row]:
    """Inscriptions of some months each, for random persons and types."""
    chance = random.Random(seed)
    persons = [niss_of(index) for index in range(DOSSIERS // len(TYPES))]
    first = date(2000, 1, 1)
    rows = []
    for _ in range(number):
        begin = first + timedelta(days=chance.randrange(9_000))
        end = begin + timedelta(days=chance.randrange(30, 700))
        rows.append((chance.choice(persons), chance.choice(TYPES), begin, end))
    return rows


def niss_of(index: int) -> str:
    nine = (
        f"{50 + index // 12_000:02d}{61 + index // 1_000 % 12:02d}{1 + index % 28:02d}{1 + index % 997:03d}"
    )
    return f"{nine}{97 - int(nine) % 97:02d}"


def _operations(rows: Sequence[Row]) -> list[BatchOperation]:
    return [
        BatchOperation(
            inscribe=Inscription(
                niss=niss, dossier_type=code, period=Period(begin=begin.isoformat(), end=end.isoformat())
            )
        )
        for niss, code, begin, end in rows
    ]


def batches(servers: Servers) -> list[Figure]:
    """ApplyBatch, one call after the other, with requests serialised beforehand."""
    target = servers.raas()
    number = new_register(target)
    operations = _operations(random_rows(ROWS // 2))
    requests = [
        ApplyBatchRequest(operations=operations[start : start + BATCH]).SerializeToString()
        for start in range(0, len(operations), BATCH)
    ]
    with grpc.insecure_channel(target, OPTIONS) as channel:
        call: grpc.UnaryUnaryMultiCallable[bytes, bytes]
        call = channel.unary_unary("/raas.v1.RegisterService/ApplyBatch")
        began = time.perf_counter()
        # Two calls in flight: one commits while the next one is parsed.
        waiting = []
        for request in requests:
            waiting.append(call.future(request, metadata=(("raas-enterprise-number", number),)))
            if len(waiting) == 2:
                waiting.pop(0).result()
        for last in waiting:
            last.result()
        rate = len(operations) / (time.perf_counter() - began)
    merged = merged_per_second(servers.dsn(), random_rows(ROWS // 2), BATCH)
    return [
        Figure(
            f"ApplyBatch of {BATCH:,} rows", rate, "rows/s", "one SQL statement", merged, "≥ 25,000 rows/s"
        )
    ]


def imports(servers: Servers) -> list[Figure]:
    """Import, with messages serialised beforehand."""
    target, keeping = servers.raas(), servers.raas(source="local")
    rows = random_rows(ROWS)
    rate = imported(target, new_register(target), rows)
    merged = merged_per_second(servers.dsn(), rows, MESSAGE)
    _know(servers.dsn("local"), {row[0] for row in rows})
    asked = imported(keeping, new_register(keeping), rows)
    name, aim = f"Import, {MESSAGE:,} rows a message", "≥ 50,000 rows/s, ≥ 0.5"
    return [
        Figure(name, rate, "rows/s", "one SQL statement", merged, aim),
        Figure(f"{name}, persons looked up", asked, "rows/s", "one SQL statement", merged),
    ]


def _know(dsn: str, nisses: Iterable[str]) -> None:
    """Make these numbers known to the authentic source."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO person (niss, register_of_origin, status, version)"
            " SELECT unnest(%s::bigint[]), 1, 1, 1",
            (list(map(int, nisses)),),
        )
        connection.execute("VACUUM ANALYZE person")


def overwritten(servers: Servers) -> list[Figure]:
    """The same dossiers written five times: the cost of dead rows."""
    target = servers.raas()
    number = new_register(target)
    rates = [imported(target, number, random_rows(ROWS // 2, seed)) for seed in range(1, 6)]
    return [Figure("Import, fifth time over the same dossiers", rates[4], "rows/s", "first time", rates[0])]


def exports(servers: Servers) -> list[Figure]:
    """Export, and COPY of the same lines."""
    target = servers.raas()
    number = new_register(target)
    imported(target, number, random_rows(ROWS))
    began = time.perf_counter()
    with grpc.insecure_channel(target, OPTIONS) as channel:
        call: grpc.UnaryStreamMultiCallable[bytes, bytes]
        call = channel.unary_stream("/raas.v1.RegisterService/Export")
        size = sum(
            len(part)
            for part in call(
                ExportRequest().SerializeToString(), metadata=(("raas-enterprise-number", number),)
            )
        )
    seconds = time.perf_counter() - began
    lines, copied = _copied(servers.dsn(), number)
    return [
        Figure(f"Export ({size / 1e6:.0f} MB)", lines / seconds, "lines/s", "COPY", lines / copied),
    ]


def imported(target: str, number: str, rows: Sequence[Row]) -> float:
    """Import rows into a register; returns rows per second. Ends the run if a row is rejected."""
    operations = _operations(rows)
    messages = [
        ImportRequest(offset=start, operations=operations[start : start + MESSAGE]).SerializeToString()
        for start in range(0, len(operations), MESSAGE)
    ]
    with grpc.insecure_channel(target, OPTIONS) as channel:
        call: grpc.StreamStreamMultiCallable[bytes, ImportResponse] = channel.stream_stream(
            "/raas.v1.RegisterService/Import", response_deserializer=ImportResponse.FromString
        )
        began = time.perf_counter()
        answers: Iterator[ImportResponse] = call(
            iter(messages), metadata=(("raas-enterprise-number", number),)
        )
        done = sum(answer.applied + answer.unchanged for answer in answers)
        seconds = time.perf_counter() - began
    if done != len(rows):
        raise SystemExit(f"{len(rows) - done} rows were rejected")
    return len(rows) / seconds


def _copied(dsn: str, number: str) -> tuple[int, float]:
    """Lines of the register and the seconds that COPY takes for them."""
    query = f"""COPY (
      SELECT d.niss, t.code, lower(line), upper(line)
      FROM register r JOIN dossier d ON d.register_id = r.id JOIN dossier_type t ON t.id = d.dossier_type_id,
           unnest(d.periods) AS line
      WHERE r.enterprise_number = {int(number)} ORDER BY d.niss, t.code, lower(line)) TO STDOUT"""
    lines = 0
    with psycopg.connect(dsn) as connection, connection.cursor() as cursor:
        began = time.perf_counter()
        with cursor.copy(query) as copy:
            for block in copy:
                lines += bytes(block).count(b"\n")
        return lines, time.perf_counter() - began
