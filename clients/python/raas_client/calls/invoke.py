"""Calls with their metadata, deadlines, retries and exceptions."""

from __future__ import annotations

import asyncio
import re
import unicodedata
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, fields
from typing import Any, Protocol, TypeVar

import grpc
import grpc.aio

from raas_client.calls.channel import Connection, Stubs
from raas_client.calls.failures import NOTHING_WAS_DONE, Failure, failure_of, may_pass
from raas_client.errors import DeadlineExceeded, RaasError, Refused
from raas_client.options import Patience, Retries

Request = TypeVar("Request")
Response = TypeVar("Response")


_METADATA = re.compile(r"[ -~]*")
_EXAMPLES = {
    "enterprise_number": "0999999922",
    "register": "0999999922",
    "language": "fr",
    "legal_context": "Law of 15 January 1990, art. 6",
    "ticket": "case 4711",
}


def _ascii(text: str) -> str:
    """The text without accents, with ? for other characters."""
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().replace("\n", " ") or "?"


class _AsksForPage(Protocol):
    page_token: str


class _IsPage(Protocol):
    next_page_token: str


_Asking = TypeVar("_Asking", bound=_AsksForPage)
_Page = TypeVar("_Page", bound=_IsPage)


@dataclass(frozen=True, slots=True)
class Caller:
    """The metadata of every call, and the register that requests name; see `RaasClient`."""

    enterprise_number: str | None = None
    register: str | None = None
    language: str = "en"
    legal_context: str | None = None
    ticket: str | None = None

    def __post_init__(self) -> None:
        """Raise TypeError or ValueError, naming the option, for what gRPC could not send."""
        for field in fields(self):
            value = getattr(self, field.name)
            if value is None:
                continue
            if not isinstance(value, str):
                kind = type(value).__name__
                raise TypeError(f"{field.name} is a text, such as {_EXAMPLES[field.name]!r}, not {kind}")
            if _METADATA.fullmatch(value) is None:
                raise ValueError(
                    f"{field.name} travels as metadata of gRPC, which takes printable ASCII only:"
                    f" write {_ascii(value)!r} for {value!r}"
                )

    @property
    def metadata(self) -> grpc.aio.Metadata:
        """The metadata of gRPC."""
        pairs = (
            ("raas-enterprise-number", self.enterprise_number),
            ("accept-language", self.language),
            ("raas-legal-context", self.legal_context),
            ("raas-ticket", self.ticket),
        )
        return grpc.aio.Metadata(*((key, value) for key, value in pairs if value is not None))


@dataclass(frozen=True, slots=True)
class Calls:
    """Makes calls on a connection as a caller."""

    connection: Connection
    caller: Caller
    patience: Patience
    retries: Retries

    @property
    def register(self) -> str | None:
        """The register that requests name; None = the caller's own."""
        return self.caller.register

    @property
    def stubs(self) -> Stubs:
        """The stubs for calls with one answer."""
        return self.connection.stubs

    async def unary(
        self,
        method: grpc.aio.UnaryUnaryMultiCallable[Request, Response],
        request: Request,
        *,
        repeatable: bool = True,
    ) -> Response:
        """Call until an answer is final, or the deadline passes.

        `repeatable`: a second call does no harm; otherwise the call is repeated only where RaaS says that
        nothing was done. Raises Refused, CallFailed.
        """
        loop = asyncio.get_running_loop()
        seconds = self.patience.call_seconds
        deadline = None if seconds is None else loop.time() + seconds
        pauses = self.retries.pauses()
        while True:
            left = None if deadline is None else max(deadline - loop.time(), 0.001)
            try:
                return await method(request, timeout=left, metadata=self.caller.metadata)
            except grpc.aio.AioRpcError as error:
                failure = failure_of(error)
                pause = pause_after(failure, next(pauses))
                late = deadline is not None and loop.time() + pause >= deadline
                if late or not may_pass(failure) or not (repeatable or _nothing_was_done(failure)):
                    raise failure from error
            await asyncio.sleep(pause)

    async def paged(
        self,
        method: Callable[[Stubs], grpc.aio.UnaryUnaryMultiCallable[_Asking, _Page]],
        request: _Asking,
    ) -> AsyncGenerator[_Page, None]:
        """The pages of an answer, each fetched when it is needed; changes `request`."""
        while True:
            page = await self.unary(method(self.stubs), request)
            yield page
            if not page.next_page_token:
                return
            request.page_token = page.next_page_token

    async def answers(
        self,
        method: Callable[[Stubs], grpc.aio.UnaryStreamMultiCallable[Request, Response]],
        request: Request,
    ) -> AsyncGenerator[Response, None]:
        """The answers of a stream; repeated only until the first one was received.

        Raises Refused, CallFailed; DeadlineExceeded when the stream is silent for too long.
        """
        loop = asyncio.get_running_loop()
        began = loop.time()
        pauses = self.retries.pauses()
        received = False
        while True:
            with self.connection.streaming() as stubs:
                call = method(stubs)(request, metadata=self.caller.metadata)
                try:
                    while (answer := await read(call, self.patience.silence_seconds)) is not None:
                        received = True
                        yield answer
                    return
                except grpc.aio.AioRpcError as error:
                    failure = failure_of(error)
                    pause = pause_after(failure, next(pauses))
                    seconds = self.patience.call_seconds
                    late = seconds is not None and loop.time() + pause - began >= seconds
                    if received or late or not may_pass(failure):
                        raise failure from error
                finally:
                    call.cancel()
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


def _nothing_was_done(failure: Failure) -> bool:
    return isinstance(failure, Refused) and failure.reason in NOTHING_WAS_DONE
