"""An RPC that does nothing, behind the interceptor of RaaS: the cost of gRPC and of the interceptor alone.

It decodes an Inscribe request and returns it unchanged, so that its messages have the size of those measured.
"""

from __future__ import annotations

import asyncio
import os
import signal
from typing import Any

import grpc
import grpc.aio
from grpc_health.v1 import health, health_pb2_grpc

from raas.ops.metrics import Metrics
from raas.rpc.calls.identity.identify import development_identity
from raas.rpc.calls.interceptor import CallInterceptor
from raas.rpc.wire.limits import MessageLimits
from raas.v1.register_service_pb2 import InscribeRequest

SERVICE, METHOD = "raas.v1.Echo", "Echo"


async def echo(request: Any, _: grpc.aio.ServicerContext[Any, Any]) -> Any:
    """Return the request."""
    return request


async def main() -> None:
    """Serve until SIGTERM."""
    limits = {f"/{SERVICE}/{METHOD}": MessageLimits(InscribeRequest.DESCRIPTOR)}
    interceptor = CallInterceptor(development_identity, limits, None, Metrics())
    server = grpc.aio.server(interceptors=(interceptor,))
    handler = grpc.unary_unary_rpc_method_handler(
        echo, InscribeRequest.FromString, InscribeRequest.SerializeToString
    )
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, {METHOD: handler}),))
    health_pb2_grpc.add_HealthServicer_to_server(health.aio.HealthServicer(), server)
    server.add_insecure_port(os.environ["RAAS_LISTEN"])
    await server.start()
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await stop.wait()
    await server.stop(1)


if __name__ == "__main__":
    asyncio.run(main())
