"""Outages: from a failure of the connection, or a refused identity, to the next answer."""

from __future__ import annotations

import asyncio
import logging
import math

import grpc.aio

from raas_client.calls.attempt import Attempt
from raas_client.calls.failures import failure_of, may_pass
from raas_client.calls.invoke import Calls, pause_after
from raas_client.errors import CallFailed, CredentialUnavailable, RaasError, Refused
from raas_client.reasons import CredentialExpired

_log = logging.getLogger("raas_client")

_SHORTEST_LIFE_SECONDS = 1.0
"""Credentials that expire sooner after one another are renewed with pauses."""


class Outage:
    """Decides whether to try again, and waits before that; gives up after the patience of `calls`."""

    def __init__(self, calls: Calls) -> None:
        self._identity = calls.identity
        self._retries = calls.retries
        self._seconds = calls.patience.outage_seconds
        self._renewed_at = -math.inf
        self.over()

    def over(self) -> None:
        """End the outage: an answer came."""
        self._pauses = self._retries.pauses()
        self._since: float | None = None
        self._refused = False

    async def wait(self, error: grpc.aio.AioRpcError | RaasError, attempt: Attempt | None = None) -> None:
        """Wait before the next attempt; not at all where the credential of this attempt was renewed.

        Raises the failure if it is final, or if the outage is too long.
        """
        failure = failure_of(error) if isinstance(error, grpc.aio.AioRpcError) else error
        try:
            if attempt is not None and await self._renewed(attempt, failure):
                return
        except CredentialUnavailable as unavailable:
            failure = unavailable
        now = asyncio.get_running_loop().time()
        first = self._since is None
        since = self._since = now if self._since is None else self._since
        pause = pause_after(failure, next(self._pauses))
        late = self._seconds is not None and now + pause - since > self._seconds
        if late or not may_pass(failure):
            if failure is not error and failure.__cause__ is None:
                failure.__cause__ = error
            raise failure
        if first:
            match failure:
                case Refused():
                    _log.info("the server asks to wait: %s", failure)
                case CredentialUnavailable():
                    _log.warning("there is no token: %s", failure)
                case _:
                    _log.info("the server is lost: %s", failure)
        await asyncio.sleep(pause)

    async def _renewed(self, attempt: Attempt, failure: RaasError) -> bool:
        """Whether to go on at once, with a newer credential.

        A credential that has expired had been accepted, so that any number of them may follow one another.
        One that was refused is replaced once.
        """
        if not isinstance(failure, Refused | CallFailed):
            return False
        expired = isinstance(failure, CredentialExpired)
        if not await self._identity.renewed(attempt, failure, final=self._refused and not expired):
            return False
        self._refused = not expired
        now = asyncio.get_running_loop().time()
        soon, self._renewed_at = now < self._renewed_at + _SHORTEST_LIFE_SECONDS, now
        if soon:
            await asyncio.sleep(next(self._pauses))
        return True
