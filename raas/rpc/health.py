"""Health as grpc.health.v1 tells it.

Its reference implementation is not used: there every watcher holds up the end of the server.
"""

# ruff: noqa: N802 - methods have the names that the contract, or protobuf, gives them

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

import grpc
import grpc.aio
from grpc_health.v1 import health_pb2

HEALTH = health_pb2.DESCRIPTOR.services_by_name["Health"].full_name

_Status = health_pb2.HealthCheckResponse


class Health:
    """One answer for the server as a whole (service "") and for each of its services."""

    def __init__(self, services: Iterable[str]) -> None:
        self._known = frozenset(("", *services))
        self._serving = False
        self._over = False
        self._changed = asyncio.Event()

    async def Check(
        self, request: health_pb2.HealthCheckRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> health_pb2.HealthCheckResponse:
        """Tell whether calls are answered now; NOT_FOUND for a service that is not here."""
        if request.service not in self._known:
            await context.abort(grpc.StatusCode.NOT_FOUND)
        return _Status(status=self._status(request.service))

    async def List(
        self, request: health_pb2.HealthListRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> health_pb2.HealthListResponse:
        """Tell it of all services that are here."""
        return health_pb2.HealthListResponse(
            statuses={service: _Status(status=self._status(service)) for service in self._known}
        )

    async def Watch(
        self, request: health_pb2.HealthCheckRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> None:
        """Tell it now and at every change, until the watcher or the server goes."""
        told = None
        while True:
            # Taken first: what changes while the status is being told is not missed.
            changed, status = self._changed, self._status(request.service)
            if status != told:
                await context.write(_Status(status=status))
                told = status
            if self._over:
                return
            await changed.wait()

    def tell(self, serving: bool) -> None:
        """Say from now on whether calls are answered."""
        self._serving = serving
        self._wake()

    def close(self) -> None:
        """Say for good that nothing is answered any more; whoever watches hears it and is let go."""
        self._serving, self._over = False, True
        self._wake()

    def _status(self, service: str) -> int:
        if service not in self._known:
            return int(_Status.SERVICE_UNKNOWN)
        return int(_Status.SERVING if self._serving else _Status.NOT_SERVING)

    def _wake(self) -> None:
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()
