"""The demonstration register: created once, completed after an interruption."""

from __future__ import annotations

from raas.cli.demo.persons import IMPORT_ID, PERSONS
from raas.cli.demo.setup import NAME, REGISTER
from raas.v1.administration_service_pb2 import CreateRegisterRequest
from raas.v1.administration_service_pb2_grpc import AdministrationServiceStub
from raas.v1.dossier_type_pb2 import DossierType
from raas.v1.person_service_pb2 import ImportPersonsRequest
from raas.v1.person_service_pb2_grpc import PersonServiceStub
from raas.v1.register_service_pb2 import CreateDossierTypeRequest, ListDossierTypesRequest
from raas.v1.register_service_pb2_grpc import RegisterServiceStub
from tests.cli.demo.messages import demo_messages
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


def persons_there(server: Server) -> int:
    """The number of applied rows of the import of the demonstration persons."""
    with channel(server) as open_channel:
        asking = ImportPersonsRequest(import_id=IMPORT_ID)
        (answer,) = PersonServiceStub(open_channel).ImportPersons(iter([asking]), metadata=CALLER)
    return int(answer.through_offset)


def test_demo_register_is_created_once(local_server: Server) -> None:
    said = raas("demo", "--target", local_server.target).stdout
    assert f"Register {REGISTER} holds 5,326 dossiers of fictitious persons" in said
    register = TestRegister(local_server, REGISTER)
    created = register.state()
    assert persons_there(local_server) == PERSONS
    assert (created.name, created.dossier_count) == (NAME, DOSSIERS)
    with channel(local_server) as open_channel:
        types = RegisterServiceStub(open_channel).ListDossierTypes(ListDossierTypesRequest(), metadata=CALLER)
    assert {kind.code for kind in types.dossier_types} >= {"HEALTH_INSURANCE", "CHILD_BENEFIT", "PENSION"}
    for kind in types.dossier_types:
        assert kind.quality_code
        assert kind.labels.keys() == {"en", "fr", "nl", "de"}

    raas("demo", "--target", local_server.target)
    assert register.state() == created


def test_demo_register_is_completed_after_an_interruption(local_server: Server) -> None:
    register = create(local_server, NAME)
    with channel(local_server) as open_channel:
        persons = PersonServiceStub(open_channel).ImportPersons
        (through,) = persons(iter([next(demo_messages())]), metadata=CALLER)
        assert 0 < through.through_offset < PERSONS
        RegisterServiceStub(open_channel).CreateDossierType(
            CreateDossierTypeRequest(dossier_type=DossierType(code="PENSION")), metadata=CALLER
        )
    raas("demo", "--target", local_server.target)
    assert register.state().dossier_count == DOSSIERS
    assert persons_there(local_server) == PERSONS


def test_register_of_another_name_is_left_alone(local_server: Server) -> None:
    register = create(local_server, "Somebody's own")
    raas("demo", "--target", local_server.target)
    assert (register.state().revision, register.state().dossier_count) == (0, 0)
    assert persons_there(local_server) == 0


def test_demo_register_is_created_on_a_server_without_persons(server: Server) -> None:
    raas("demo", "--target", server.target)
    assert TestRegister(server, REGISTER).state().dossier_count == DOSSIERS
