"""The listeners of a server, one for each way to prove an identity.

gRPC either requires client certificates on a port or does not ask for them, so callers with certificates and
callers with tokens have a port each. Probes that know neither ask the health service on a third one.
"""

from __future__ import annotations

from dataclasses import dataclass

import grpc

from raas.rpc.calls.identity.identify import Identify


@dataclass(frozen=True, slots=True)
class Listener:
    """An address (`host:port`, port 0 = any) and how its callers prove who they are.

    Without credentials it speaks plaintext.
    """

    address: str
    identify: Identify
    credentials: grpc.ServerCredentials | None = None
