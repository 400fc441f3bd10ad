"""`raas restrict` on a running server: the owner no longer reads a mistaken inscription, an auditor does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from raas.v1.administration_service_pb2 import ConfirmGrantRequest, GrantMandateRequest, GrantRoleRequest
from raas.v1.administration_service_pb2_grpc import AdministrationServiceStub
from raas.v1.dossier_type_pb2 import DossierType
from raas.v1.mandate_pb2 import MandatePermission
from raas.v1.mutation_pb2 import Mutation
from raas.v1.mutation_stream_pb2 import ListMutationsRequest
from raas.v1.mutation_stream_pb2_grpc import MutationStreamStub
from raas.v1.period_pb2 import Period
from raas.v1.register_service_pb2 import (
    ConsultRequest,
    CreateDossierTypeRequest,
    ExplainDossierRequest,
    ExplainDossierResponse,
    ExportRequest,
    GetHistoryRequest,
    GetRegisterRequest,
    InscribeRequest,
    RemoveRequest,
)
from raas.v1.register_service_pb2_grpc import RegisterServiceStub
from raas.v1.role_pb2 import Role
from raas_client.mirror.checksums import chained, first_checksum
from tests.conftest import ABOUT_CALLERS
from tests.e2e.identified import ADMINISTRATOR, OTHER, OWNER, SECOND, IdentifiedServer, identified_server
from tests.e2e.servers import raas
from tests.oracle import numbers

pytestmark = ABOUT_CALLERS

ANN = numbers.niss(1985, 67, 30, 51)
GROUNDS = ("--register", OWNER, "--reason", "Wrong person", "--ticket", "T-1")
MISTAKE = Period(begin="2024-01-01", end="2024-03-31")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[IdentifiedServer]:
    """A server where OTHER is an auditor who may read the register of OWNER."""
    with identified_server(tmp_path_factory.mktemp("restrict"), retries=True) as running:
        with channel_of(running, OWNER) as channel:
            permissions = [MandatePermission.MANDATE_PERMISSION_READ]
            AdministrationServiceStub(channel).GrantMandate(
                GrantMandateRequest(mandatary=OTHER, permissions=permissions)
            )
            RegisterServiceStub(channel).CreateDossierType(
                CreateDossierTypeRequest(dossier_type=DossierType(code="PENSION"))
            )
        with channel_of(running, ADMINISTRATOR) as channel:
            request = GrantRoleRequest(enterprise_number=OTHER, role=Role.ROLE_AUDITOR)
            grant = AdministrationServiceStub(channel).GrantRole(request).grant
        with channel_of(running, SECOND) as channel:
            AdministrationServiceStub(channel).ConfirmGrant(ConfirmGrantRequest(grant_id=grant.id))
        yield running


@contextmanager
def channel_of(place: IdentifiedServer, number: str) -> Iterator[Any]:
    with place.by_certificate(place.authority.client(number, "read")) as channel:
        yield channel


class Reader:
    """An organisation that reads the register of OWNER."""

    def __init__(self, channel: Any) -> None:
        self._register = RegisterServiceStub(channel)

    def days_at(self, revision: int) -> list[Period]:
        """The lines of ANN as of a revision, the same by Consult and by Export."""
        asked = ConsultRequest(register=OWNER, niss=[ANN], at_revision=revision)
        consulted = [line for each in self._register.Consult(asked).dossiers for line in each.periods]
        parts = self._register.Export(ExportRequest(register=OWNER, at_revision=revision))
        exported = [line for part in parts for each in part.dossiers for line in each.periods]
        assert consulted == exported
        return consulted

    def days_at_time(self, time: Timestamp) -> list[Period]:
        asked = ConsultRequest(register=OWNER, niss=[ANN], at_time=time)
        return [line for each in self._register.Consult(asked).dossiers for line in each.periods]

    def history(self) -> list[int]:
        answer = self._register.GetHistory(GetHistoryRequest(register=OWNER, niss=ANN))
        return [mutation.revision for mutation in answer.mutations]

    def explained(self, time: Timestamp | None = None) -> ExplainDossierResponse:
        asked = ExplainDossierRequest(register=OWNER, niss=ANN, day="2024-02-01", at_time=time)
        answer: ExplainDossierResponse = self._register.ExplainDossier(asked)
        return answer


def log_of(place: IdentifiedServer) -> list[Mutation]:
    """All mutations of the register, whose checksums match."""
    with channel_of(place, OWNER) as channel:
        log = list(MutationStreamStub(channel).ListMutations(ListMutationsRequest()).mutations)
        state = RegisterServiceStub(channel).GetRegister(GetRegisterRequest()).register
    assert chained(first_checksum(OWNER), log) == state.checksum
    return log


def test_owner_no_longer_reads_a_restricted_inscription_and_an_auditor_does(place: IdentifiedServer) -> None:
    dsn = place.dsn
    database = ("--database-url", dsn, "--json")
    inscription = (ANN, "PENSION", MISTAKE.begin, MISTAKE.end)
    with channel_of(place, OWNER) as owners, channel_of(place, OTHER) as auditors:
        owner, auditor = Reader(owners), Reader(auditors)
        service = RegisterServiceStub(owners)
        made = service.Inscribe(InscribeRequest(niss=ANN, dossier_type="PENSION", period=MISTAKE)).revision
        done = raas("restrict", *inscription, *GROUNDS, *database, status=1)
        assert json.loads(done.stdout)["error"]["messages"] == [
            "This inscription was not removed yet: remove it first."
        ]
        service.Remove(RemoveRequest(niss=ANN, dossier_type="PENSION"))
        log = log_of(place)
        then = log[-2].record_time
        assert owner.days_at(made) == owner.days_at_time(then) == [MISTAKE]
        assert owner.explained().mutation.revision == made + 1

        result = json.loads(raas("restrict", *inscription, *GROUNDS, *database).stdout)["restriction"]
        assert (result["nisses"], result["last_revision"]) == ([ANN], made + 1)
        assert owner.days_at(made) == owner.days_at_time(then) == owner.history() == []
        assert not owner.explained().HasField("mutation")
        assert not owner.explained(then).known
        assert auditor.days_at(made) == auditor.days_at_time(then) == [MISTAKE]
        assert auditor.history() == [made, made + 1]
        assert auditor.explained().mutation.revision == made + 1
        assert auditor.explained(then).known
        assert log_of(place) == log

        # The same days are inscribed again, rightly this time.
        again = service.Inscribe(InscribeRequest(niss=ANN, dossier_type="PENSION", period=MISTAKE)).revision
        assert owner.days_at(again) == [MISTAKE]
        assert owner.history() == [again]

        table = raas("restrictions", "list", *GROUNDS[:2], "--database-url", dsn).stdout
        assert result["id"] in table
        assert f"{MISTAKE.begin}..{MISTAKE.end}" in table
        for status in (0, 1):
            raas("restrictions", "lift", result["id"], *GROUNDS, *database, status=status)
        assert owner.days_at(made) == [MISTAKE]
        assert owner.history() == [made, made + 1, again]
    (shown,) = json.loads(raas("restrictions", "list", *GROUNDS[:2], *database).stdout)["restrictions"]
    assert shown.pop("lifted")["ticket"] == "T-1"
    assert shown == result


def test_restriction_names_everything_that_is_wrong(place: IdentifiedServer) -> None:
    dsn = place.dsn
    asked = ("restrict", ANN, "NOTHING", "--revision", "900", "--removed-by", "901", "--database-url", dsn)
    done = raas(*asked, "--json", *GROUNDS, status=1)
    assert json.loads(done.stdout)["error"] == {
        "reason": "DOSSIER_TYPE_UNKNOWN",
        "messages": [
            "This register has no dossier type with this code.",
            "this revision does not exist yet; the register is at 4",
        ],
    }
