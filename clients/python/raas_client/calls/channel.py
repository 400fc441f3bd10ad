"""The channel to a server and the stubs on it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

import grpc
import grpc.aio

from raas.v1.administration_service_pb2_grpc import AdministrationServiceStub
from raas.v1.mutation_stream_pb2_grpc import MutationStreamStub
from raas.v1.person_service_pb2_grpc import PersonServiceStub
from raas.v1.register_service_pb2_grpc import RegisterServiceStub
from raas_client.options import Keepalive, Tls, is_local

if TYPE_CHECKING:
    # Names that the stubs have for the eyes of a type checker only.
    from raas.v1.administration_service_pb2_grpc import AdministrationServiceAsyncStub
    from raas.v1.mutation_stream_pb2_grpc import MutationStreamAsyncStub
    from raas.v1.person_service_pb2_grpc import PersonServiceAsyncStub
    from raas.v1.register_service_pb2_grpc import RegisterServiceAsyncStub

_MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Stubs:
    """What calls are made on."""

    registers: RegisterServiceAsyncStub
    stream: MutationStreamAsyncStub
    administration: AdministrationServiceAsyncStub
    persons: PersonServiceAsyncStub


class Connection:
    """Opened by the first call, in the event loop of that call; serves no other loop."""

    def __init__(self, target: str, tls: Tls | None, keepalive: Keepalive) -> None:
        if tls is None and not is_local(target):
            raise ValueError("plaintext is for this machine only: give `tls` to reach another one")
        self.target = target
        self._tls = tls
        self._keepalive = keepalive
        self._open_in: tuple[asyncio.AbstractEventLoop, grpc.aio.Channel, Stubs] | None = None

    @property
    def stubs(self) -> Stubs:
        """The stubs. Raises RuntimeError in another event loop than that of the first call."""
        running = asyncio.get_running_loop()
        if self._open_in is None:
            channel = self._open()
            stubs = Stubs(
                RegisterServiceStub(channel),
                MutationStreamStub(channel),
                AdministrationServiceStub(channel),
                PersonServiceStub(channel),
            )
            self._open_in = running, channel, stubs
        loop, _, stubs = self._open_in
        if loop is not running:
            raise RuntimeError("this client is used by another event loop; every loop needs its own client")
        return stubs

    async def close(self) -> None:
        """End the connection and every call under way; a later call opens another one."""
        opened, self._open_in = self._open_in, None
        if opened is not None:
            await opened[1].close()

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
