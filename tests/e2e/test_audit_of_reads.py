"""The audit records of checks, routing, rights, streams and bulk reads."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from raas.domain.audit.record import BulkRead, RecordKind
from raas.v1 import distribution_service_pb2 as distribution_v1
from raas.v1 import mutation_stream_pb2 as stream_v1
from raas.v1 import register_service_pb2 as v1
from raas.v1.decision_pb2 import InscriptionCheck
from tests.e2e.audited import BEGIN, World, numbers
from tests.e2e.persons import TYPE
from tests.e2e.registers import TYPES
from tests.e2e.servers import Server
from tests.eventually import eventually

CHECKED = "2024-06-01"


@pytest.fixture
def world(person_server: Server) -> Iterator[World]:
    made = World(person_server)
    yield made
    made.persons.channel.close()


def test_checks_are_recorded_once_for_each_register(world: World) -> None:
    registers = (world.register.number, world.other.number)
    checks = [
        InscriptionCheck(register=register, niss=niss, active_on=CHECKED)
        for register, niss in (
            (registers[0], world.ann),
            (registers[1], world.ann),
            (registers[1], world.bob),
        )
    ]
    request = v1.CheckInscriptionsRequest(checks=checks)
    checked = world.calls.call(world.persons.registers.CheckInscriptions, request)
    mine, others = sorted(checked.records, key=lambda each: len(each.touched))
    rpc = "RegisterService/CheckInscriptions"
    world.require(mine, rpc, register=world.number, touched=numbers(world.ann))
    world.require(others, rpc, register=int(registers[1]), touched=numbers(world.ann, world.bob))


def test_routing_is_recorded_with_the_registers_that_it_names(world: World) -> None:
    request = v1.FindRegistersRequest(niss=world.ann, active_on=CHECKED)
    routed = world.calls.call(world.persons.registers.FindRegisters, request)
    named = sorted([world.register.number, world.other.number])
    world.require(
        routed.record,
        "RegisterService/FindRegisters",
        touched=numbers(world.ann),
        details={"registers": named},
    )


def test_rights_of_distribution_are_recorded(world: World) -> None:
    grant = distribution_v1.GrantAuthorisationRequest(
        service="PERSON_IDENTITY",
        register=world.other.number,
        deliberation="24/001",
        valid_from=BEGIN,
    )
    granted = world.calls.call(world.distribution.GrantAuthorisation, grant)
    listing = distribution_v1.ListAuthorisationsRequest(register=world.other.number)
    listed = world.calls.call(world.distribution.ListAuthorisations, listing)
    revoke = distribution_v1.RevokeAuthorisationRequest(authorisation_id=granted.answer.authorisation.id)
    revoked = world.calls.call(world.distribution.RevokeAuthorisation, revoke)
    for made, name in (
        (granted, "GrantAuthorisation"),
        (listed, "ListAuthorisations"),
        (revoked, "RevokeAuthorisation"),
    ):
        record = made.record
        assert (record.rpc, record.outcome) == (f"/raas.v1.DistributionService/{name}", "OK")
        assert (record.ticket, record.actor.enterprise_number) == ("T-9", world.number)


def test_stream_is_recorded_before_it_sends_and_when_it_ends(world: World) -> None:
    rpc = "/raas.v1.MutationStream/Subscribe"
    request = stream_v1.SubscribeRequest(after_revision=len(TYPES), dossier_types=[TYPE])
    stream = world.persons.stream.Subscribe(request, metadata=world.calls.metadata, timeout=60)
    sent = next(message.mutations.mutations for message in stream if message.mutations.mutations)
    assert [each.niss for each in sent] == [world.ann]
    (call_id,) = world.calls.call_ids(rpc, world.register.number)
    (extent,) = world.calls.stored(call_id)
    assert extent.record is not None
    first = len(TYPES) + 1
    bulk = BulkRead({"dossier_types": [TYPE]}, first, first + 9_999, 0)
    expected = {"register": world.number, "details": {}}
    world.require(extent.record, rpc[9:], kind=RecordKind.EXTENT, bulk=bulk, **expected)
    stream.cancel()
    eventually(lambda: len(world.calls.stored(call_id)) == 2)
    _, ended = world.calls.stored(call_id)
    assert ended.record is not None
    bulk = BulkRead({"dossier_types": [TYPE]}, first, first, 1)
    world.require(ended.record, rpc[9:], outcome="CANCELLED", bulk=bulk, **expected)


def test_snapshot_is_recorded_before_it_is_sent(world: World) -> None:
    rpc = "/raas.v1.MutationStream/Subscribe"
    request = stream_v1.SubscribeRequest(snapshot=stream_v1.SnapshotStart())
    stream = world.persons.stream.Subscribe(request, metadata=world.calls.metadata, timeout=60)
    while not next(stream).HasField("snapshot"):
        pass
    (call_id,) = world.calls.call_ids(rpc, world.register.number)
    extent = world.calls.stored(call_id)[0].record
    stream.cancel()
    assert extent is not None
    revision = len(TYPES) + 1
    assert extent.bulk == BulkRead({"snapshot": True}, None, revision, 0)


def test_bulk_reads_are_recorded_with_filter_revisions_and_count(world: World) -> None:
    request = stream_v1.ListMutationsRequest(after_revision=0, page_size=4)
    listed = world.calls.call(world.persons.stream.ListMutations, request)
    world.require(
        listed.record, "MutationStream/ListMutations", register=world.number, bulk=BulkRead({}, 1, 4, 4)
    )
    export = v1.ExportRequest(dossier_types=[TYPE])
    exported = world.calls.stream(world.persons.registers.Export, export)
    extent, whole = exported.records
    revision = len(TYPES) + 1
    rpc, which = "RegisterService/Export", {"dossier_types": [TYPE]}
    expected = {"register": world.number}
    bulk = BulkRead(which, None, revision, 0)
    world.require(extent, rpc, kind=RecordKind.EXTENT, bulk=bulk, **expected)
    world.require(whole, rpc, bulk=BulkRead(which, None, None, 1), revision=revision, **expected)
