"""A caller whose mandate changes: nothing that was made under the wider one shows more under the narrower."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import grpc.aio
import pytest

from raas.memory_server import MemoryServer
from raas.v1 import mutation_stream_pb2 as stream_v1
from raas.v1 import register_service_pb2 as v1
from raas.v1.inscription_pb2 import Inscription
from raas.v1.mandate_pb2 import MandatePermission
from raas.v1.period_pb2 import Period
from tests.rpc.harness import told
from tests.rpc.views.worlds import HIDDEN, VISIBLE, Action, World, named_identity

ONLY_A = frozenset({"A"})
TYPES = (*VISIBLE, *HIDDEN)


@pytest.fixture
async def world() -> AsyncIterator[World]:
    """A register with dossiers of four types for two persons, under a mandate for all of them."""
    server = MemoryServer(identify=named_identity)
    async with (
        server.serving("127.0.0.1:0") as port,
        grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel,
    ):
        made = World(server, channel, ONLY_A)
        await made.begin(901, TYPES, frozenset())
        await made.act(Action("inscribe", (0, 1, 2), TYPES), TYPES)
        yield made


async def reason(call: Any) -> str:
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await call
    return told(raised.value).info.reason


async def first_message(world: World, **start: Any) -> stream_v1.SubscribeResponse:
    request = stream_v1.SubscribeRequest(register=world.owner, **start)
    call = world.stream.Subscribe(request, metadata=world.by_friend)
    try:
        message: stream_v1.SubscribeResponse = await call.read()
        return message
    finally:
        call.cancel()


async def test_page_token_of_a_wider_mandate_goes_on_with_what_is_left(world: World) -> None:
    wider = await world.grant(None)
    pages = {
        "Consult": v1.ConsultRequest(register=world.owner, page_size=1),
        "ListDossierTypes": v1.ListDossierTypesRequest(register=world.owner, page_size=1),
    }
    for rpc, request in pages.items():
        request.page_token = (
            await getattr(world.registers, rpc)(request, metadata=world.by_friend)
        ).next_page_token
    await world.revoke(wider)
    consulted = await world.registers.Consult(pages["Consult"], metadata=world.by_friend)
    assert [(d.niss, d.dossier_type) for d in consulted.dossiers] == [(world.persons[1], "A")]
    types = await world.registers.ListDossierTypes(pages["ListDossierTypes"], metadata=world.by_friend)
    assert list(types.dossier_types) == []


async def test_tokens_of_the_stream_are_refused_under_another_mandate(world: World) -> None:
    wider = await world.grant(None)
    part = await first_message(world, snapshot=stream_v1.SnapshotStart())
    assert len(part.snapshot.dossiers) == 12
    token = part.snapshot.resume_token
    resumed = {"snapshot": stream_v1.SnapshotStart(resume_token=token)}
    assert (await first_message(world, **resumed)).bookmark.snapshot_complete
    await world.revoke(wider)
    assert await reason(first_message(world, **resumed)) == "PAGE_TOKEN_INVALID"
    restricted = await first_message(world, snapshot=stream_v1.SnapshotStart())
    assert {dossier.dossier_type for dossier in restricted.snapshot.dossiers} == {"A"}


async def test_subscriber_resumes_under_fewer_types_but_not_under_more(world: World) -> None:
    start = {"subscriber": "mirror", "acknowledged": stream_v1.AcknowledgedStart()}
    latest = await world.stream.ListMutations(
        stream_v1.ListMutationsRequest(register=world.owner), metadata=world.by_friend
    )

    async def acknowledge(revision: int) -> None:
        request = stream_v1.AcknowledgeRequest(register=world.owner, subscriber="mirror", revision=revision)
        await world.stream.Acknowledge(request, metadata=world.by_friend)

    wider = await world.grant(None)
    await first_message(world, subscriber="mirror", after_revision=0)
    await acknowledge(latest.latest_revision - 2)
    await world.revoke(wider)
    await world.act(Action("inscribe", (3,), ("A",)), ("A",))
    message = await first_message(world, **start)
    assert [mutation.dossier_type for mutation in message.mutations.mutations] == ["A"]
    wider = await world.grant(None)
    assert await reason(first_message(world, **start)) == "SUBSCRIBER_FILTER_DIFFERS"
    await world.revoke(wider)


async def test_stored_answer_of_a_request_id_is_not_given_for_a_hidden_type(world: World) -> None:
    wider = await world.grant(None)
    niss = world.persons[3]
    inscribe = v1.InscribeRequest(
        register=world.owner,
        niss=niss,
        dossier_type="C",
        period=Period(begin="2024-01-01"),
        request_id="inscribe",
    )
    operation = v1.BatchOperation(
        inscribe=Inscription(niss=niss, dossier_type="C", period=Period(begin="2023-01-01"))
    )
    operations = v1.ApplyBatchRequest(register=world.owner, operations=[operation], request_id="batch")
    answer = await world.registers.Inscribe(inscribe, metadata=world.by_friend)
    await world.registers.ApplyBatch(operations, metadata=world.by_friend)
    assert await world.registers.Inscribe(inscribe, metadata=world.by_friend) == answer
    await world.revoke(wider)
    for call in (
        world.registers.Inscribe(inscribe, metadata=world.by_friend),
        world.registers.ApplyBatch(operations, metadata=world.by_friend),
    ):
        assert await reason(call) == "DOSSIER_TYPE_UNKNOWN"


async def test_mandatary_with_administer_sees_and_deletes_the_subscribers_of_all(world: World) -> None:
    acknowledge = stream_v1.AcknowledgeRequest(subscriber="of the owner", revision=1)
    await world.stream.Acknowledge(acknowledge, metadata=world.by_owner)
    await first_message(world, subscriber="of the friend", after_revision=0)
    asked = stream_v1.ListSubscribersRequest(register=world.owner)
    delete = stream_v1.DeleteSubscriberRequest(
        register=world.owner, subscriber="of the owner", subscriber_caller=world.owner
    )

    async def listed() -> list[tuple[str, list[str]]]:
        found = (await world.stream.ListSubscribers(asked, metadata=world.by_friend)).subscribers
        return sorted((each.name, list(each.dossier_types)) for each in found)

    assert await listed() == [("of the friend", ["A"])]
    assert await reason(world.stream.DeleteSubscriber(delete, metadata=world.by_friend)) == "MANDATE_MISSING"
    await world.grant(None, permissions=[MandatePermission.MANDATE_PERMISSION_ADMINISTER])
    assert await listed() == [("of the friend", ["A"]), ("of the owner", [])]
    await world.stream.DeleteSubscriber(delete, metadata=world.by_friend)
    assert await listed() == [("of the friend", ["A"])]
