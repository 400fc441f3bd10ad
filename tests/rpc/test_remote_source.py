"""The authentic source on another server: in batches, within a deadline, remembered for a while."""

# ruff: noqa: N802 - methods have the names that the contract gives them

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any
from uuid import uuid4

import grpc.aio
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.numbers.niss import Niss
from raas.domain.persons.identity import Identity, IdentityClaim, Sex
from raas.domain.persons.status import PersonState, PersonStatus
from raas.rpc.calls.context import RequestContext, enter
from raas.rpc.remote_source import CHECKS_AT_ONCE, RemoteSource
from raas.usecases.calls.call import Call, Caller
from raas.usecases.ports.errors import SourceUnavailable
from raas.v1 import person_pb2
from raas.v1 import person_service_pb2 as v1
from raas.v1.person_service_pb2_grpc import PersonServiceServicer, add_PersonServiceServicer_to_server
from raas_client import RaasClient, Retries
from tests.rpc.person_harness import PersonServer, open_person_harness
from tests.usecases.persons.harness import a_call, new_niss, ordinal

ONCE = Retries(first_pause_seconds=3_600)

MakeSource = Callable[..., RemoteSource]


@pytest.fixture
async def raas_server(engine: AsyncEngine, reading_engine: AsyncEngine) -> AsyncIterator[PersonServer]:
    async with open_person_harness(engine, reading_engine) as opened:
        yield opened


class Scripted(PersonServiceServicer):
    """Another server, on which every number is ACTIVE; it waits for `go` and fails on request."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []
        self.metadata: list[dict[str, Any]] = []
        self.on_behalf_of: list[str] = []
        self.go = asyncio.Event()
        self.go.set()
        self.failing = False
        self.short = False

    async def CheckPersons(self, request: v1.CheckPersonsRequest, context: Any) -> v1.CheckPersonsResponse:
        self.asked.append([check.niss for check in request.checks])
        self.metadata.append(dict(context.invocation_metadata()))
        self.on_behalf_of.append(request.on_behalf_of)
        await self.go.wait()
        if self.failing:
            await context.abort(grpc.StatusCode.PERMISSION_DENIED, "85673003360 is Peeters")
        active = person_pb2.PERSON_STATUS_ACTIVE
        states = [v1.PersonState(niss=check.niss, status=active) for check in request.checks]
        return v1.CheckPersonsResponse(states=states[self.short :])


@pytest.fixture
async def other() -> AsyncIterator[tuple[Scripted, str]]:
    scripted = Scripted()
    server = grpc.aio.server()
    add_PersonServiceServicer_to_server(scripted, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    yield scripted, f"127.0.0.1:{port}"
    await server.stop(0)


@pytest.fixture
async def remote_source() -> AsyncIterator[MakeSource]:
    """Makes sources, and closes them."""
    made: list[RemoteSource] = []

    def make(target: str, **options: Any) -> RemoteSource:
        client = RaasClient(target, enterprise_number="0999999922", retries=ONCE)
        made.append(RemoteSource(client, **{"deadline_seconds": 60.0, **options}))
        return made[-1]

    yield make
    for each in made:
        await each.close()


def some(number: int) -> Sequence[Niss]:
    return [Niss(60610100000 + n) for n in range(number)]


# ---- against a real PersonService ---------------------------------------------------------------


async def test_remote_source_returns_the_states_of_the_local_source(
    raas_server: PersonServer, remote_source: MakeSource
):
    harness, remote = raas_server.harness, remote_source(raas_server.target)
    old, new, gone, blank = [await harness.person() for _ in range(3)] + [await harness.person(Identity("X"))]
    await harness.numbers.replace(a_call(), old, new, validate_only=False)
    await harness.numbers.cancel(a_call(), gone)
    nisses = [old, new, gone, blank, new_niss()]
    assert await remote.states(nisses) == await harness.source.states(nisses)
    assert (await remote.states([old]))[old] == PersonState(PersonStatus.REPLACED, new, ordinal(1968, 6, 14))


async def test_remote_source_returns_all_numbers_of_a_person(
    raas_server: PersonServer, remote_source: MakeSource
):
    harness, remote = raas_server.harness, remote_source(raas_server.target)
    first, second, third, alone = [await harness.person() for _ in range(4)]
    await harness.numbers.replace(a_call(), second, third, validate_only=False)
    await harness.numbers.replace(a_call(), first, third, validate_only=False)
    nisses = [second, alone, third, new_niss()]
    numbers = await remote.numbers_of(nisses)
    assert numbers == await harness.source.numbers_of(nisses)
    assert numbers[second] == numbers[third] == (third, *sorted([first, second]))
    assert numbers[alone] == (alone,)
    assert await remote.numbers_of([]) == {}


async def test_claims_are_compared_by_the_remote_source(raas_server: PersonServer, remote_source: MakeSource):
    remote, niss = remote_source(raas_server.target), await raas_server.harness.person()
    claims = [
        (niss, IdentityClaim("PEETERS", sex=Sex.MALE)),
        (new_niss(), IdentityClaim("Nemo")),
        (niss, IdentityClaim("Nemo")),
    ]
    unknown = claims[1][0]
    expected = [(niss, ("sex",)), (unknown, ()), (niss, ("last_name",))]
    assert await remote.compare(claims) == expected
    assert await remote.compare([]) == []
    successor = await raas_server.harness.person()
    await raas_server.harness.numbers.replace(a_call(), niss, successor, validate_only=False)
    assert [compared.niss for compared in await remote.compare(claims)] == [successor, unknown, successor]


# ---- against a scripted one ---------------------------------------------------------------------


async def test_calls_during_a_request_share_the_next_one(
    other: tuple[Scripted, str], remote_source: MakeSource
):
    scripted, target = other
    remote = remote_source(target)
    scripted.go.clear()
    calls = [asyncio.create_task(remote.states(some(3)))]
    while not scripted.asked:
        await asyncio.sleep(0.001)
    calls += [asyncio.create_task(remote.states([niss])) for niss in some(40)]
    await asyncio.sleep(0)
    scripted.go.set()
    answers = await asyncio.gather(*calls)
    assert all(answer for answer in answers)
    assert [len(asked) for asked in scripted.asked] == [3, 37]
    assert scripted.metadata[0]["raas-enterprise-number"] == "0999999922"


async def test_large_request_to_the_remote_source_is_split(
    other: tuple[Scripted, str], remote_source: MakeSource
):
    scripted, target = other
    remote = remote_source(target)
    assert len(await remote.states(some(2_500))) == 2_500
    assert [len(asked) for asked in scripted.asked] == [CHECKS_AT_ONCE, CHECKS_AT_ONCE, 500]
    claims = [(niss, IdentityClaim("X")) for niss in some(1_001)]
    assert await remote.compare(claims) == [(niss, ()) for niss, _ in claims]
    assert [len(asked) for asked in scripted.asked[3:]] == [CHECKS_AT_ONCE, 1]


async def test_known_state_is_cached_for_a_while(other: tuple[Scripted, str], remote_source: MakeSource):
    scripted, target = other
    remote = remote_source(target)
    for _ in range(3):
        await remote.states(some(2))
    assert len(scripted.asked) == 1
    forgetful = remote_source(target, kept_seconds=0)
    for _ in range(3):
        await forgetful.states(some(2))
    assert len(scripted.asked) == 4


async def test_cache_of_states_is_bounded(other: tuple[Scripted, str], remote_source: MakeSource):
    scripted, target = other
    remote = remote_source(target, kept=10)
    first, *_, last = some(11)
    for niss in some(11):
        await remote.states([niss])
    await remote.states([last])
    assert len(scripted.asked) == 11
    await remote.states([first])
    assert len(scripted.asked) == 12


async def test_request_to_the_remote_source_ends_at_its_deadline(
    other: tuple[Scripted, str], remote_source: MakeSource
):
    scripted, target = other
    remote = remote_source(target, deadline_seconds=0.1)
    scripted.go.clear()
    for question in (remote.states(some(1)), remote.compare([(some(1)[0], IdentityClaim("X"))])):
        async with asyncio.timeout(5):
            with pytest.raises(SourceUnavailable):
                await question
    scripted.go.set()
    async with asyncio.timeout(60):
        while True:
            try:
                assert await remote.states(some(1))
                break
            except SourceUnavailable:
                continue


async def test_refusal_of_the_remote_source_is_unavailable_without_details(
    other: tuple[Scripted, str], remote_source: MakeSource
):
    scripted, target = other
    remote = remote_source(target)
    scripted.failing = True
    for question in (remote.states(some(2)), remote.compare([(some(1)[0], IdentityClaim("X"))])):
        with pytest.raises(SourceUnavailable, match=r"^the authentic source answered PERMISSION_DENIED$"):
            await question
    scripted.failing = False
    assert len(await remote.states(some(2))) == 2


async def test_answer_of_the_wrong_size_is_unavailable(
    other: tuple[Scripted, str], remote_source: MakeSource
):
    scripted, target = other
    scripted.short = True
    with pytest.raises(SourceUnavailable):
        await remote_source(target).states(some(2))


async def test_missing_remote_source_is_unavailable(remote_source: MakeSource):
    with pytest.raises(SourceUnavailable):
        await remote_source("127.0.0.1:1").states(some(1))


async def test_caller_that_leaves_does_not_cancel_the_request_of_others(
    other: tuple[Scripted, str], remote_source: MakeSource
):
    scripted, target = other
    remote = remote_source(target)
    scripted.go.clear()
    leaving, staying = [asyncio.create_task(remote.states(some(2))) for _ in range(2)]
    while not scripted.asked:
        await asyncio.sleep(0.001)
    leaving.cancel()
    await asyncio.wait([leaving])
    scripted.go.set()
    assert len(await staying) == 2


async def test_each_caller_and_legal_context_is_told_in_a_request_of_its_own(
    other: tuple[Scripted, str], remote_source: MakeSource
):
    scripted, target = other
    remote = remote_source(target, legal_context="of the setting")

    async def ask(caller: int, legal_context: str | None, nisses: Sequence[Niss]) -> None:
        call = Call(Caller(EnterpriseNumber(caller)), uuid4(), "rpc", legal_context=legal_context)
        enter(RequestContext(call, ()))
        assert len(await remote.states(nisses)) == len(nisses)

    scripted.go.clear()
    numbers = some(7)
    # Each in a task, and so in a context, of its own.
    first = asyncio.create_task(ask(999999922, "a law", numbers[:1]))
    while not scripted.asked:
        await asyncio.sleep(0.001)
    together = [
        asyncio.create_task(ask(999999922, "a law", numbers[1:3])),
        asyncio.create_task(ask(244640631, None, numbers[3:5])),
        asyncio.create_task(ask(999999922, "a law", numbers[5:6])),
        asyncio.create_task(remote.compare([(numbers[6], IdentityClaim("X"))])),
    ]
    await asyncio.sleep(0)
    scripted.go.set()
    await asyncio.gather(first, *together)
    told = [
        (len(asked), caller, metadata["raas-legal-context"])
        for asked, caller, metadata in zip(
            scripted.asked, scripted.on_behalf_of, scripted.metadata, strict=True
        )
    ]
    assert sorted(told) == [
        (1, "", "of the setting"),
        (1, "0999999922", "a law"),
        (2, "0244640631", "of the setting"),
        (3, "0999999922", "a law"),
    ]
