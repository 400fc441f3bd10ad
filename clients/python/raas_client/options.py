"""How a server is reached, and how long and how often is tried."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Self


@dataclass(frozen=True, slots=True)
class Tls:
    """TLS, in PEM. Without `ca` the certificate authorities of gRPC count.

    `certificate` and `key` prove who the caller is and go together. `server_name` is the name that the
    server's certificate must have, where it is not the one in the target.
    """

    ca: bytes | None = None
    certificate: bytes | None = None
    key: bytes | None = None
    server_name: str | None = None

    def __post_init__(self) -> None:
        """Refuse half a client certificate."""
        if (self.certificate is None) != (self.key is None):
            raise ValueError("a client certificate and its key go together")

    @classmethod
    def from_files(
        cls,
        ca: str | Path | None = None,
        certificate: str | Path | None = None,
        key: str | Path | None = None,
        server_name: str | None = None,
    ) -> Self:
        """Read PEM files, now. Raises OSError."""
        return cls(_content(ca), _content(certificate), _content(key), server_name)


@dataclass(frozen=True, slots=True)
class Keepalive:
    """Pings that notice a silent network. The server takes one every 10 seconds, no more.

    `idle`: ping also while no call is under way, for firewalls that forget idle connections.
    """

    seconds: float = 30.0
    timeout_seconds: float = 20.0
    idle: bool = False


@dataclass(frozen=True, slots=True)
class Retries:
    """Pauses between attempts: each twice the one before, up to the longest, less a random part.

    How long is tried altogether is decided by the deadline of the call. `first_pause_seconds` 0 and
    `longest_pause_seconds` 0 repeat at once.
    """

    first_pause_seconds: float = 0.1
    longest_pause_seconds: float = 5.0

    def pauses(self) -> Iterator[float]:
        """The pauses of one call, without end."""
        pause = self.first_pause_seconds
        while True:
            # Half of it is random, so that callers who failed together do not come back together.
            yield pause * random.uniform(0.5, 1.0)  # noqa: S311 - no secret depends on it
            pause = min(pause * 2, self.longest_pause_seconds)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long is waited. None = for ever, which only a job that somebody watches should do.

    `call_seconds` is the deadline of a call with one answer, all attempts included. `silence_seconds` is
    how long a stream of answers (Export, Import) may say nothing. `outage_seconds` is how long a
    subscription or an import that lost its server goes on trying.
    """

    call_seconds: float | None = 30.0
    silence_seconds: float | None = 120.0
    outage_seconds: float | None = None


def _content(path: str | Path | None) -> bytes | None:
    return None if path is None else Path(path).read_bytes()


def is_local(target: str) -> bool:
    """Whether a target is on this machine: a loopback address, `localhost` or a socket of the file system."""
    if target.startswith(("unix:", "unix-abstract:")):
        return True
    for scheme in ("dns:///", "dns:", "ipv4:", "ipv6:"):
        target = target.removeprefix(scheme)
    host = target.rpartition(":")[0].strip("[]")
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
