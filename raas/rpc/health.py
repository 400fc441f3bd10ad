"""The service grpc.health.v1.Health.

Its reference implementation is not used: there every watcher delays the end of the server.
"""

# ruff: noqa: N802 - methods have the names that the contract, or protobuf, gives them

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterable
from typing import Any

import grpc
import grpc.aio
from grpc_health.v1 import health_pb2

HEALTH = health_pb2.DESCRIPTOR.services_by_name["Health"].full_name

_Status = health_pb2.HealthCheckResponse


LIVENESS = "liveness"
"""The service whose status is SERVING as long as the process answers at all."""

DATABASE_SPACE = "database-space"
"""The service whose status is NOT_SERVING while the database fills up; calls are answered nevertheless."""


class Health:
    """One status, the readiness, for the server (service "") and each of its services; and those above."""

    def __init__(self, services: Iterable[str]) -> None:
        self._known = frozenset(("", LIVENESS, DATABASE_SPACE, *services))
        self._has_space = True
        self._serving = False
        self._closed = False
        self._over = False
        self._changed = asyncio.Event()

    async def Check(
        self, request: health_pb2.HealthCheckRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> health_pb2.HealthCheckResponse:
        """Return whether calls are answered now; NOT_FOUND for an unknown service."""
        if request.service not in self._known:
            context.set_code(grpc.StatusCode.NOT_FOUND)
            context.set_details("There is no such service.")
        return _Status(status=self._status(request.service))

    async def List(self, request: health_pb2.HealthListRequest, _: object) -> health_pb2.HealthListResponse:
        """Return the status of every service."""
        return health_pb2.HealthListResponse(
            statuses={service: _Status(status=self._status(service)) for service in self._known}
        )

    async def Watch(
        self, request: health_pb2.HealthCheckRequest, _: object
    ) -> AsyncGenerator[health_pb2.HealthCheckResponse, None]:
        """Stream the status, now and at every change, until the watcher or the server ends."""
        told = None
        while True:
            # Taken first: a change while the status is being sent is not missed.
            changed, status = self._changed, self._status(request.service)
            if status != told:
                yield _Status(status=status)
                told = status
            if self._over:
                return
            await changed.wait()

    def tell(self, serving: bool) -> None:
        """Set whether calls are answered from now on."""
        self._serving = serving and not self._closed
        self._wake()

    def tell_space(self, enough: bool) -> None:
        """Set whether the database has space enough."""
        if enough is not self._has_space:
            self._has_space = enough
            self._wake()

    def close(self) -> None:
        """Answer NOT_SERVING for good for every service of RPCs."""
        self._serving, self._closed = False, True
        self._wake()

    def end_streams(self) -> None:
        """End the streams of watchers; clients may drop a message that arrives together with the end."""
        self._over = True
        self._wake()

    def _status(self, service: str) -> int:
        if service not in self._known:
            return int(_Status.SERVICE_UNKNOWN)
        if service == LIVENESS or (service == DATABASE_SPACE and self._has_space):
            return int(_Status.SERVING)
        if service == DATABASE_SPACE:
            return int(_Status.NOT_SERVING)
        return int(_Status.SERVING if self._serving else _Status.NOT_SERVING)

    def _wake(self) -> None:
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()
