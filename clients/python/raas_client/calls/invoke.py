"""Calls with their metadata, deadlines, retries and exceptions."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import AbstractContextManager
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import grpc
import grpc.aio

from raas_client.calls.attempt import Attempt, Identity
from raas_client.calls.caller import Caller
from raas_client.calls.channel import Stubs
from raas_client.calls.failures import NOTHING_WAS_DONE, failure_of, may_pass
from raas_client.calls.pages import Pages
from raas_client.errors import CallFailed, CredentialUnavailable, DeadlineExceeded, RaasError, Refused
from raas_client.options import Patience, Retries

Request = TypeVar("Request")
Response = TypeVar("Response")


class _AsksForPage(Protocol):
    page_token: str


class _IsPage(Protocol):
    next_page_token: str


_Asking = TypeVar("_Asking", bound=_AsksForPage)
_Page = TypeVar("_Page", bound=_IsPage)
_Item = TypeVar("_Item")


@dataclass(frozen=True, slots=True)
class Calls:
    """Makes calls as a caller."""

    identity: Identity
    caller: Caller
    patience: Patience
    retries: Retries

    @property
    def register(self) -> str | None:
        """The register that requests name; None = the caller's own."""
        return self.caller.register

    async def token(self) -> str | None:
        """The token to present on a stream. Raises CredentialUnavailable, DeadlineExceeded."""
        return await self.identity.token(self.patience.call_seconds)

    def stream(self, token: str | None) -> AbstractContextManager[Attempt]:
        """An attempt at a stream."""
        return self.identity.attempt(self.caller, token, stream=True)

    async def unary(
        self,
        method: Callable[[Stubs], grpc.aio.UnaryUnaryMultiCallable[Request, Response]],
        request: Request,
        *,
        repeatable: bool = True,
    ) -> Response:
        """Call until an answer is final, or the deadline passes.

        `repeatable`: a second call does no harm; otherwise the call is repeated only where RaaS says that
        nothing was done. A call that was refused because of its certificate or token is repeated once with a
        renewed one. Raises Refused, CallFailed, CredentialUnavailable.
        """
        loop = asyncio.get_running_loop()
        seconds = self.patience.call_seconds
        deadline = None if seconds is None else loop.time() + seconds
        pauses = self.retries.pauses()
        renewed = False
        earlier: Refused | CallFailed | CredentialUnavailable | None = None

        def left() -> float | None:
            return None if deadline is None else max(deadline - loop.time(), 0.001)

        while True:
            try:
                token = await self.identity.token(left())
                with self.identity.attempt(self.caller, token) as attempt:
                    try:
                        call = method(attempt.stubs)
                        return await call(request, timeout=left(), metadata=attempt.metadata)
                    except grpc.aio.AioRpcError as error:
                        failure, cause = failure_of(error), error
                final = renewed or not (repeatable or _nothing_was_done(failure))
                if await self.identity.renewed(attempt, failure, final=final):
                    renewed = True
                    continue
                raise failure from cause
            except (Refused, CallFailed, CredentialUnavailable) as failed:
                pause = pause_after(failed, next(pauses))
                late = deadline is not None and loop.time() + pause >= deadline
                again = repeatable or _nothing_was_done(failed)
                if late or not may_pass(failed) or not again:
                    if isinstance(failed, DeadlineExceeded) and earlier is not None:
                        text = f"{failed}; the attempt before failed: {earlier}"
                        raise DeadlineExceeded(text, failed.status) from failed
                    raise
                earlier = failed
            await asyncio.sleep(pause)

    def listed(
        self,
        method: Callable[[Stubs], grpc.aio.UnaryUnaryMultiCallable[_Asking, _Page]],
        request: _Asking,
        items: Callable[[_Page], Iterable[_Item]],
    ) -> Pages[_Page, _Item]:
        """All items of an answer in pages, each page fetched when it is needed."""

        async def pages() -> AsyncGenerator[_Page, None]:
            asking = deepcopy(request)
            while True:
                page = await self.unary(method, asking)
                yield page
                if not page.next_page_token:
                    return
                asking.page_token = page.next_page_token

        return Pages(pages, items)

    async def answers(
        self,
        method: Callable[[Stubs], grpc.aio.UnaryStreamMultiCallable[Request, Response]],
        request: Request,
    ) -> AsyncGenerator[Response, None]:
        """The answers of a stream; repeated only until the first one was received.

        Raises Refused, CallFailed, CredentialUnavailable; DeadlineExceeded when the stream is silent for too
        long.
        """
        loop = asyncio.get_running_loop()
        began = loop.time()
        pauses = self.retries.pauses()
        received = renewed = False
        while True:
            try:
                with self.stream(await self.token()) as attempt:
                    call = method(attempt.stubs)(request, metadata=attempt.metadata)
                    try:
                        while (answer := await read(call, self.patience.silence_seconds)) is not None:
                            received = True
                            yield answer
                        return
                    except grpc.aio.AioRpcError as error:
                        failure, cause = failure_of(error), error
                    finally:
                        call.cancel()
                if await self.identity.renewed(attempt, failure, final=renewed or received):
                    renewed = True
                    continue
                raise failure from cause
            except (Refused, CallFailed, CredentialUnavailable) as failed:
                pause = pause_after(failed, next(pauses))
                seconds = self.patience.call_seconds
                late = seconds is not None and loop.time() + pause - began >= seconds
                if received or late or not may_pass(failed):
                    raise
            await asyncio.sleep(pause)


async def read(call: Any, silence_seconds: float | None) -> Any:
    """The next answer of a stream; None = the end.

    Raises AioRpcError; DeadlineExceeded, and ends the call, after so many seconds of silence.
    """
    try:
        async with asyncio.timeout(silence_seconds):
            answer = await call.read()
    except TimeoutError:
        raise DeadlineExceeded(
            f"nothing was heard for {silence_seconds:g} seconds", grpc.StatusCode.DEADLINE_EXCEEDED
        ) from None
    return None if answer is grpc.aio.EOF else answer


def pause_after(failure: RaasError, pause: float) -> float:
    """The pause before the next attempt: never shorter than the server asks for."""
    return max(pause, failure.retry_after or 0.0) if isinstance(failure, Refused) else pause


def _nothing_was_done(failure: RaasError) -> bool:
    if isinstance(failure, Refused):
        return failure.reason in NOTHING_WAS_DONE
    return isinstance(failure, CredentialUnavailable)
