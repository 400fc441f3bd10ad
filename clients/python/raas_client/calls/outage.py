"""Outages: from a failure of the connection to the next answer."""

from __future__ import annotations

import asyncio
import logging

import grpc.aio

from raas_client.calls.failures import failure_of, may_pass
from raas_client.calls.invoke import pause_after
from raas_client.errors import RaasError, Refused
from raas_client.options import Retries

_log = logging.getLogger("raas_client")


class Outage:
    """Decides whether to try again, and waits before that; gives up after `seconds` (None = never)."""

    def __init__(self, retries: Retries, seconds: float | None) -> None:
        self._retries = retries
        self._seconds = seconds
        self.over()

    def over(self) -> None:
        """End the outage: an answer came."""
        self._pauses = self._retries.pauses()
        self._since: float | None = None

    async def wait(self, error: grpc.aio.AioRpcError | RaasError) -> None:
        """Wait before the next attempt. Raises the failure if it is final, or if the outage is too long."""
        failure = failure_of(error) if isinstance(error, grpc.aio.AioRpcError) else error
        now = asyncio.get_running_loop().time()
        first = self._since is None
        since = self._since = now if self._since is None else self._since
        pause = pause_after(failure, next(self._pauses))
        late = self._seconds is not None and now + pause - since > self._seconds
        if late or not may_pass(failure):
            raise failure from error
        if first:
            if isinstance(failure, Refused):
                _log.info("the server asks to wait: %s", failure)
            else:
                _log.info("the server is lost: %s", failure)
        await asyncio.sleep(pause)
