"""PersonService: the authentic source, and what a register's user may do with it."""

from __future__ import annotations

from raas.rpc.services.person_writes import PersonWrites
from raas.v1.person_service_pb2_grpc import PersonServiceServicer


class PersonService(PersonWrites, PersonServiceServicer):
    """All calls; without verbs, which is where no persons are kept, each is PERSONS_KEPT_ELSEWHERE."""
