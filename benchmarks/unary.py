"""Throughput and latency of unary calls."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence

import grpc
import psycopg

from benchmarks.figures import Figure
from benchmarks.load import DRIVER, calls_per_second
from benchmarks.rows import random_rows
from benchmarks.servers import Servers, new_register
from raas.v1.period_pb2 import Period
from raas.v1.register_service_pb2 import (
    ConsultRequest,
    GetRegisterRequest,
    InscribeRequest,
    RemoveRequest,
)
from raas.v1.register_service_pb2_grpc import RegisterServiceStub

CALLS, IN_FLIGHT = 16_000, 64
PERSON, TYPE = "85673003360", "HEALTH_INSURANCE"
SERVICE = "/raas.v1.RegisterService/"
INSCRIBE = InscribeRequest(
    niss=PERSON, dossier_type=TYPE, period=Period(begin="2024-01-01", end="2024-12-31")
)
REMOVE = RemoveRequest(niss=PERSON, dossier_type=TYPE, period=Period(begin="2024-01-01", end="2024-06-30"))
CONSULT = ConsultRequest(niss=[PERSON])


def throughput(servers: Servers) -> list[Figure]:
    """Inscribe (each with a Remove, so that both change the dossier) and Consult, compared with the echo."""
    one = INSCRIBE.SerializeToString()
    echo = servers.echo()
    target = servers.raas()
    number = new_register(target)
    echoed = _best(lambda: calls_per_second(echo, "/raas.v1.Echo/Echo", number, [one, one], CALLS, IN_FLIGHT))
    figures = [_writes(target, number, echoed, "Inscribe", "≥ 0.35")]
    consulted = _best(
        lambda: calls_per_second(
            target, SERVICE + "Consult", number, [CONSULT.SerializeToString()] * 2, CALLS, IN_FLIGHT
        )
    )
    figures.append(
        Figure(
            f"Consult one NISS, {IN_FLIGHT} in flight ({DRIVER})",
            consulted,
            "calls/s",
            "echo",
            echoed,
            "≥ 0.5",
        )
    )
    two = servers.raas(workers=2)
    figures.append(_writes(two, new_register(two), echoed, "Inscribe, two workers", "≥ 0.5"))
    return figures


def _writes(target: str, number: str, echoed: float, name: str, aim: str) -> Figure:
    before = revision_of(target, number)
    seconds = -time.perf_counter()
    rates = [rate_of_writes(target, number, CALLS) for _ in range(2)]
    seconds += time.perf_counter()
    changed = (revision_of(target, number) - before) / (2 * CALLS)
    title = f"{name}, {IN_FLIGHT} in flight, {changed:.0%} change the dossier ({DRIVER})"
    return Figure(title, max(rates), "calls/s", "echo", echoed, aim)


def rate_of_writes(target: str, number: str, calls: int) -> float:
    """Requests of which half inscribe the periods that the other half removes."""
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(2) as pool:
        halves = [
            pool.submit(
                calls_per_second, target, SERVICE + rpc, number, [request], calls // 2, IN_FLIGHT // 2
            )
            for rpc, request in (
                ("Inscribe", INSCRIBE.SerializeToString()),
                ("Remove", REMOVE.SerializeToString()),
            )
        ]
        return sum(half.result() for half in halves)


def latency(servers: Servers) -> list[Figure]:
    """Latency of one caller that waits for each answer."""
    echo, target = servers.echo(), servers.raas()
    number = new_register(target)
    # One person per call: small dossiers, as most dossiers are.
    requests = [
        InscribeRequest(niss=niss, dossier_type=TYPE, period=Period(begin="2024-01-01")).SerializeToString()
        for niss in dict.fromkeys(row[0] for row in random_rows(1_500))
    ]
    echoed = median_seconds(echo, "/raas.v1.Echo/Echo", number, requests)
    written = median_seconds(target, SERVICE + "Inscribe", number, requests)
    committed = median_commit(servers.dsn(), len(requests))
    milliseconds, least = written * 1000, (echoed + committed) * 1000
    return [
        Figure("Inscribe, one caller, p50", milliseconds, "ms", "echo", echoed * 1000, "≤ 1.2 ms"),
        Figure("Inscribe, one caller, p50", milliseconds, "ms", "echo and one committed INSERT", least),
    ]


def median_commit(dsn: str, rows: int) -> float:
    """The lower bound of a write: one row, inserted and flushed to disk."""
    seconds = []
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("CREATE TABLE latency_baseline (number bigint PRIMARY KEY, text text)")
        for number in range(rows):
            began = time.perf_counter()
            connection.execute("INSERT INTO latency_baseline VALUES (%s, %s)", (number, "x" * 200))
            seconds.append(time.perf_counter() - began)
        connection.execute("DROP TABLE latency_baseline")
    return statistics.median(seconds)


def median_seconds(target: str, method: str, number: str, requests: Sequence[bytes]) -> float:
    """The median latency of one caller that sends these requests, and waits for each answer."""
    seconds = []
    with grpc.insecure_channel(target) as channel:
        call: grpc.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(method)
        for request in requests:
            began = time.perf_counter()
            call(request, metadata=(("raas-enterprise-number", number),))
            seconds.append(time.perf_counter() - began)
    return statistics.median(seconds)


def revision_of(target: str, number: str) -> int:
    """The revision of a register."""
    with grpc.insecure_channel(target) as channel:
        answer = RegisterServiceStub(channel).GetRegister(
            GetRegisterRequest(), metadata=(("raas-enterprise-number", number),)
        )
        return int(answer.register.revision)


def _best(measure: Callable[[], float]) -> float:
    """The better of two runs; the first one also warms up."""
    return max(measure() for _ in range(2))
