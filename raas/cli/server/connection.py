"""How a command reaches a running server: the options that all clients share, and the channel."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated

import grpc
import typer

DEFAULT_TARGET = "127.0.0.1:50051"

Target = Annotated[
    str, typer.Option(envvar="RAAS_TARGET", metavar="HOST:PORT", help="The running server to talk to.")
]
EnterpriseNumber = Annotated[
    str | None,
    typer.Option(
        envvar="RAAS_ENTERPRISE_NUMBER",
        metavar="NUMBER",
        help="Who you are, for a server with development identity: an enterprise number of 10 digits.",
    ),
]
Register = Annotated[
    str | None,
    typer.Option(metavar="NUMBER", help="Enterprise number of the register to act on; without it, your own."),
]
Language = Annotated[
    str, typer.Option(metavar="LANGUAGE", help="Language of the server's sentences: en, fr, nl or de.")
]
Json = Annotated[
    bool, typer.Option("--json", help="For scripts: the result as one JSON object on standard output.")
]

_OPTIONS = (
    # The commands have a back-off of their own: let a new attempt be a real one.
    ("grpc.initial_reconnect_backoff_ms", 200),
    ("grpc.min_reconnect_backoff_ms", 200),
    ("grpc.max_reconnect_backoff_ms", 1_000),
    # A server or a network that fell silent is noticed also while nothing but an answer is awaited.
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.keepalive_timeout_ms", 20_000),
    ("grpc.max_receive_message_length", 64 * 1024 * 1024),
)


@dataclass(frozen=True, slots=True)
class Connection:
    """Where the server is, and as whom and in which language it is spoken to."""

    target: str
    enterprise_number: str | None = None
    language: str = "en"

    @property
    def metadata(self) -> tuple[tuple[str, str], ...]:
        """The metadata of every call."""
        named = (("raas-enterprise-number", self.enterprise_number),) if self.enterprise_number else ()
        return (*named, ("accept-language", self.language))

    @contextmanager
    def channel(self) -> Iterator[grpc.Channel]:
        """A plaintext channel, closed at the end; nothing is sent before the first call."""
        with grpc.insecure_channel(self.target, options=_OPTIONS) as channel:
            yield channel
