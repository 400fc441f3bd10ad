"""RegisterService, the whole of it."""

from __future__ import annotations

from raas.rpc.services.dossier_types import RegisterTypes
from raas.rpc.services.register_reads import RegisterReads
from raas.rpc.services.register_writes import RegisterWrites
from raas.v1.register_service_pb2_grpc import RegisterServiceServicer


class RegisterService(RegisterWrites, RegisterReads, RegisterTypes, RegisterServiceServicer):
    """Reads requests, asks the gate, calls the verb, writes the answer: nothing else happens here."""
