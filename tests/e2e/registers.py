"""Registers on a running server, and helpers to create and read them."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import grpc
import psycopg

from raas.v1.administration_service_pb2 import CreateRegisterRequest
from raas.v1.administration_service_pb2_grpc import AdministrationServiceStub
from raas.v1.authorisation_pb2 import Authorisation
from raas.v1.distribution_service_pb2 import GrantAuthorisationRequest
from raas.v1.distribution_service_pb2_grpc import DistributionServiceStub
from raas.v1.dossier_pb2 import Dossier
from raas.v1.dossier_type_pb2 import DossierType
from raas.v1.register_pb2 import Register
from raas.v1.register_service_pb2 import (
    ConsultRequest,
    CreateDossierTypeRequest,
    ExportRequest,
    GetRegisterRequest,
)
from raas.v1.register_service_pb2_grpc import RegisterServiceStub
from raas_client import RaasClient
from tests.e2e.servers import Server
from tests.oracle.numbers import enterprise_number
from tests.vectors import LineRow

TYPES = ("CHILD_BENEFIT", "HEALTH_INSURANCE", "PENSION", "SOCIAL_AID", "UNEMPLOYMENT")
MIB = 1024 * 1024

_OF_REGISTER = "WHERE register_id = (SELECT id FROM register WHERE enterprise_number = %(number)s)"
# Nodes of a cluster change rows only by functions that do not depend on the time zone of the session.
_EARLIER = "SET record_time = timezone('UTC', timezone('UTC', record_time) - interval '2 days')"
_AGE = (
    f"UPDATE mutation {_EARLIER} {_OF_REGISTER}",
    f"UPDATE register_head {_EARLIER} {_OF_REGISTER}",
)

_next_organisation = itertools.count(1_000_000)


@dataclass(frozen=True, slots=True)
class TestRegister:
    """A register that only this test uses, and a channel to its server."""

    __test__ = False

    server: Server
    number: str

    @property
    def caller(self) -> tuple[tuple[str, str], ...]:
        """The metadata of its owner."""
        return (("raas-enterprise-number", self.number),)

    @property
    def arguments(self) -> tuple[str, ...]:
        """The arguments of `raas` commands that select this register."""
        return ("--target", self.server.target, "--enterprise-number", self.number)

    def age(self) -> None:
        """Make the log look two days old, and unlike its checksums."""
        with psycopg.connect(self.server.dsn) as connection:
            for statement in _AGE:
                connection.execute(statement, {"number": int(self.number)})

    def state(self) -> Register:
        """The answer of GetRegister."""
        with channel(self.server) as open_channel:
            answer = RegisterServiceStub(open_channel).GetRegister(GetRegisterRequest(), metadata=self.caller)
            return answer.register

    def client(self) -> RaasClient:
        """A Python client for its owner."""
        return RaasClient(self.server.target, enterprise_number=self.number)

    def consulted(self, at_revision: int | None = None, page_size: int = 997) -> list[LineRow]:
        """All lines, by Consult, page by page."""
        request = ConsultRequest(page_size=page_size)
        if at_revision is not None:
            request.at_revision = at_revision
        dossiers: list[Dossier] = []
        with channel(self.server) as open_channel:
            while True:
                page = RegisterServiceStub(open_channel).Consult(request, metadata=self.caller)
                dossiers.extend(page.dossiers)
                if not page.next_page_token:
                    return list(lines_of(dossiers))
                request.page_token = page.next_page_token

    def exported(self, at_revision: int | None = None) -> list[LineRow]:
        """All lines, by Export."""
        request = ExportRequest()
        if at_revision is not None:
            request.at_revision = at_revision
        with channel(self.server) as open_channel:
            parts = RegisterServiceStub(open_channel).Export(request, metadata=self.caller)
            return list(lines_of(dossier for part in parts for dossier in part.dossiers))


def channel(server: Server) -> grpc.Channel:
    """A channel without a limit on the size of messages; use it as a context manager."""
    return grpc.insecure_channel(server.target, options=[("grpc.max_receive_message_length", 64 * MIB)])


def new_register(server: Server) -> TestRegister:
    """Create a register with the dossier types TYPES; its revision is their number."""
    register = TestRegister(server, enterprise_number(next(_next_organisation)))
    with channel(server) as open_channel:
        AdministrationServiceStub(open_channel).CreateRegister(
            CreateRegisterRequest(enterprise_number=register.number, name="A test"), metadata=register.caller
        )
        for code in TYPES:
            RegisterServiceStub(open_channel).CreateDossierType(
                CreateDossierTypeRequest(dossier_type=DossierType(code=code)), metadata=register.caller
            )
    return register


def see_identities(register: TestRegister, **restricted: Any) -> Authorisation:
    """Let a register see the identities of the persons that it knows, or part of them."""
    request = GrantAuthorisationRequest(
        service="PERSON_IDENTITY",
        register=register.number,
        deliberation="24/001",
        valid_from="2024-01-01",
        **restricted,
    )
    with channel(register.server) as open_channel:
        stub: Any = DistributionServiceStub(open_channel)
        authorisation: Authorisation = stub.GrantAuthorisation(
            request, metadata=register.caller
        ).authorisation
        return authorisation


def lines_of(dossiers: Iterable[Dossier]) -> Iterator[LineRow]:
    """The lines of dossiers, in their order; an open end is None."""
    for dossier in dossiers:
        for line in dossier.periods:
            end = line.end if line.HasField("end") else None
            yield LineRow(dossier.niss, dossier.dossier_type, line.begin, end)
