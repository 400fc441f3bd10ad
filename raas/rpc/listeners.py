"""The listeners of a server, one for each way to prove an identity.

gRPC either requires client certificates on a port or does not ask for them, so callers with certificates and
callers with tokens have a port each. Probes that know neither ask the health service on a third one.
"""

from __future__ import annotations

from dataclasses import dataclass

import grpc

from raas.rpc.calls.identity.identify import Identify


@dataclass(frozen=True, slots=True)
class ConnectionAge:
    """After `seconds`, varied by gRPC by a tenth, a connection takes no new calls: clients connect anew.

    Calls in flight go on for `grace_seconds`, and are then ended.
    """

    seconds: int
    grace_seconds: int


@dataclass(frozen=True, slots=True)
class Listener:
    """An address (`host:port`, port 0 = any) and how its callers prove who they are.

    Without credentials it speaks plaintext; without an age its connections last.
    """

    address: str
    identify: Identify
    credentials: grpc.ServerCredentials | None = None
    age: ConnectionAge | None = None
