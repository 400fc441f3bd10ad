"""The channel to a server and the stubs on it."""

from __future__ import annotations

import asyncio
from functools import cached_property

import grpc
import grpc.aio

from raas.v1.administration_service_pb2_grpc import AdministrationServiceAsyncStub, AdministrationServiceStub
from raas.v1.mutation_stream_pb2_grpc import MutationStreamAsyncStub, MutationStreamStub
from raas.v1.register_service_pb2_grpc import RegisterServiceAsyncStub, RegisterServiceStub
from raas_client.options import Keepalive, Tls, is_local

_MEBIBYTE = 1024 * 1024


class Wire:
    """Opened by the first call, in the event loop of that call; serves no other loop."""

    def __init__(self, target: str, tls: Tls | None, keepalive: Keepalive) -> None:
        if tls is None and not is_local(target):
            raise ValueError("plaintext is for this machine only: give `tls` to reach another one")
        self.target = target
        self._tls = tls
        self._keepalive = keepalive
        self._loop: asyncio.AbstractEventLoop | None = None
        self._channel: grpc.aio.Channel | None = None

    @property
    def channel(self) -> grpc.aio.Channel:
        """The channel. Raises RuntimeError in another event loop than that of the first call."""
        loop = asyncio.get_running_loop()
        if self._channel is None:
            self._loop, self._channel = loop, self._open()
        elif self._loop is not loop:
            raise RuntimeError("this client is used by another event loop; every loop needs its own client")
        return self._channel

    @cached_property
    def registers(self) -> RegisterServiceAsyncStub:
        """The stub of RegisterService."""
        return RegisterServiceStub(self.channel)

    @cached_property
    def stream(self) -> MutationStreamAsyncStub:
        """The stub of MutationStream."""
        return MutationStreamStub(self.channel)

    @cached_property
    def administration(self) -> AdministrationServiceAsyncStub:
        """The stub of AdministrationService."""
        return AdministrationServiceStub(self.channel)

    async def close(self) -> None:
        """End the connection and every call under way; a later call opens another one."""
        channel, self._channel = self._channel, None
        for stub in ("registers", "stream", "administration"):
            self.__dict__.pop(stub, None)
        if channel is not None:
            await channel.close()

    def _open(self) -> grpc.aio.Channel:
        options = self._options()
        tls = self._tls
        if tls is None:
            return grpc.aio.insecure_channel(self.target, options=options)
        if tls.server_name is not None:
            options.append(("grpc.ssl_target_name_override", tls.server_name))
        credentials = grpc.ssl_channel_credentials(tls.ca, tls.key, tls.certificate)
        return grpc.aio.secure_channel(self.target, credentials, options=options)

    def _options(self) -> list[tuple[str, int | str]]:
        keepalive = self._keepalive
        return [
            ("grpc.keepalive_time_ms", int(keepalive.seconds * 1000)),
            ("grpc.keepalive_timeout_ms", int(keepalive.timeout_seconds * 1000)),
            ("grpc.keepalive_permit_without_calls", int(keepalive.idle)),
            # There is a back-off above this one: let a new attempt be a real one.
            ("grpc.initial_reconnect_backoff_ms", 100),
            ("grpc.min_reconnect_backoff_ms", 100),
            ("grpc.max_reconnect_backoff_ms", 1_000),
            # A page of 1,000 dossiers of 1,000 lines is 28 MiB.
            ("grpc.max_receive_message_length", 64 * _MEBIBYTE),
            ("grpc.max_metadata_size", 16 * 1024),
            ("grpc.absolute_max_metadata_size", 16 * 1024),
        ]
