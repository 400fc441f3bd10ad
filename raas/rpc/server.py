"""The gRPC server: services, limits, health and reflection."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass

import grpc
import grpc.aio
from grpc_health.v1 import health_pb2_grpc

from raas.domain.numbers.niss import NissProfile
from raas.rpc.calls.closing import Closing
from raas.rpc.calls.identity.identify import Identify
from raas.rpc.calls.interceptor import CallInterceptor, Observer
from raas.rpc.calls.request_scope import RequestScopes
from raas.rpc.calls.usage.billing import rpc_billing
from raas.rpc.calls.usage.limiting import rpc_limits
from raas.rpc.health import HEALTH, Health
from raas.rpc.listeners import ConnectionAge, Listener
from raas.rpc.reflection import reflection_handlers
from raas.rpc.services.catalogue import SERVICES, service_handlers
from raas.rpc.services.use_cases import UseCases
from raas.rpc.wire.limits import request_limits
from raas.usecases.billing.counter import BillingCounter
from raas.usecases.calls.access import AccessControl
from raas.usecases.limits.budgets import Budgets
from raas.usecases.limits.call_limits import CallLimits

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
# The time in which calls ended by a stop may still answer.
LAST_ANSWERS_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class RaasServer:
    """A server that was built. Health reports NOT_SERVING until `health.tell(True)`, even once started."""

    servers: tuple[grpc.aio.Server, ...]
    """One for each listener, and one for health alone."""
    health: Health
    closing: Closing
    ports: tuple[int, ...]
    """The ports of the listeners, in their order, that of health last."""

    @property
    def port(self) -> int:
        """The port of the first listener."""
        return self.ports[0]

    async def start(self) -> None:
        """Accept connections; health reports NOT_SERVING until `health.tell`."""
        for server in self.servers:
            await server.start()

    async def stop(self, grace_seconds: float) -> None:
        """Refuse new calls with UNAVAILABLE; wait at most so long for those under way, then end them."""
        ends = time.monotonic() + grace_seconds
        self.health.close()
        await self.closing.hold(grace_seconds)
        self.health.end_streams()
        left = max(0.0, ends - time.monotonic())
        last = left + LAST_ANSWERS_SECONDS
        stopping = [asyncio.create_task(server.stop(last)) for server in self.servers]
        # gRPC has begun to shut down, and connections take no new calls, once the tasks have run.
        await asyncio.sleep(0)
        self.closing.release()
        await asyncio.wait(stopping, timeout=left)
        self.closing.expire()
        await asyncio.gather(*stopping)


def build_server(
    use_cases: UseCases,
    access: AccessControl,
    identify: Identify,
    *,
    listen: str,
    profile: NissProfile,
    observer: Observer | None = None,
    share_port: bool = False,
    call_limits: CallLimits | None = None,
    budgets: Budgets | None = None,
    billing: BillingCounter | None = None,
) -> RaasServer:
    """Build a server with one listener in plaintext; see `build_listeners`."""
    listeners = (Listener(listen, identify),)
    return build_listeners(
        use_cases,
        access,
        listeners,
        profile=profile,
        observer=observer,
        share_port=share_port,
        call_limits=call_limits,
        budgets=budgets,
        billing=billing,
    )


def build_listeners(
    use_cases: UseCases,
    access: AccessControl,
    listeners: Sequence[Listener],
    *,
    profile: NissProfile,
    observer: Observer | None = None,
    share_port: bool = False,
    health_listen: str | None = None,
    call_limits: CallLimits | None = None,
    budgets: Budgets | None = None,
    billing: BillingCounter | None = None,
) -> RaasServer:
    """Build the server, bound to its addresses but not started.

    `call_limits` and `budgets` are those of callers; None = callers are not limited. `billing` counts their
    calls.
    `health_listen` is where the health service alone answers, in plaintext. `share_port`: other processes may
    listen on the same ports (workers); else a second server on one is refused with RuntimeError. Must be
    called in the event loop that will run the server.
    """
    handlers = service_handlers(use_cases, RequestScopes(access, profile, budgets))
    limits = request_limits(SERVICES)
    caller_limits = None if call_limits is None else rpc_limits(call_limits, SERVICES)
    counters = None if billing is None else rpc_billing(billing, SERVICES)
    names = tuple(service.full_name for service in SERVICES)
    checks, closing = Health(names), Closing()
    servers, ports = [], []
    for listener in listeners:
        interceptor = CallInterceptor(
            listener.identify, limits, access.audit, observer, closing, caller_limits, counters
        )
        options = _options(share_port)
        if listener.age is not None:
            options += _age(listener.age)
        server = grpc.aio.server(interceptors=(interceptor,), options=options)
        server.add_generic_rpc_handlers(handlers)
        health_pb2_grpc.add_HealthServicer_to_server(checks, server)
        server.add_generic_rpc_handlers(reflection_handlers((*names, HEALTH)))
        servers.append(server)
        ports.append(
            server.add_insecure_port(listener.address)
            if listener.credentials is None
            else server.add_secure_port(listener.address, listener.credentials)
        )
    if health_listen is not None:
        # It has no RPC that needs an identity; the interceptor refuses bytes that cannot be read.
        interceptor = CallInterceptor(listeners[0].identify, limits, access.audit, observer, closing)
        server = grpc.aio.server(interceptors=(interceptor,), options=_options(share_port))
        health_pb2_grpc.add_HealthServicer_to_server(checks, server)
        servers.append(server)
        ports.append(server.add_insecure_port(health_listen))
    return RaasServer(tuple(servers), checks, closing, tuple(ports))


def _age(age: ConnectionAge) -> list[tuple[str, int]]:
    return [
        ("grpc.max_connection_age_ms", age.seconds * 1000),
        ("grpc.max_connection_age_grace_ms", age.grace_seconds * 1000),
    ]


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
