"""The demonstration register: created once, finished when it was interrupted, and nobody else's touched."""

from __future__ import annotations

from raas.cli.demo import NAME, REGISTER
from raas.v1.administration_service_pb2 import CreateRegisterRequest
from raas.v1.administration_service_pb2_grpc import AdministrationServiceStub
from raas.v1.dossier_type_pb2 import DossierType
from raas.v1.register_service_pb2 import CreateDossierTypeRequest, ListDossierTypesRequest
from raas.v1.register_service_pb2_grpc import RegisterServiceStub
from tests.e2e.registers import TestRegister, channel
from tests.e2e.servers import Server, raas

CALLER = (("raas-enterprise-number", REGISTER),)
DOSSIERS = 5_326


def create(server: Server, name: str) -> TestRegister:
    with channel(server) as open_channel:
        AdministrationServiceStub(open_channel).CreateRegister(
            CreateRegisterRequest(enterprise_number=REGISTER, name=name), metadata=CALLER
        )
    return TestRegister(server, REGISTER)


def test_created_once(own_server: Server) -> None:
    said = raas("demo", "--target", own_server.target).stdout
    assert f"Register {REGISTER} holds 5,326 dossiers of fictitious persons" in said
    register = TestRegister(own_server, REGISTER)
    created = register.state()
    assert (created.name, created.dossier_count) == (NAME, DOSSIERS)
    with channel(own_server) as open_channel:
        types = RegisterServiceStub(open_channel).ListDossierTypes(ListDossierTypesRequest(), metadata=CALLER)
    assert {kind.code for kind in types.dossier_types} >= {"HEALTH_INSURANCE", "CHILD_BENEFIT", "PENSION"}
    for kind in types.dossier_types:
        assert kind.quality_code
        assert kind.labels.keys() == {"en", "fr", "nl", "de"}

    raas("demo", "--target", own_server.target)
    assert register.state() == created


def test_finished_when_it_was_interrupted(own_server: Server) -> None:
    register = create(own_server, NAME)
    with channel(own_server) as open_channel:
        RegisterServiceStub(open_channel).CreateDossierType(
            CreateDossierTypeRequest(dossier_type=DossierType(code="PENSION")), metadata=CALLER
        )
    raas("demo", "--target", own_server.target)
    assert register.state().dossier_count == DOSSIERS


def test_the_register_of_somebody_is_left_alone(own_server: Server) -> None:
    register = create(own_server, "Somebody's own")
    raas("demo", "--target", own_server.target)
    assert (register.state().revision, register.state().dossier_count) == (0, 0)
