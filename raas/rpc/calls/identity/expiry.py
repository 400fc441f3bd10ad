"""Streams end when the credential of their caller expires, or is not accepted any more."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from raas.domain.callers.credential import Credential
from raas.domain.errors import Reason, Refused, refuse

IDENTIFY_SECONDS = 5.0
"""The pause between two identifications of the caller of an open stream."""


@asynccontextmanager
async def while_identified(
    credential: Credential | None, identify: Callable[[], object]
) -> AsyncIterator[None]:
    """Raise Refused CREDENTIAL_EXPIRED in the block as soon as the credential has expired.

    `identify` identifies the caller anew and raises Refused when it cannot: its authority is not trusted any
    more, or the key of its token has left the key set. Its refusal is raised within seconds.
    """
    if credential is None:
        yield
        return
    loop = asyncio.get_running_loop()
    limit = asyncio.timeout(credential.expires_at - time.time())
    refusal: Refused | None = None
    timer: asyncio.TimerHandle

    def look() -> None:
        nonlocal refusal, timer
        if time.time() < credential.expires_at:
            try:
                identify()
            except Refused as refused:
                refusal = refused
                limit.reschedule(loop.time())
                return
        timer = loop.call_later(IDENTIFY_SECONDS, look)

    timer = loop.call_later(IDENTIFY_SECONDS, look)
    try:
        async with limit:
            yield
    except TimeoutError:
        if limit.expired():
            raise refusal or refuse(Reason.CREDENTIAL_EXPIRED) from None
        raise
    finally:
        timer.cancel()
