"""Streams end when the rights on which they rest end, and wait while these are not known."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import TracebackType
from typing import Self

from raas.domain.errors import Reason, Refused, refuse
from raas.usecases.calls.identity_access import LiveIdentityFields
from raas.usecases.calls.rights_cache import RightsCache

Lost = Callable[[], Refused | None]
"""Decides anew: the refusal of a stream that would not be admitted now, None = it goes on."""


class StreamGuard:
    """Guards one stream: a block in which Refused is raised as soon as its caller loses the right to it.

    Guards nothing until `rest_on` is called.
    """

    __slots__ = ("_limit", "_lost", "_rights", "_stop", "contents", "refused")

    def __init__(self) -> None:
        self._limit = asyncio.timeout(None)
        self.refused: Refused | None = None
        """The refusal that ended the stream."""
        self._rights: RightsCache | None = None
        self._lost: Lost | None = None
        self._stop: Callable[[], None] | None = None
        self.contents: LiveIdentityFields | None = None
        """The fields of identities in the messages of the stream."""

    async def __aenter__(self) -> Self:
        await self._limit.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._stop is not None:
            self._stop()
        try:
            await self._limit.__aexit__(kind, error, trace)
        except TimeoutError:
            if self.refused is None:
                raise
            raise self.refused from None

    def rest_on(self, rights: RightsCache, lost: Lost) -> None:
        """Decide by `lost` now and whenever rights may have changed; it replaces what was given before."""
        self._lost = lost
        if self._rights is None:
            self._rights = rights
            self._stop = rights.watch(self._check)
        # Rights may have changed while the decision was made.
        self._check()

    async def fresh(self) -> None:
        """Return once the rights are known that are fresh enough to send or to take a message."""
        if self._rights is not None and not self._rights.is_fresh:
            await self._rights.fresh_again()

    def require_contents(self) -> None:
        """Raise Refused UNAVAILABLE when the last message may hold fields that are not allowed any more.

        The client asks again from its last revision, and gets what is allowed now.
        """
        if self.contents is not None and not self.contents.may_be_sent:
            raise refuse(Reason.UNAVAILABLE)

    def _check(self) -> None:
        """Called by the cache, in any task."""
        if self.refused is not None or self._lost is None:
            return
        self.refused = self._lost()
        if self.refused is not None:
            self._limit.reschedule(asyncio.get_running_loop().time())
