"""Streams end when the credential of their caller expires."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from raas.domain.callers.credential import Credential
from raas.domain.errors import Reason, refuse


@asynccontextmanager
async def until_expiry(credential: Credential | None) -> AsyncIterator[None]:
    """Raise Refused CREDENTIAL_EXPIRED in the block as soon as the credential has expired."""
    if credential is None:
        yield
        return
    limit = asyncio.timeout(credential.expires_at - time.time())
    try:
        async with limit:
            yield
    except TimeoutError:
        if limit.expired():
            raise refuse(Reason.CREDENTIAL_EXPIRED) from None
        raise
