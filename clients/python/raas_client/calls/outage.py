"""An outage, as one sees it who goes on trying: it begins with a failure and ends with an answer."""

from __future__ import annotations

import asyncio
import logging

import grpc.aio

from raas_client.calls.failures import failure_of, may_pass
from raas_client.calls.invoke import pause_after
from raas_client.errors import RaasError
from raas_client.options import Retries

_log = logging.getLogger("raas_client")


class Outage:
    """Decides whether to try again, and waits before it; gives up after `seconds` (None = never)."""

    def __init__(self, retries: Retries, seconds: float | None) -> None:
        self._retries = retries
        self._seconds = seconds
        self.over()

    def over(self) -> None:
        """There was an answer."""
        self._pauses = self._retries.pauses()
        self._since: float | None = None

    async def wait(self, error: grpc.aio.AioRpcError | RaasError) -> None:
        """Wait before the next attempt. Raises what failed when it cannot pass, or has lasted too long."""
        failure = failure_of(error) if isinstance(error, grpc.aio.AioRpcError) else error
        now = asyncio.get_running_loop().time()
        if self._since is None:
            self._since = now
            _log.info("the server is lost: %s", failure)
        pause = pause_after(failure, next(self._pauses))
        late = self._seconds is not None and now + pause - self._since > self._seconds
        if late or not may_pass(failure):
            raise failure from error
        await asyncio.sleep(pause)
