"""The gRPC server: services, limits, health and reflection."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import grpc
import grpc.aio
from grpc_health.v1 import health_pb2_grpc

from raas.domain.numbers.niss import NissProfile
from raas.rpc.calls.closing import Closing
from raas.rpc.calls.identity import Identify
from raas.rpc.calls.interceptor import CallInterceptor, Observer
from raas.rpc.calls.request_scope import RequestScopes
from raas.rpc.health import HEALTH, Health
from raas.rpc.reflection import reflection_handlers
from raas.rpc.services.catalogue import SERVICES, service_handlers
from raas.rpc.services.use_cases import UseCases
from raas.rpc.wire.limits import request_limits
from raas.usecases.calls.access import AccessControl

MEBIBYTE = 1024 * 1024

# The largest of the limits that requests declare. An Import message of 5,000 operations has 1.6 KiB for each;
# an operation with a claimed identity takes 200 bytes.
MAX_REQUEST = 8 * MEBIBYTE
# Pages, batches and parts of streams are kept below the 4 MiB that clients accept. Only a single object that
# grows with RAAS_MAX_LINES, such as a dossier, may be larger.
MAX_RESPONSE = 64 * MEBIBYTE
# Metadata of RaaS take a few hundred bytes. Both limits are equal: between them gRPC refuses at random.
MAX_METADATA = 16 * 1024
MAX_STREAMS_PER_CONNECTION = 1_000
KEEPALIVE_SECONDS = 60
KEEPALIVE_TIMEOUT_SECONDS = 20
# Clients may ping this often, also without a call: firewalls drop idle connections.
SHORTEST_CLIENT_PING_SECONDS = 10


@dataclass(frozen=True, slots=True)
class RaasServer:
    """A server that was built. Health reports NOT_SERVING until `serving` is called, even once started."""

    server: grpc.aio.Server
    health: Health
    closing: Closing
    port: int
    """The port on which it listens, also when the system chose it."""

    async def start(self) -> None:
        """Accept connections; health reports NOT_SERVING until `serving`."""
        await self.server.start()

    async def serving(self, answered: bool) -> None:
        """Set the health status: whether calls are answered now."""
        self.health.tell(answered)

    async def stop(self, grace_seconds: float) -> None:
        """Refuse new calls with UNAVAILABLE; wait at most so long for those under way, then end them."""
        self.health.close()
        await self.closing.hold()
        stopping = asyncio.create_task(self.server.stop(grace_seconds))
        # gRPC has begun to shut down, and connections take no new calls, once the task has run.
        await asyncio.sleep(0)
        self.closing.release()
        await stopping


def build_server(
    use_cases: UseCases,
    access: AccessControl,
    identify: Identify,
    *,
    listen: str,
    profile: NissProfile,
    observer: Observer | None = None,
    share_port: bool = False,
) -> RaasServer:
    """Build the server, bound to `listen` (`host:port`, port 0 = any) but not started.

    `share_port`: other processes may listen on the same port (workers); else a second server on it is
    refused with RuntimeError. Must be called in the event loop that will run the server.
    """
    closing = Closing()
    interceptor = CallInterceptor(identify, request_limits(SERVICES), access.note_unread, observer, closing)
    server = grpc.aio.server(interceptors=(interceptor,), options=_options(share_port))
    server.add_generic_rpc_handlers(service_handlers(use_cases, RequestScopes(access, profile)))
    names = tuple(service.full_name for service in SERVICES)
    checks = Health(names)
    health_pb2_grpc.add_HealthServicer_to_server(checks, server)
    server.add_generic_rpc_handlers(reflection_handlers((*names, HEALTH)))
    return RaasServer(server, checks, closing, server.add_insecure_port(listen))


def _options(share_port: bool) -> list[tuple[str, int]]:
    return [
        ("grpc.so_reuseport", int(share_port)),
        ("grpc.max_receive_message_length", MAX_REQUEST),
        ("grpc.max_send_message_length", MAX_RESPONSE),
        ("grpc.max_metadata_size", MAX_METADATA),
        ("grpc.absolute_max_metadata_size", MAX_METADATA),
        ("grpc.max_concurrent_streams", MAX_STREAMS_PER_CONNECTION),
        ("grpc.keepalive_time_ms", int(KEEPALIVE_SECONDS * 1000)),
        # gRPC core ends a connection by this one; grpc.keepalive_timeout_ms has no effect of its own.
        ("grpc.http2.ping_timeout_ms", int(KEEPALIVE_TIMEOUT_SECONDS * 1000)),
        ("grpc.keepalive_permit_without_calls", 1),
        ("grpc.http2.min_ping_interval_without_data_ms", int(SHORTEST_CLIENT_PING_SECONDS * 1000)),
    ]
