"""PersonService through the client, on a server that keeps persons."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator

import pytest

from raas.v1.dossier_pb2 import Dossier
from raas.v1.identity_pb2 import Identity, IdentityClaim, Sex
from raas.v1.mutation_pb2 import MutationKind
from raas.v1.person_pb2 import Person, PersonStatus, RegisterOfOrigin
from raas.v1.person_service_pb2 import GivenNameMatching, GroupStatus, PersonCheck, SearchStep, Verdict
from raas_client import Line, NissReplaced, NissUnknown, RaasClient, lines_of
from raas_client.reasons import IdentityMismatch, Required, TooManyResults
from tests.client.mirror.test_mirror import caught_up, exported
from tests.client.registers import QUICK, RealRegister, person
from tests.e2e.proxy import running_proxy
from tests.e2e.servers import LOCAL, Server, running_server

BIS = RegisterOfOrigin.REGISTER_OF_ORIGIN_BIS
ANN, BOB, EVE = person(1), person(2), person(3)


def known(niss: str, last_name: str, first_name: str, born: str = "1950-05-02") -> Person:
    identity = Identity(last_name=last_name, first_names=[first_name], birth_date=born, sex=Sex.SEX_FEMALE)
    return Person(niss=niss, register_of_origin=BIS, identity=identity)


@pytest.fixture(scope="module")
def local_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that keeps persons: some, and many with other names."""
    with running_server(tmp_path_factory.mktemp("persons"), *LOCAL) as server:
        persons = [
            known(ANN, "Van den Berghe", "Ann"),
            known(BOB, "Vandenberghe", "Anne"),
            known(EVE, "El Khattabi", "Eve", "1951-00-00"),
        ]
        with RaasClient(server.target, enterprise_number="0999999922").blocking() as caller:
            caller.run(caller.client.import_persons(persons))
        yield server


@pytest.fixture
async def client(local_server: Server) -> AsyncIterator[RaasClient]:
    async with RealRegister(local_server).create().client() as opened:
        yield opened


async def test_search_finds_a_person_by_the_sound_of_the_name(client: RaasClient) -> None:
    found = await client.search_persons("VANDENBERGE", "1950-05-02", first_names=["Ann"])
    assert ANN in [each.person.niss for each in found.candidates]
    assert found.algorithm
    ladder = GivenNameMatching.GIVEN_NAME_MATCHING_LADDER
    (candidate,) = (
        await client.search_persons(
            "El Khattabi", "1951-00-00", first_names=["Eve"], given_name_matching=ladder
        )
    ).candidates
    assert (candidate.person.niss, candidate.step) == (EVE, SearchStep.SEARCH_STEP_DATE_AS_GIVEN)
    none = await client.search_persons("Vandenberghe", "1990-05-02", sex=Sex.SEX_MALE)
    assert list(none.candidates) == []
    with pytest.raises(TooManyResults):
        await client.search_persons("Vandenberghe", "1950-05-02", max_results=1)


async def test_person_is_shown_to_a_register_that_knows_it(client: RaasClient) -> None:
    with pytest.raises(NissUnknown):
        await client.get_person(ANN)
    await client.inscribe(ANN, "HEALTH", "2024-01-01")
    told = await client.get_person(ANN)
    assert (told.status, told.identity.last_name) == (PersonStatus.PERSON_STATUS_ACTIVE, "Van den Berghe")


async def test_confrontation_answers_a_verdict_per_field(client: RaasClient) -> None:
    claim = IdentityClaim(last_name="VANDENBERGHE", birth_date="1950-05-03", sex=Sex.SEX_FEMALE)
    verdicts = await client.confront_identity(ANN, claim)
    assert [(each.field, each.verdict) for each in verdicts] == [
        ("last_name", Verdict.VERDICT_MATCH),
        ("birth_date", Verdict.VERDICT_MISMATCH),
        ("sex", Verdict.VERDICT_MATCH),
    ]
    states = await client.check_persons([PersonCheck(niss=ANN, identity=claim), PersonCheck(niss=person(9))])
    assert [list(each.mismatches) for each in states] == [["birth_date"], []]
    assert [each.HasField("status") for each in states] == [True, False]
    with pytest.raises(IdentityMismatch) as raised:
        await client.inscribe(ANN, "HEALTH", "2024-01-01", identity=claim)
    assert raised.value.fields == ("birth_date",)


async def test_person_is_created_after_the_candidates_were_reviewed(
    client: RaasClient,
) -> None:
    identity = Identity(
        last_name="Van den Berghe",
        first_names=["Ann"],
        birth_date="1950-05-02",
        birth_place="Oujda",
        sex=Sex.SEX_FEMALE,
    )
    proposed = await client.create_person(identity)
    assert not proposed.HasField("person")
    reviewed = [each.person.niss for each in proposed.candidates]
    assert {ANN, BOB} <= set(reviewed)
    created = await client.create_person(identity, reviewed_niss=reviewed, request_id="only once")
    again = await client.create_person(identity, reviewed_niss=reviewed, request_id="only once")
    assert created.person.niss == again.person.niss
    assert created.person.niss not in reviewed
    with pytest.raises(Required):
        await client.create_person(Identity(last_name="Nobody"))


async def test_stream_reports_a_change_of_identity(client: RaasClient) -> None:
    await client.inscribe(EVE, "HEALTH", "2024-01-01")
    updated = await client.update_person(
        EVE, Identity(birth_place="Oujda"), ["birth_place"], source_date="2024-05-01"
    )
    assert [(each.field, each.status) for each in updated.groups] == [
        ("birth_place", GroupStatus.GROUP_STATUS_ACCEPTED)
    ]
    (told,) = await client.mutations(kinds=[MutationKind.MUTATION_KIND_IDENTITY_CHANGED]).all()
    assert (told.niss, told.identity_change.after.birth_place) == (EVE, "Oujda")


async def test_mirror_follows_replaced_restored_and_cancelled_numbers(client: RaasClient) -> None:
    old, new = person(11), person(12)
    await client.import_persons([known(old, "Old", "One"), known(new, "New", "One")])
    await client.inscribe(old, "HEALTH", "2024-01-01", "2024-06-30")
    await client.inscribe(new, "HEALTH", "2024-05-01")
    async with client.mirror() as mirror:
        would = await client.replace_niss(old, new, validate_only=True)
        assert len(would.registers) == 1
        assert mirror.knows(old, "2024-01-01")
        done = await client.replace_niss(old, new)
        assert [_lines(each.dossiers_after) for each in done.registers] == [
            _lines(each.dossiers_after) for each in would.registers
        ]
        with pytest.raises(NissReplaced) as raised:
            await client.inscribe(old, "HEALTH", "2024-01-01", refuse_replaced=True)
        assert raised.value.successor == new
        await caught_up(mirror, client)
        assert (mirror.dossiers(old), mirror.knows(new, "2024-01-01")) == ([], True)
        await client.restore_niss(old)
        cancelled = await client.cancel_niss(old)
        assert cancelled.status == PersonStatus.PERSON_STATUS_CANCELLED
        await caught_up(mirror, client)
        assert list(mirror.all()) == await exported(client)
        # Changes of identity and of numbers are in the chain as well.
        assert mirror.checksum == (await client.get_register()).checksum


def _lines(dossiers: Iterable[Dossier]) -> list[tuple[str, str, tuple[Line, ...]]]:
    return [(each.niss, each.dossier_type, lines_of(each.periods)) for each in dossiers]


async def test_person_import_returns_the_warnings_of_all_messages(local_server: Server) -> None:
    rows = [known(person(3_000 + each), "Peeters", "Jan", "1952-05-01") for each in range(4)]
    rows[1].identity.nationality = "belge"
    rows[3].identity.death_date = "1952-04-30"
    register = RealRegister(local_server).create()
    async with register.client() as client:
        newest: list[list[int]] = []
        done = await client.import_persons(
            rows,
            message_size=2,
            progress=lambda progress: newest.append([each.offset for each in progress.warnings]),
        )
    assert (done.applied, done.rejected) == (4, ())
    assert [(each.offset, [notice.field for notice in each.notices]) for each in done.warnings] == [
        (1, ["identity.nationality"]),
        (3, ["identity.death_date"]),
    ]
    assert newest == [[], [1], [3]]


async def test_person_import_continues_after_cut_connections(local_server: Server) -> None:
    rows = [known(person(2_000 + each), "Peeters", "Jan", "1952-05-01") for each in range(400)]
    rows[7] = known("123", "Nobody", "At all")
    async with running_proxy(lambda: local_server.target) as proxy:
        told: list[int] = []

        def progress_told(through: int) -> None:
            told.append(through)
            if len(told) % 3 == 0:
                proxy.cut()

        register = RealRegister(local_server).create()
        async with register.client(target=proxy.target, retries=QUICK) as client:
            half = await client.import_persons(rows[:200], import_id="feed", message_size=20)
            whole = await client.import_persons(
                rows,
                import_id="feed",
                message_size=20,
                progress=lambda progress: progress_told(progress.through_offset),
            )
            states = await client.check_persons([PersonCheck(niss=each.niss) for each in rows[8:]])
    assert proxy.cuts > 0
    assert (half.through_offset, half.applied, [each.offset for each in half.rejected]) == (200, 199, [7])
    assert (whole.through_offset, whole.rejected, whole.revision) == (400, (), 0)
    assert told[0] == 200
    assert all(each.HasField("status") for each in states)
