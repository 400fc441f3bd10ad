"""One attempt at a call: the channel and the metadata, with the credential of the caller."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import grpc
import grpc.aio

from raas_client.calls.caller import Caller
from raas_client.calls.channel import Channel, Connection, Stubs
from raas_client.calls.failures import Failure
from raas_client.errors import DeadlineExceeded, Refused
from raas_client.identity.claims import expiry_of, instant_text
from raas_client.identity.token_sources import TokenSource
from raas_client.reasons import CredentialExpired, Unauthenticated


@dataclass(frozen=True, slots=True)
class Attempt:
    """The stubs and the metadata of one attempt."""

    channel: Channel
    metadata: grpc.aio.Metadata = field(repr=False)
    token: str | None = field(repr=False)

    @property
    def stubs(self) -> Stubs:
        """The stubs."""
        return self.channel.stubs


@dataclass(frozen=True, slots=True)
class Identity:
    """Presents the caller at each attempt, and renews its credential after a refusal."""

    connection: Connection
    tokens: TokenSource | None

    async def token(self, seconds: float | None) -> str | None:
        """The token to present now; None = the client has none.

        Raises CredentialUnavailable; DeadlineExceeded after so many seconds.
        """
        if self.tokens is None:
            return None
        try:
            async with asyncio.timeout(seconds):
                return await self.tokens.token()
        except TimeoutError:
            raise DeadlineExceeded(
                f"there was no token after {seconds:g} seconds", grpc.StatusCode.DEADLINE_EXCEEDED
            ) from None

    @contextmanager
    def attempt(self, caller: Caller, token: str | None, *, stream: bool = False) -> Iterator[Attempt]:
        """One attempt, whose call ends within the block."""
        connection = self.connection
        with connection.streaming() if stream else connection.calling() as channel:
            yield Attempt(channel, caller.metadata(token), token)

    def outdated(self, attempt: Attempt) -> bool:
        """Whether the certificates were renewed since this attempt; looks at the files once a second."""
        self.connection.use_renewed_certificates()
        return attempt.channel.replaced

    async def renewed(self, attempt: Attempt, failure: Failure, *, final: bool) -> bool:
        """Whether the credential was refused and there is a newer one now than in the attempt.

        Where there is none, or a renewed one was refused already (`final`), a note of the failure says what
        to do. Raises CredentialUnavailable.
        """
        if not isinstance(failure, Unauthenticated | CredentialExpired):
            if failure.status is grpc.StatusCode.UNAVAILABLE:
                # A server refuses the connection of an expired certificate without a word.
                self.connection.use_renewed_certificates(at_once=True)
            return False
        newer = not final and await self._renew(attempt)
        if not newer:
            failure.add_note(self._advice(attempt, failure))
        return newer

    async def _renew(self, attempt: Attempt) -> bool:
        self.connection.use_renewed_certificates(at_once=True)
        newer = attempt.channel.replaced
        if self.tokens is not None and attempt.token is not None:
            newer = await self.tokens.renewed(attempt.token) or newer
        return newer

    def _advice(self, attempt: Attempt, failure: Refused) -> str:
        certificates = self.connection.certificates
        presented = [] if certificates is None or not certificates.described else [certificates.described]
        if self.tokens is not None and attempt.token is not None:
            expiry = expiry_of(attempt.token)
            until = "" if expiry is None else f" (valid until {instant_text(expiry)})"
            presented.append(self.tokens.described + until)
        if not presented:
            return (
                "The client presented neither a certificate nor a token: give `tls` with a certificate and"
                " its key, or `token`; a server with development identity takes `enterprise_number`."
            )
        what = "has expired" if isinstance(failure, CredentialExpired) else "was refused"
        return f"Renew the credential, which {what}: {' and '.join(presented)}."
