"""Options of a client: TLS, keepalive, deadlines and retries."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

Pem = bytes | Path
"""PEM text as bytes, or the file that holds it."""


@dataclass(frozen=True, slots=True)
class Tls:
    """TLS, in PEM: bytes, or the Path of a file, which is read again when it changes.

    Without `ca` gRPC's own list of certificate authorities is used. `certificate` (with its intermediate
    certificates) and `key` (unencrypted) authenticate the caller and are given together. `server_name` is the
    name that the server's certificate must have, if it is not the one in the target.

    Renewed files are noticed within a second of the next call: later calls and streams use a new connection,
    and calls in flight end on the old one. Files that do not belong together are not used.
    """

    ca: Pem | None = None
    certificate: Pem | None = None
    key: Pem | None = field(default=None, repr=False)
    server_name: str | None = None

    def __post_init__(self) -> None:
        """Refuse half a client certificate, and texts, which may be meant as either."""
        if (self.certificate is None) != (self.key is None):
            raise ValueError("a client certificate and its key go together")
        for name in ("ca", "certificate", "key"):
            value = getattr(self, name)
            if not isinstance(value, bytes | Path | None):
                kind = type(value).__name__
                raise TypeError(f"{name} is the PEM text as bytes or the Path of a file, not {kind}")

    @classmethod
    def from_files(
        cls,
        ca: str | Path | None = None,
        certificate: str | Path | None = None,
        key: str | Path | None = None,
        server_name: str | None = None,
    ) -> Self:
        """The same, from the names of files. Raises OSError for a file that cannot be read."""
        return cls(_readable(ca), _readable(certificate), _readable(key), server_name)


@dataclass(frozen=True, slots=True)
class Keepalive:
    """Pings that detect a silent network. The server accepts one every 10 seconds.

    A ping is sent after `seconds` without traffic; a connection whose ping has no answer within
    `timeout_seconds` is closed. `idle`: ping also while no call is open, for firewalls that drop idle
    connections.
    """

    seconds: float = 30.0
    timeout_seconds: float = 20.0
    idle: bool = False


@dataclass(frozen=True, slots=True)
class Retries:
    """Pauses between attempts: each twice the previous one, up to the longest, less a random part.

    The deadline of the call limits all attempts together. With `first_pause_seconds` and
    `longest_pause_seconds` 0 the client repeats at once.
    """

    first_pause_seconds: float = 0.1
    longest_pause_seconds: float = 5.0

    def pauses(self) -> Iterator[float]:
        """The pauses between the attempts of one call; endless."""
        pause = self.first_pause_seconds
        while True:
            # Half of it is random, so that callers that failed together do not retry together.
            yield pause * random.uniform(0.5, 1.0)  # noqa: S311 - no secret depends on it
            pause = min(pause * 2, self.longest_pause_seconds)


@dataclass(frozen=True, slots=True)
class Patience:
    """The time limits of the client. None = no limit, for jobs that somebody watches.

    `call_seconds` is the deadline of a call with one answer, all attempts included. `silence_seconds` is
    the longest time between two messages of a stream of answers (Export, Import). `outage_seconds` is how
    long a subscription, a mirror or an import tries to reach its server before it raises CallFailed; this
    includes the first connection, so that with None entering a mirror without a server waits for ever.
    """

    call_seconds: float | None = 30.0
    silence_seconds: float | None = 120.0
    outage_seconds: float | None = None


def _readable(path: str | Path | None) -> Path | None:
    if path is None:
        return None
    path = Path(path)
    path.open("rb").close()
    return path
