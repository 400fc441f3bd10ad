"""PersonService from outside: every call, its refusals, and what the audit hears of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from dataclasses import replace
from typing import Any
from uuid import uuid4

import grpc
import grpc.aio
import pytest
from google.protobuf.json_format import MessageToDict, ParseDict
from google.protobuf.message import Message
from sqlalchemy.ext.asyncio import AsyncEngine

from raas.domain.numbers.enterprise_number import enterprise_number_text
from raas.domain.numbers.niss import Niss, niss_text
from raas.domain.persons.identity import Address, Identity, IdentityClaim, Sex
from raas.domain.rights.role import Role
from raas.domain.search.ladder import SearchStep
from raas.domain.search.person_search import GivenNameMatching
from raas.rpc.calls.identity.identify import development_identity
from raas.rpc.wire.operations import read_claim
from raas.rpc.wire.persons.identities import claim_message, identity_message, read_identity
from raas.usecases.calls.access import AdmittedRegister
from raas.usecases.calls.call import Caller
from raas.v1 import person_service_pb2 as v1
from raas.v1.error_reason_pb2 import ErrorReason
from tests.oracle import numbers
from tests.rights import identity_authorisation
from tests.rpc.harness import told, with_its_status
from tests.rpc.person_harness import PersonServer, open_person_harness
from tests.usecases.persons.harness import NATIONAL, WHOLE, a_call, an_identity, new_niss, ordinal

TODAY = ordinal(2026, 1, 1)
SECRETS = ("Peeters", "1968", "Oujda")
RPCS = sorted(rpc.name for rpc in v1.DESCRIPTOR.services_by_name["PersonService"].methods)


@pytest.fixture
async def raas_server(engine: AsyncEngine, reading_engine: AsyncEngine) -> AsyncIterator[PersonServer]:
    async with open_person_harness(engine, reading_engine) as opened:
        yield opened


class Own:
    """A register, its owner, and a person it holds."""

    def __init__(self, raas_server: PersonServer, register: AdmittedRegister, niss: Niss) -> None:
        self.raas_server = raas_server
        self.register = register
        self.niss = niss
        self.text = niss_text(niss)
        self.metadata = (("raas-enterprise-number", enterprise_number_text(register.enterprise_number)),)

    async def sees(self, *nisses: Niss, **restricted: Any) -> None:
        """An authorisation to see whole identities, or part of them; these persons are inscribed today."""
        number = self.register.enterprise_number
        await self.raas_server.rights.put(identity_authorisation(number, **restricted))
        for niss in nisses:
            await self.raas_server.harness.inscribe(self.register, niss, "2025-06-01", "2999-12-31")

    async def ask(self, rpc: str, request: dict[str, Any]) -> Any:
        return await ask(self.raas_server, rpc, request, self.metadata)

    async def refusal(self, rpc: str, request: dict[str, Any]) -> Any:
        with pytest.raises(grpc.aio.AioRpcError) as raised:
            await self.ask(rpc, request)
        return told(raised.value)


@pytest.fixture
async def own(raas_server: PersonServer) -> Own:
    register, niss = await raas_server.harness.register(), await raas_server.harness.person()
    await raas_server.harness.inscribe(register, niss, "2024-01-01", "2024-12-31")
    return Own(raas_server, register, niss)


def request_of(rpc: str) -> type[Message]:
    found: type[Message] = getattr(v1, f"{rpc}Request")
    return found


async def ask(raas_server: PersonServer, rpc: str, request: dict[str, Any], metadata: Any) -> Any:
    message = ParseDict(request, request_of(rpc)())
    if rpc == "ImportPersons":

        async def answers() -> list[Any]:
            stream = raas_server.stub.ImportPersons(iter([message]), metadata=metadata)
            return [answer async for answer in stream]

        return await with_its_status(answers)
    return await getattr(raas_server.stub, rpc)(message, metadata=metadata)


def as_dict(message: Message) -> dict[str, Any]:
    found: dict[str, Any] = MessageToDict(message, preserving_proto_field_name=True)
    return found


# ---- the calls ----------------------------------------------------------------------------------


async def test_get_person(own: Own):
    await own.sees(own.niss)
    answer = as_dict((await own.ask("GetPerson", {"niss": own.text})).person)
    assert answer.pop("update_time")
    assert answer == {
        "niss": own.text,
        "register_of_origin": "REGISTER_OF_ORIGIN_BIS",
        "status": "PERSON_STATUS_ACTIVE",
        "identity": {"last_name": "Peeters", "birth_date": "1968-06-14", "sex": "SEX_FEMALE"},
        "version": "1",
    }


async def test_get_a_replaced_person(own: Own):
    await own.sees(own.niss)
    new = await own.raas_server.harness.person(an_identity("New"))
    await own.raas_server.harness.numbers.replace(a_call(), own.niss, new, validate_only=False)
    person = (await own.ask("GetPerson", {"niss": own.text})).person
    assert (person.niss, person.replaced_by, person.successor) == (own.text, niss_text(new), niss_text(new))
    assert person.identity.last_name == "Peeters"


async def test_person_not_held_is_refused_like_an_unknown_number(own: Own):
    other, nobody = await own.raas_server.harness.person(), new_niss()
    tellings = []
    for niss in (other, nobody):
        refusal = await own.refusal("GetPerson", {"niss": niss_text(niss)})
        tellings.append((refusal.status, refusal.message, refusal.violations, dict(refusal.info.metadata)))
    assert tellings[0] == tellings[1]
    assert tellings[0][0] == "NOT_FOUND"


async def test_confront_identity(own: Own):
    claim = {"last_name": "PEETERS", "first_names": ["Jan"], "birth_date": "1970-01-01", "sex": "SEX_MALE"}
    answer = await own.ask("ConfrontIdentity", {"niss": own.text, "identity": claim})
    assert [(each.field, v1.Verdict.Name(each.verdict)) for each in answer.verdicts] == [
        ("last_name", "VERDICT_MATCH"),
        ("first_names", "VERDICT_NOT_COMPARED"),
        ("birth_date", "VERDICT_MISMATCH"),
        ("sex", "VERDICT_MISMATCH"),
    ]


async def test_confrontations_are_limited(engine: AsyncEngine, reading_engine: AsyncEngine):
    async with open_person_harness(engine, reading_engine, burst=2) as raas_server:
        register, niss = await raas_server.harness.register(), await raas_server.harness.person()
        own = Own(raas_server, register, niss)
        request = {"niss": own.text, "identity": {"last_name": "X"}}
        for _ in range(2):
            await own.ask("ConfrontIdentity", request)
        refusal = await own.refusal("ConfrontIdentity", request)
        assert (refusal.status, refusal.info.reason, refusal.retry) == (
            "RESOURCE_EXHAUSTED",
            "LIMIT_EXCEEDED",
            True,
        )


async def test_search_persons(own: Own):
    niss = await own.raas_server.harness.person(an_identity("Zwartjes", "1931-05-14"))
    answer = await own.ask(
        "SearchPersons",
        {
            "last_name": "ZWARTJENS",
            "birth_date": "1931-05-16",
            "birth_date_tolerance": 2,
            "given_name_matching": "GIVEN_NAME_MATCHING_IGNORE_GIVEN_NAMES",
            "sex": "SEX_FEMALE",
        },
    )
    assert answer.algorithm == "raas-names-2"
    found = {candidate.person.niss: candidate.score for candidate in answer.candidates}
    assert found.keys() == {niss_text(niss)}
    assert 0.8 <= found[niss_text(niss)] < 1


async def test_search_by_the_ladder_names_the_step_of_each_candidate(own: Own):
    niss = await own.raas_server.harness.person(an_identity("Zwaenepoel", "1931-05-11", "Griet"))
    request = {"last_name": "Zwaenepoel", "first_names": ["Griet"], "birth_date": "1931-11-05"}
    assert not (await own.ask("SearchPersons", request)).candidates
    request["given_name_matching"] = "GIVEN_NAME_MATCHING_LADDER"
    (candidate,) = (await own.ask("SearchPersons", request)).candidates
    assert candidate.person.niss == niss_text(niss)
    assert candidate.step == v1.SearchStep.SEARCH_STEP_DAY_AND_MONTH_SWAPPED
    request["birth_date"] = "1931-06-00"
    (candidate,) = (await own.ask("SearchPersons", request)).candidates
    assert candidate.step == v1.SearchStep.SEARCH_STEP_MONTH_NEAR


def test_steps_and_modes_have_the_numbers_of_the_contract():
    for mine, theirs, prefix in (
        (SearchStep, v1.SearchStep, "SEARCH_STEP_"),
        (GivenNameMatching, v1.GivenNameMatching, "GIVEN_NAME_MATCHING_"),
    ):
        assert {f"{prefix}{each.name}": each.value for each in mine} == {
            name: value for name, value in theirs.items() if value
        }


async def test_too_many_results(own: Own):
    for _ in range(3):
        await own.raas_server.harness.person(an_identity("Quaghebeur", "1931-02-03"))
    request = {"last_name": "Quaghebeur", "birth_date": "1931-02-03", "max_results": 2}
    refusal = await own.refusal("SearchPersons", request)
    assert (refusal.status, refusal.info.reason) == ("FAILED_PRECONDITION", "TOO_MANY_RESULTS")
    assert refusal.info.metadata["limit"] == "2"


async def test_create_person(own: Own):
    identity = {
        "last_name": "Bouzidi",
        "first_names": ["Samira"],
        "birth_date": "1941-04-17",
        "birth_place": "Oujda",
        "sex": "SEX_FEMALE",
    }
    request = {"identity": identity, "request_id": uuid4().hex}
    created = (await own.ask("CreatePerson", request)).person
    assert as_dict(created.identity) == identity
    assert (await own.ask("CreatePerson", request)).person == created
    await own.sees(Niss(int(created.niss)))
    again = await own.ask("CreatePerson", {"identity": identity})
    assert not again.HasField("person")
    assert [candidate.person for candidate in again.candidates] == [created]
    reviewed = await own.ask("CreatePerson", {"identity": identity, "reviewed_niss": [created.niss]})
    assert reviewed.person.niss not in ("", created.niss)


async def test_update_person(own: Own):
    await own.sees(own.niss)
    answer = await own.ask(
        "UpdatePerson",
        {
            "niss": own.text,
            "identity": {"address": {"country": "BE", "municipality": "Gent"}, "sex": "SEX_FEMALE"},
            "update_mask": "address,sex,birthPlace",
            "source_date": "2024-05-06",
        },
    )
    assert [(each.field, v1.GroupStatus.Name(each.status)) for each in answer.groups] == [
        ("sex", "GROUP_STATUS_UNCHANGED"),
        ("birth_place", "GROUP_STATUS_UNCHANGED"),
        ("address", "GROUP_STATUS_ACCEPTED"),
    ]
    assert (answer.person.version, answer.person.source_date) == (2, "2024-05-06")
    assert answer.person == (await own.ask("GetPerson", {"niss": own.text})).person


async def test_replace_restore_cancel(own: Own):
    new = await own.raas_server.harness.person()
    request = {"niss": own.text, "successor_niss": niss_text(new), "validate_only": True}
    expected = as_dict(await own.ask("ReplaceNiss", request))
    ((before,), (after,)) = (
        expected["registers"][0]["dossiers_before"],
        expected["registers"][0]["dossiers_after"],
    )
    assert (before["niss"], after["niss"]) == (own.text, niss_text(new))
    assert before["periods"] == after["periods"] == [{"begin": "2024-01-01", "end": "2024-12-31"}]
    assert (await own.ask("GetPerson", {"niss": own.text})).person.version == 1
    done = as_dict(await own.ask("ReplaceNiss", {**request, "validate_only": False}))
    assert done == expected
    restored = as_dict(await own.ask("RestoreNiss", {"niss": own.text}))
    assert [d["niss"] for d in restored["registers"][0]["dossiers_after"]] == [own.text]
    cancelled = await own.ask("CancelNiss", {"niss": own.text})
    assert cancelled.person.status == 3


async def test_import_persons(own: Own):
    niss = numbers.niss(1940, 61, 3, 7)
    rows = [
        {
            "niss": niss,
            "register_of_origin": "REGISTER_OF_ORIGIN_NATIONAL_REGISTER",
            "identity": {"last_name": "Lejeune", "birth_date": "1940-01-03"},
            "source_date": "2024-01-02",
        },
        {"niss": own.text, "identity": {"birth_place": "Gent\n"}},
        {"niss": own.text, "status": "PERSON_STATUS_REPLACED"},
        {"niss": own.text, "status": "PERSON_STATUS_REPLACED", "replaced_by": niss},
        {"niss": own.text, "replaced_by": niss},
    ]
    request = {"import_id": uuid4().hex, "persons": rows}
    (answer,) = await own.ask("ImportPersons", request)
    assert (answer.through_offset, answer.applied, answer.unchanged) == (5, 2, 0)
    assert [(r.offset, [(v.field, v.message) for v in r.violations]) for r in answer.rejected] == [
        (
            1,
            [
                (
                    "identity.birth_place",
                    "This text contains line breaks or other control characters.",
                )
            ],
        ),
        (2, [("replaced_by", "This field is mandatory.")]),
        (4, [("replaced_by", "This value is not allowed in this field.")]),
    ]
    (again,) = await own.ask("ImportPersons", request)
    assert (again.through_offset, again.applied, again.rejected) == (5, 0, answer.rejected)
    assert (await own.raas_server.harness.record(own.niss)).successor == int(niss)


IMPLAUSIBLE = {
    "last_name": "1-2",
    "first_names": ["An\u2028ne", "2"],
    "birth_date": "1968-06-00",
    "birth_place": "\u202eGent",
    "nationality": "belge",
    "death_date": "1968-05-31",
    "address": {"country": "YU", "street": "a\u2029b"},
    "contact_address": {"country": "XA", "postal_code": "9000"},
}
BROKEN_RULES = [
    ("identity.last_name", "VALUE_INVALID"),
    ("identity.first_names[0]", "VALUE_INVALID"),
    ("identity.first_names[1]", "VALUE_INVALID"),
    ("identity.birth_place", "VALUE_INVALID"),
    ("identity.nationality", "VALUE_INVALID"),
    ("identity.death_date", "VALUE_INVALID"),
    ("identity.address.country", "VALUE_INVALID"),
    ("identity.address.street", "VALUE_INVALID"),
    ("identity.contact_address.country", "VALUE_INVALID"),
    ("identity.contact_address.municipality", "REQUIRED"),
]


async def test_import_persons_withdraws_a_death_by_an_empty_date(own: Own):
    rows = [
        {"niss": own.text, "identity": {"death_date": "2020-02-03"}, "source_date": "2020-02-04"},
        {"niss": own.text, "identity": {"death_date": ""}, "source_date": "2020-02-05"},
    ]
    for row, deceased in zip(rows, (True, False), strict=True):
        (answer,) = await own.ask("ImportPersons", {"persons": [row]})
        assert (answer.applied, list(answer.rejected)) == (1, [])
        checked = await own.ask("CheckPersons", {"checks": [{"niss": own.text}]})
        assert checked.states[0].deceased is deceased


async def test_import_persons_warns_of_implausible_rows_and_applies_them(own: Own):
    niss = numbers.niss(1940, 61, 3, 9)
    rows = [
        {"niss": niss, "register_of_origin": "REGISTER_OF_ORIGIN_BIS", "identity": IMPLAUSIBLE},
        {"niss": own.text, "identity": {"nationality": "XK"}},
        {"niss": own.text, "identity": {"death_date": "1968-06-13"}},
        {"niss": "x", "identity": {"nationality": "belge"}},
    ]
    request = {"import_id": uuid4().hex, "persons": rows}
    (answer,) = await own.ask("ImportPersons", request)
    assert (answer.applied, [each.offset for each in answer.rejected]) == (3, [3])
    warnings = [
        (each.offset, [(n.field, ErrorReason.Name(n.reason)[13:]) for n in each.notices])
        for each in answer.warnings
    ]
    assert warnings == [(0, BROKEN_RULES), (2, [("identity.death_date", "VALUE_INVALID")])]
    record = await own.raas_server.harness.record(Niss(int(niss)))
    assert (record.identity.nationality, record.identity.birth_place) == ("belge", "\u202eGent")
    # Rows that were processed before are examined on their own.
    (again,) = await own.ask("ImportPersons", request)
    assert (again.applied, again.warnings) == (0, [answer.warnings[0]])


async def test_update_and_creation_refuse_an_implausible_identity(own: Own):
    mask = "lastName,firstNames,birthDate,birthPlace,nationality,deathDate,address,contactAddress"
    update = {"niss": own.text, "update_mask": mask, "identity": IMPLAUSIBLE}
    refusal = await own.refusal("UpdatePerson", {**update, "source_date": "2025-01-01"})
    assert refusal.violations == BROKEN_RULES
    assert (await own.refusal("CreatePerson", {"identity": IMPLAUSIBLE})).violations == BROKEN_RULES
    # Fields outside the mask are not part of the update.
    await own.ask("UpdatePerson", {**update, "update_mask": "birthDate", "source_date": "2025-01-01"})


async def test_update_refuses_a_death_before_the_birth_known(own: Own):
    update = {"niss": own.text, "update_mask": "deathDate", "source_date": "2025-01-01"}
    refusal = await own.refusal("UpdatePerson", {**update, "identity": {"death_date": "1968-06-13"}})
    assert refusal.violations == [("identity.death_date", "VALUE_INVALID")]
    await own.ask("UpdatePerson", {**update, "identity": {"death_date": "1968-06-14"}})


async def test_a_feed_of_many_messages_is_answered_message_by_message(own: Own):
    def messages() -> Iterable[v1.ImportPersonsRequest]:
        for offset in range(0, 50, 10):
            rows = [{"niss": niss_text(new_niss()), "status": "PERSON_STATUS_CANCELLED"} for _ in range(10)]
            for row in rows:
                row["register_of_origin"] = "REGISTER_OF_ORIGIN_BIS"
            yield ParseDict({"persons": rows, "offset": offset}, v1.ImportPersonsRequest())

    stream = own.raas_server.stub.ImportPersons(messages(), metadata=own.metadata)
    assert [(a.through_offset, a.applied) async for a in stream] == [
        (offset, 10) for offset in range(10, 60, 10)
    ]


async def test_check_persons(own: Own):
    unknown = niss_text(new_niss())
    answer = await own.ask(
        "CheckPersons",
        {
            "checks": [
                {"niss": own.text, "identity": {"last_name": "Janssens", "sex": "SEX_MALE"}},
                {"niss": unknown, "identity": {"last_name": "Janssens"}},
            ]
        },
    )
    assert [as_dict(state) for state in answer.states] == [
        {
            "niss": own.text,
            "status": "PERSON_STATUS_ACTIVE",
            "earliest_birth_day": "1968-06-14",
            "mismatches": ["last_name", "sex"],
        },
        {"niss": unknown},
    ]


# ---- what is wrong with a request ---------------------------------------------------------------

LONG = "x" * 257


@pytest.mark.parametrize(
    ("rpc", "request_", "violations"),
    [
        ("GetPerson", {}, [("niss", "REQUIRED")]),
        ("GetPerson", {"niss": "123"}, [("niss", "NISS_MALFORMED")]),
        ("ConfrontIdentity", {}, [("niss", "REQUIRED"), ("identity", "REQUIRED")]),
        (
            "ConfrontIdentity",
            {"niss": "1", "identity": {}},
            [("niss", "NISS_MALFORMED"), ("identity", "REQUIRED")],
        ),
        (
            "ConfrontIdentity",
            {"niss": "1", "identity": {"last_name": "", "birth_date": "1968-13-00", "sex": 7}},
            [
                ("niss", "NISS_MALFORMED"),
                ("identity.last_name", "VALUE_INVALID"),
                ("identity.birth_date", "VALUE_INVALID"),
                ("identity.sex", "VALUE_INVALID"),
            ],
        ),
        ("SearchPersons", {}, [("last_name", "REQUIRED"), ("birth_date", "REQUIRED")]),
        (
            "SearchPersons",
            {
                "last_name": "123 - ",
                "birth_date": "2999-01-01",
                "first_names": ["x"] * 11,
                "given_name_matching": 9,
                "sex": 0,
                "municipality": "",
                "max_results": 101,
            },
            [
                ("last_name", "VALUE_INVALID"),
                ("birth_date", "VALUE_INVALID"),
                ("first_names", "VALUE_INVALID"),
                ("given_name_matching", "VALUE_INVALID"),
                ("sex", "VALUE_INVALID"),
                ("municipality", "VALUE_INVALID"),
                ("max_results", "VALUE_INVALID"),
            ],
        ),
        (
            "SearchPersons",
            {"last_name": "?!", "birth_date": "1968"},
            [("last_name", "VALUE_INVALID"), ("birth_date", "VALUE_INVALID")],
        ),
        (
            "SearchPersons",
            {"last_name": "X", "birth_date": "1968-00-00", "birth_date_tolerance": 11, "max_results": -1},
            [("birth_date_tolerance", "VALUE_INVALID"), ("max_results", "VALUE_INVALID")],
        ),
        (
            "SearchPersons",
            {"last_name": "X", "birth_date": "1968-06-00"},
            [("birth_date_tolerance", "REQUIRED")],
        ),
        (
            "SearchPersons",
            {"last_name": "X", "birth_date": "1968-06-14", "birth_date_tolerance": 3_654},
            [("birth_date_tolerance", "VALUE_INVALID")],
        ),
        (
            "SearchPersons",
            {"last_name": "X", "birth_date": "1968-06-00", "birth_date_tolerance": -1},
            [("birth_date_tolerance", "VALUE_INVALID")],
        ),
        ("CreatePerson", {}, [("identity", "REQUIRED")]),
        (
            "CreatePerson",
            {"identity": {"last_name": "X"}},
            [("identity.birth_date", "REQUIRED"), ("identity", "REQUIRED")],
        ),
        (
            "CreatePerson",
            {
                "identity": {
                    "last_name": LONG,
                    "birth_date": "2999-01-01",
                    "death_date": "1968-02-30",
                    "birth_place": "",
                    "address": {"country": "be", "street": "a\nb"},
                },
                "reviewed_niss": ["1"],
                "request_id": "",
            },
            [
                ("identity.last_name", "VALUE_INVALID"),
                ("identity.birth_date", "VALUE_INVALID"),
                ("identity.birth_place", "VALUE_INVALID"),
                ("identity.death_date", "VALUE_INVALID"),
                ("identity.address.street", "VALUE_INVALID"),
                ("identity.address.country", "VALUE_INVALID"),
                ("reviewed_niss[0]", "NISS_MALFORMED"),
                ("request_id", "VALUE_INVALID"),
            ],
        ),
        (
            "CreatePerson",
            {"identity": {}, "reviewed_niss": ["1"] * 101},
            [("reviewed_niss", "VALUE_INVALID")],
        ),
        (
            "UpdatePerson",
            {},
            [
                ("niss", "REQUIRED"),
                ("identity", "REQUIRED"),
                ("update_mask", "REQUIRED"),
                ("source_date", "REQUIRED"),
            ],
        ),
        (
            "UpdatePerson",
            {
                "niss": "1",
                "identity": {},
                "update_mask": "lastName,birthDate,niss,address.street",
                "source_date": "2999-01-01",
            },
            [
                ("niss", "NISS_MALFORMED"),
                ("update_mask", "VALUE_INVALID"),
                ("update_mask", "VALUE_INVALID"),
                ("identity.last_name", "REQUIRED"),
                ("identity.birth_date", "REQUIRED"),
                ("source_date", "VALUE_INVALID"),
            ],
        ),
        ("ReplaceNiss", {}, [("niss", "REQUIRED"), ("successor_niss", "REQUIRED")]),
        ("RestoreNiss", {"niss": "x"}, [("niss", "NISS_MALFORMED")]),
        ("CancelNiss", {}, [("niss", "REQUIRED")]),
        ("ImportPersons", {"offset": -1}, [("offset", "VALUE_INVALID")]),
        ("ImportPersons", {"import_id": ""}, [("import_id", "VALUE_INVALID")]),
        ("ImportPersons", {"persons": [{}] * 1001}, [("persons", "BATCH_TOO_LARGE")]),
        ("CheckPersons", {}, [("checks", "REQUIRED")]),
        (
            "CheckPersons",
            {"checks": [{"niss": "17670303353"}], "on_behalf_of": "123"},
            [("on_behalf_of", "ENTERPRISE_NUMBER_MALFORMED")],
        ),
        ("CheckPersons", {"checks": [{}] * 1001}, [("checks", "BATCH_TOO_LARGE")]),
        (
            "CheckPersons",
            {"checks": [{"niss": "1", "identity": {"last_name": ""}}]},
            [("checks[0].niss", "NISS_MALFORMED"), ("checks[0].identity.last_name", "VALUE_INVALID")],
        ),
    ],
)
async def test_all_violations_are_reported_at_once(
    own: Own, rpc: str, request_: dict[str, Any], violations: list[tuple[str, str]]
):
    refusal = await own.refusal(rpc, request_)
    assert refusal.violations == violations
    assert refusal.status == "INVALID_ARGUMENT"


async def test_an_import_id_does_not_change_within_a_stream(own: Own):
    messages = [v1.ImportPersonsRequest(import_id="a" + uuid4().hex), v1.ImportPersonsRequest(import_id="b")]
    stream = own.raas_server.stub.ImportPersons(iter(messages), metadata=own.metadata)
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        [answer async for answer in stream]
    assert told(raised.value).violations == [("import_id", "VALUE_INVALID")]


async def test_states_are_refused_with_their_reason(own: Own):
    national = await own.raas_server.harness.person(origin=NATIONAL)
    await own.raas_server.harness.inscribe(own.register, national, "2024-01-01", "2024-12-31")
    update = {
        "niss": niss_text(national),
        "identity": {"birth_place": "Gent"},
        "update_mask": "birthPlace",
        "source_date": "2024-01-01",
    }
    refusal = await own.refusal("UpdatePerson", update)
    assert (refusal.status, refusal.violations) == (
        "FAILED_PRECONDITION",
        [("niss", "PERSON_NOT_UPDATABLE")],
    )
    itself = await own.refusal("ReplaceNiss", {"niss": own.text, "successor_niss": own.text})
    assert itself.violations == [("successor_niss", "VALUE_INVALID")]


async def test_refusals_contain_no_data_about_persons(own: Own):
    """No refusal about a known person contains facts about the person or the number."""
    requests: list[tuple[str, dict[str, Any]]] = [
        ("UpdatePerson", {"niss": own.text, "identity": {}, "update_mask": "x", "source_date": "x"}),
        ("ConfrontIdentity", {"niss": own.text, "identity": {"last_name": ""}}),
        ("ReplaceNiss", {"niss": own.text, "successor_niss": own.text}),
        ("GetPerson", {"niss": own.text + "0"}),
        ("CreatePerson", {"identity": {"last_name": "Peeters", "birth_date": "1968-06-14"}}),
    ]
    for rpc, request in requests:
        refusal = await own.refusal(rpc, request)
        text = f"{refusal.message} {refusal.info} {refusal.descriptions} {refusal.violations}"
        assert not any(secret in text for secret in (*SECRETS, own.text)), rpc


# ---- who may ------------------------------------------------------------------------------------


@pytest.mark.parametrize("rpc", RPCS)
async def test_every_call_requires_its_role_or_a_register(
    engine: AsyncEngine, reading_engine: AsyncEngine, rpc: str
):
    def powerless(context: Any, metadata: Any) -> Caller:
        return Caller(development_identity(context, metadata).enterprise_number)

    async with open_person_harness(engine, reading_engine, powerless) as raas_server:
        metadata = (("raas-enterprise-number", numbers.enterprise_number(1234567)),)
        with pytest.raises(grpc.aio.AioRpcError) as raised:
            await ask(raas_server, rpc, {"niss": "85673003360"} if rpc == "GetPerson" else {}, metadata)
    refusal = told(raised.value)
    if rpc in ("GetPerson", "ConfrontIdentity"):
        assert refusal.info.reason == "REGISTER_UNKNOWN"
    else:
        assert (refusal.status, refusal.info.reason) == ("PERMISSION_DENIED", "ROLE_MISSING")
        assert refusal.info.metadata["role"] in {role.name for role in Role}


@pytest.mark.parametrize("rpc", RPCS)
async def test_server_without_persons_refuses_every_call_of_person_service(
    engine: AsyncEngine, reading_engine: AsyncEngine, rpc: str
):
    niss = {"niss": "85673003360"}
    well_formed: dict[str, dict[str, Any]] = {
        "GetPerson": niss,
        "ConfrontIdentity": {**niss, "identity": {"last_name": "X"}},
        "SearchPersons": {"last_name": "X", "birth_date": "1968-01-01"},
        "CreatePerson": {"identity": {"last_name": "X"}},
        "UpdatePerson": {**niss, "identity": {}, "update_mask": "sex", "source_date": "2024-01-01"},
        "ReplaceNiss": {**niss, "successor_niss": "17670303353"},
        "RestoreNiss": niss,
        "CancelNiss": niss,
        "ImportPersons": {},
        "CheckPersons": {"checks": [niss]},
    }
    async with open_person_harness(engine, reading_engine, kept_here=False) as raas_server:
        register = await raas_server.harness.register()
        own = Own(raas_server, register, Niss(0))
        refusal = await own.refusal(rpc, well_formed[rpc])
    assert (refusal.status, refusal.info.reason) == ("UNIMPLEMENTED", "PERSONS_KEPT_ELSEWHERE")


# ---- the audit ----------------------------------------------------------------------------------


async def test_every_person_read_or_shown_is_audited(own: Own):
    other = await own.raas_server.harness.person(an_identity("Zwartjes", "1942-01-01"))
    unheld = niss_text(other)
    await own.ask("GetPerson", {"niss": own.text})
    await own.refusal("GetPerson", {"niss": unheld})
    await own.ask("SearchPersons", {"last_name": "Zwartjes", "birth_date": "1942-01-01"})
    await own.ask("ConfrontIdentity", {"niss": own.text, "identity": {"last_name": "X"}})
    address = {"country": "BE", "municipality": "Gent"}
    identity = {"last_name": "Zwartjes", "birth_date": "1942-01-01", "contact_address": address}
    await own.ask("CreatePerson", {"identity": identity})
    await own.ask("CheckPersons", {"checks": [{"niss": unheld}]})
    records = [
        (v.rpc.rpartition("/")[2], sorted({*v.touched, *v.shown}), v.outcome)
        for v in own.raas_server.audit.records
    ]
    assert records == [
        ("GetPerson", [own.niss], "OK"),
        ("GetPerson", [other], "NISS_UNKNOWN"),
        ("SearchPersons", [other], "OK"),
        ("ConfrontIdentity", [own.niss], "OK"),
        ("CreatePerson", [other], "OK"),
        ("CheckPersons", [other], "OK"),
    ]


async def test_every_message_of_a_feed_is_audited(own: Own):
    await own.ask("ImportPersons", {"persons": [{"niss": own.text}]})
    records = [(list(v.touched), v.outcome) for v in own.raas_server.audit.records]
    assert records == [([own.niss], "OK"), ([], "OK")]


# ---- the wire -----------------------------------------------------------------------------------


@pytest.mark.parametrize("identity", [WHOLE, Identity(), replace(WHOLE, sex=Sex.MALE, address=Address("BE"))])
def test_an_identity_survives_the_wire(identity: Identity):
    faults: list[Any] = []
    assert read_identity(identity_message(identity), TODAY, faults) == identity
    assert faults == []


@pytest.mark.parametrize("sex", [Sex.MALE, Sex.FEMALE, None])
def test_a_claim_survives_the_wire(sex: Sex | None):
    claim = IdentityClaim("Peeters", ("Jan", "Piet"), WHOLE.birth_date, sex)
    faults: list[Any] = []
    assert read_claim(claim_message(claim), faults) == claim
    assert faults == []
