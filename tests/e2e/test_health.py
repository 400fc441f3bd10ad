"""Health of a running server while its PostgreSQL is frozen."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress

import grpc
import psutil
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from tests.conftest import GIVEN_DSN
from tests.e2e.servers import Server, serves
from tests.e2e.test_faults import postmaster
from tests.eventually import eventually

_ANSWER_SECONDS = 20
"""The time limit of a health check on a busy machine, which usually takes milliseconds."""


def status(server: Server, service: str) -> int:
    """The health status of a service, which must be answered within the time limit."""
    with grpc.insecure_channel(server.target) as channel:
        request = health_pb2.HealthCheckRequest(service=service)
        answer = health_pb2_grpc.HealthStub(channel).Check(request, timeout=_ANSWER_SECONDS)
    return int(answer.status)


@pytest.mark.skipif(GIVEN_DSN is not None, reason="the PostgreSQL of this run is used by other tests too")
def test_readiness_follows_a_frozen_postgresql_and_liveness_does_not(own_server: Server) -> None:
    server = psutil.Process(postmaster(own_server))
    processes = [server]
    try:
        # From now on it begins no session that would go on.
        os.kill(server.pid, signal.SIGSTOP)
        processes += server.children(recursive=True)
        for process in processes:
            with suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGSTOP)
        frozen = time.monotonic()
        eventually(lambda: status(own_server, "") == health_pb2.HealthCheckResponse.NOT_SERVING, 15)
        assert status(own_server, "raas.v1.RegisterService") == health_pb2.HealthCheckResponse.NOT_SERVING
        assert status(own_server, "liveness") == health_pb2.HealthCheckResponse.SERVING
        assert time.monotonic() - frozen < 30
    finally:
        for process in processes:
            with suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGCONT)
    eventually(lambda: serves(own_server.target), 15)
