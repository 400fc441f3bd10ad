"""The connection to a server, and the stubs on it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import grpc
import grpc.aio

from raas.v1.administration_service_pb2_grpc import AdministrationServiceStub
from raas.v1.distribution_service_pb2_grpc import DistributionServiceStub
from raas.v1.mutation_stream_pb2_grpc import MutationStreamStub
from raas.v1.person_service_pb2_grpc import PersonServiceStub
from raas.v1.register_service_pb2_grpc import RegisterServiceStub
from raas_client.calls.target import check_target
from raas_client.identity.certificates import Certificates
from raas_client.options import Keepalive, Tls

if TYPE_CHECKING:
    # These classes exist for type checkers only.
    from raas.v1.administration_service_pb2_grpc import AdministrationServiceAsyncStub
    from raas.v1.distribution_service_pb2_grpc import DistributionServiceAsyncStub
    from raas.v1.mutation_stream_pb2_grpc import MutationStreamAsyncStub
    from raas.v1.person_service_pb2_grpc import PersonServiceAsyncStub
    from raas.v1.register_service_pb2_grpc import RegisterServiceAsyncStub

_log = logging.getLogger("raas_client.identity")

_MEBIBYTE = 1024 * 1024
_STREAMS_BESIDE_CALLS = 50
"""Open streams on the first channel, which carries the other calls as well."""
_STREAMS = 90
"""Open streams on each further channel: proxies often allow 100 on a connection, RaaS allows 1,000."""


@dataclass(frozen=True, slots=True)
class Stubs:
    """The stubs of all services on one channel."""

    registers: RegisterServiceAsyncStub
    stream: MutationStreamAsyncStub
    administration: AdministrationServiceAsyncStub
    persons: PersonServiceAsyncStub
    distribution: DistributionServiceAsyncStub


class Channel:
    """A channel with its stubs; `replaced`: newer certificates are used by another one."""

    def __init__(self, channel: grpc.aio.Channel, most_streams: int) -> None:
        self.channel = channel
        self.most_streams = most_streams
        self.streams = 0
        self.calls = 0
        self.replaced = False
        self.stubs = Stubs(
            RegisterServiceStub(channel),
            MutationStreamStub(channel),
            AdministrationServiceStub(channel),
            PersonServiceStub(channel),
            DistributionServiceStub(channel),
        )

    @property
    def idle(self) -> bool:
        """Whether no call and no stream is open."""
        return not (self.calls or self.streams)


class Connection:
    """Opened by the first call, in the event loop of that call; serves no other loop.

    Calls and the first streams share one channel. A connection of HTTP/2 carries a limited number of
    streams, and calls beyond it wait without an error: further channels are therefore opened for further
    streams. Every channel has a connection of its own.

    A channel of gRPC keeps its certificates (grpc#41779): renewed ones need new channels. The old ones are
    closed when their last call has ended.
    """

    def __init__(self, target: str, tls: Tls | None, keepalive: Keepalive) -> None:
        check_target(target, tls=tls is not None)
        self.target = target
        self.certificates = None if tls is None else Certificates(tls)
        self._server_name = None if tls is None else tls.server_name
        self._keepalive = keepalive
        self._loop: asyncio.AbstractEventLoop | None = None
        self._channels: list[Channel] = []
        self._replaced: list[Channel] = []
        self._closing: set[asyncio.Task[None]] = set()

    @contextmanager
    def calling(self) -> Iterator[Channel]:
        """The channel for one call with one answer.

        Raises RuntimeError in another event loop than that of the first call.
        """
        channel = self._opened()[0]
        channel.calls += 1
        try:
            yield channel
        finally:
            channel.calls -= 1
            self._ended(channel)

    @contextmanager
    def streaming(self) -> Iterator[Channel]:
        """The channel for one stream, which is closed when the block is left. Raises as `calling`."""
        channels = self._opened()
        channel = next((each for each in channels if each.streams < each.most_streams), None)
        if channel is None:
            channel = Channel(self._open(), _STREAMS)
            channels.append(channel)
        channel.streams += 1
        try:
            yield channel
        finally:
            channel.streams -= 1
            self._ended(channel)

    def use_renewed_certificates(self, *, at_once: bool = False) -> None:
        """Replace the channels if the certificates were renewed; looks once a second, or `at_once`."""
        if self.certificates is None or not self.certificates.look(at_once=at_once):
            return
        _log.info("the certificates were renewed: new calls use a new connection")
        channels, self._channels = self._channels, []
        for each in channels:
            each.replaced = True
            self._replaced.append(each)
            self._ended(each)

    async def close(self) -> None:
        """Close all channels and every call on them; a later call opens the connection again."""
        channels = [*self._channels, *self._replaced]
        self._channels, self._replaced = [], []
        self._loop = None
        for each in channels:
            await each.channel.close()
        await asyncio.gather(*self._closing)

    def _opened(self) -> list[Channel]:
        running = asyncio.get_running_loop()
        if self._loop not in (None, running):
            raise RuntimeError("this client is used by another event loop; every loop needs its own client")
        self.use_renewed_certificates()
        if not self._channels:
            self._loop = running
            self._channels.append(Channel(self._open(), _STREAMS_BESIDE_CALLS))
        return self._channels

    def _ended(self, channel: Channel) -> None:
        """Close a channel that was replaced, once its last call has ended."""
        if channel.replaced and channel.idle and channel in self._replaced:
            self._replaced.remove(channel)
            task = asyncio.create_task(channel.channel.close(), name="raas-close")
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)

    def _open(self) -> grpc.aio.Channel:
        options = self._options()
        if self.certificates is None:
            # The server is on this machine: a proxy of the environment would ask another one for it.
            options.append(("grpc.enable_http_proxy", 0))
            return grpc.aio.insecure_channel(self.target, options=options)
        if self._server_name is not None:
            options.append(("grpc.ssl_target_name_override", self._server_name))
        material = self.certificates.material
        credentials = grpc.ssl_channel_credentials(material.ca, material.key, material.certificate)
        return grpc.aio.secure_channel(self.target, credentials, options=options)

    def _options(self) -> list[tuple[str, int | str]]:
        keepalive = self._keepalive
        return [
            # Else gRPC shares one connection between all channels of a process with the same options.
            ("grpc.use_local_subchannel_pool", 1),
            ("grpc.keepalive_time_ms", int(keepalive.seconds * 1000)),
            # grpc.keepalive_timeout_ms closes no connection by itself.
            ("grpc.http2.ping_timeout_ms", int(keepalive.timeout_seconds * 1000)),
            ("grpc.keepalive_permit_without_calls", int(keepalive.idle)),
            # `Retries` waits between attempts: each attempt then connects at once.
            ("grpc.initial_reconnect_backoff_ms", 100),
            # gRPC takes this one as the time that a connection may take to open, handshake included.
            ("grpc.min_reconnect_backoff_ms", 10_000),
            ("grpc.max_reconnect_backoff_ms", 1_000),
            # A page of 1,000 dossiers of 1,000 lines is 28 MiB.
            ("grpc.max_receive_message_length", 64 * _MEBIBYTE),
            ("grpc.max_metadata_size", 16 * 1024),
            ("grpc.absolute_max_metadata_size", 16 * 1024),
        ]
