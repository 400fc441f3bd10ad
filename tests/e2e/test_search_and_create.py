"""SearchPersons and CreatePerson through a running server with two workers: one person, one number."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import grpc
import pytest

from raas.domain.calendar.day import parse_day
from raas.domain.numbers.niss import NissProfile, parse_niss
from raas.v1.identity_pb2 import Identity, Sex
from raas.v1.person_pb2 import RegisterOfOrigin
from raas.v1.person_service_pb2 import (
    CreatePersonRequest,
    CreatePersonResponse,
    SearchPersonsRequest,
    SearchStep,
)
from raas.v1.person_service_pb2_grpc import PersonServiceStub
from tests.e2e.registers import channel
from tests.e2e.servers import LOCAL, Server, running_server

CALLER = (("raas-enterprise-number", "0999999922"),)
TODAY = parse_day("2026-11-25")
CALLS = 16


@pytest.fixture(scope="module")
def persons(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that keeps persons, with two workers."""
    with running_server(tmp_path_factory.mktemp("persons"), *LOCAL, "--workers", "2") as running:
        yield running


@pytest.fixture
def stubs(persons: Server) -> Iterator[list[PersonServiceStub]]:
    """Callers with connections of their own, so that both workers serve."""
    with ExitStack() as stack:
        yield [PersonServiceStub(stack.enter_context(channel(persons))) for _ in range(CALLS)]


def somebody(last_name: str, born: str = "1991-04-17") -> Identity:
    return Identity(
        last_name=last_name, first_names=["Samira"], birth_date=born, birth_place="Oujda", sex=Sex.SEX_FEMALE
    )


def created_at_once(
    stubs: list[PersonServiceStub], request: CreatePersonRequest
) -> list[CreatePersonResponse]:
    with ThreadPoolExecutor(len(stubs)) as callers:
        return list(callers.map(lambda stub: stub.CreatePerson(request, metadata=CALLER), stubs))


def test_concurrent_creations_create_one_person_and_show_it_to_the_others(stubs: list[PersonServiceStub]):
    answers = created_at_once(stubs, CreatePersonRequest(identity=somebody("Ouazzani")))
    (created,) = [answer.person for answer in answers if answer.HasField("person")]
    others = [answer for answer in answers if not answer.HasField("person")]
    assert len(others) == CALLS - 1
    assert {tuple(each.person.niss for each in answer.candidates) for answer in others} == {(created.niss,)}
    assert created.register_of_origin == RegisterOfOrigin.REGISTER_OF_ORIGIN_BIS
    # The first number of a woman of that day, in the range of fictitious persons.
    assert created.niss.startswith("916417002")
    parse_niss(created.niss, NissProfile.TEST, TODAY)


def test_concurrent_repetitions_of_one_request_answer_one_person(stubs: list[PersonServiceStub]):
    request = CreatePersonRequest(identity=somebody("Benjelloun"), request_id="once")
    answers = created_at_once(stubs, request)
    assert len({answer.person.niss for answer in answers}) == 1
    assert all(answer.HasField("person") and answer == answers[0] for answer in answers)


def test_create_requires_review_of_all_candidates(stubs: list[PersonServiceStub]):
    stub = stubs[0]
    first = stub.CreatePerson(CreatePersonRequest(identity=somebody("Verhaeghe")), metadata=CALLER).person
    spelled = somebody("Ver Haege")
    shown = stub.CreatePerson(CreatePersonRequest(identity=spelled), metadata=CALLER)
    assert [each.person.niss for each in shown.candidates] == [first.niss]
    assert not shown.HasField("person")
    reviewed = CreatePersonRequest(identity=spelled, reviewed_niss=[first.niss])
    second = stub.CreatePerson(reviewed, metadata=CALLER).person
    assert second.niss != first.niss
    # Now there are two candidates, and one was reviewed.
    shown = stub.CreatePerson(reviewed, metadata=CALLER)
    assert {each.person.niss for each in shown.candidates} == {first.niss, second.niss}


def test_create_finds_a_person_under_another_form_of_the_given_name(stubs: list[PersonServiceStub]):
    stub = stubs[0]

    def create(last_name: str, first_name: str) -> CreatePersonResponse:
        identity = Identity(
            last_name=last_name,
            first_names=[first_name],
            birth_date="1988-09-21",
            birth_place="Gent",
            sex=Sex.SEX_MALE,
        )
        return stub.CreatePerson(CreatePersonRequest(identity=identity), metadata=CALLER)

    first = create("Janssens", "Tom").person
    second = create("Jansens", "Thomas")
    assert not second.HasField("person")
    assert [each.person.niss for each in second.candidates] == [first.niss]
    assert second.candidates[0].step == SearchStep.SEARCH_STEP_UNSPECIFIED


@pytest.mark.parametrize(
    ("asked", "first_name"),
    [
        ("Szymanska", "Anna"),
        ("SHYMANSKI", "Ana"),
        ("Anna", "Szymański"),
        ("Szymanskii", "A."),
        ("Szymans", "Anna"),
    ],
)
def test_person_is_found_by_other_spellings(stubs: list[PersonServiceStub], asked: str, first_name: str):
    name, born = "Szymański", "1977-03-09"
    identity = Identity(
        last_name=name, first_names=["Anna"], birth_date=born, birth_place="Łódź", sex=Sex.SEX_FEMALE
    )
    stubs[0].CreatePerson(CreatePersonRequest(identity=identity, request_id="szymanski"), metadata=CALLER)
    for day, tolerance in ((born, 0), ("1977-03-00", 0), ("1978-00-00", 1)):
        request = SearchPersonsRequest(
            last_name=asked, first_names=[first_name], birth_date=day, birth_date_tolerance=tolerance
        )
        (found,) = stubs[1].SearchPersons(request, metadata=CALLER).candidates
        assert found.person.identity.last_name == name
        assert 0.8 <= found.score <= 1


def test_logs_and_metrics_contain_neither_names_nor_numbers(persons: Server, stubs: list[PersonServiceStub]):
    identity = somebody("Quaghebeur", "1966-12-31")
    number = stubs[0].CreatePerson(CreatePersonRequest(identity=identity), metadata=CALLER).person.niss
    refused = SearchPersonsRequest(
        last_name="Quaghebeur", birth_date="1966-12-00", first_names=["Samira"], municipality="Oujda\n"
    )
    with pytest.raises(grpc.RpcError) as failed:
        stubs[0].SearchPersons(refused, metadata=CALLER)
    written = persons.log.read_text()
    assert "serving" in written
    for text in (written, str(failed.value)):
        found = [each for each in ("Quaghebeur", "Samira", "Oujda", number, "1966-12") if each in text]
        assert found == []
