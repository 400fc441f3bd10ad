"""The fake register: the events that a test can cause, and what clients see."""

from __future__ import annotations

import asyncio
import subprocess
import sys

import pytest

from raas.v1.dossier_type_pb2 import DossierType, IdentityChanges
from raas.v1.error_reason_pb2 import ErrorReason
from raas.v1.identity_pb2 import Identity, IdentityClaim, Sex
from raas.v1.mutation_pb2 import MutationKind
from raas_client import CallFailed, LogReplaced, NissUnknown, Patience, RevisionExpired
from raas_client.mirror.checksums import chained, first_checksum
from raas_client.reasons import IdentityMismatch, NissCancelled, PersonsKeptElsewhere
from raas_client.testing import FakeRegister
from tests.client.registers import ANN, BOB, EVE, QUICK, TYPES, here, own_threads
from tests.e2e.servers import clean_environment

WHO = Identity(
    last_name="Van den Berghe",
    first_names=["Ann", "Lise"],
    birth_date="1985-07-30",
    sex=Sex.SEX_FEMALE,
    death_date="2024-03-01",
)


def test_fake_register_serves_during_its_block_and_leaves_no_thread() -> None:
    with (
        FakeRegister("HEALTH") as one,
        FakeRegister("PENSION", enterprise_number="0999999823") as other,
        one.client().blocking() as first,
        other.client().blocking() as second,
    ):
        first.run(first.client.inscribe(ANN, "HEALTH", "2024-01-01"))
        assert second.run(second.client.consult().all()) == []
        assert second.run(second.client.get_register()).enterprise_number == "0999999823"
    assert own_threads() == []


def test_fake_register_that_fails_to_start_leaves_no_thread() -> None:
    with pytest.raises(Exception, match=r"dossier_type\.code"), FakeRegister("no good code " * 10):
        pass
    assert own_threads() == []


async def test_identify_sets_the_identity_that_claims_are_compared_with(fake: FakeRegister) -> None:
    async with fake.client() as client:
        wrong = IdentityClaim(last_name="Peeters", birth_date="1985-07-30", sex=Sex.SEX_MALE)
        await client.inscribe(ANN, "HEALTH", "2024-01-01", identity=wrong)
        fake.identify(ANN, WHO)
        with pytest.raises(IdentityMismatch) as raised:
            await client.inscribe(ANN, "HEALTH", "2020-01-01", identity=wrong)
        assert raised.value.fields == ("last_name", "sex")
        right = IdentityClaim(last_name="Vandenberghe", birth_date="1985-07-00")
        answer = await client.inscribe(ANN, "HEALTH", "1985-01-01", identity=right)
        assert [each.reason for each in answer.notices] == [
            ErrorReason.ERROR_REASON_PERSON_DECEASED,
            ErrorReason.ERROR_REASON_PERIOD_BEFORE_BIRTH,
        ]
        fake.replace_niss(BOB, ANN)
        with pytest.raises(IdentityMismatch):
            await client.inscribe(BOB, "HEALTH", "2020-01-01", identity=wrong)
    with pytest.raises(ValueError, match=r"identity\.birth_date"):
        fake.identify(ANN, Identity(birth_date="yesterday"))


async def test_changed_identity_is_reported_as_the_dossier_types_ask(fake: FakeRegister) -> None:
    async with fake.client() as client:
        silent = DossierType(code="SILENT", identity_changes=IdentityChanges.IDENTITY_CHANGES_NONE)
        await client.create_dossier_type(silent)
        await client.inscribe(ANN, "HEALTH", "2024-01-01")
        await client.inscribe(BOB, "SILENT", "2024-01-01")
        for niss in (ANN, BOB, EVE):
            fake.identify(niss, Identity(last_name="Before", birth_date="1985-07-30"))
            fake.identify(niss, Identity(last_name="After", birth_date="1985-07-30"), "2024-02-01")
        told = await client.mutations(kinds=[MutationKind.MUTATION_KIND_IDENTITY_CHANGED]).all()
        (mutation,) = told
        assert (mutation.niss, list(mutation.dossier_types)) == (ANN, ["HEALTH"])
        change = mutation.identity_change
        assert (list(change.fields), change.effective_date) == (["last_name"], "2024-02-01")
        assert (change.before.last_name, change.after.last_name) == ("Before", "After")
        assert mutation in await client.history(ANN).all()
        log = await client.mutations().all()
        checksum = (await client.get_register()).checksum
        assert chained(first_checksum(fake.enterprise_number), log) == checksum


async def test_numbers_of_a_fake_can_be_unknown_replaced_cancelled_and_restored(fake: FakeRegister) -> None:
    async with fake.client() as client:
        await client.inscribe(ANN, "HEALTH", "2024-01-01")
        fake.does_not_know(EVE)
        with pytest.raises(NissUnknown):
            await client.inscribe(EVE, "HEALTH", "2024-01-01")
        fake.cancel_niss(BOB)
        with pytest.raises(NissCancelled):
            await client.inscribe(BOB, "HEALTH", "2024-01-01")
        fake.restore_niss(BOB)
        fake.replace_niss(ANN, BOB)
        assert [each.niss async for each in client.consult()] == [BOB]
        (page,) = [each async for each in client.consult(niss=[ANN]).pages()]
        assert [(each.niss, each.successor_niss) for each in page.resolved] == [(ANN, BOB)]
        fake.restore_niss(ANN)
        assert [each.niss async for each in client.consult()] == [ANN]


async def test_log_of_a_fake_can_be_trimmed_and_replaced(fake: FakeRegister) -> None:
    async with fake.client() as client:
        place = await here(client)
        for niss in (ANN, BOB):
            await client.inscribe(niss, "HEALTH", "2024-01-01")
        fake.trim(len(TYPES) + 1)
        with pytest.raises(RevisionExpired):
            await anext(client.subscribe(place).events())
        with pytest.raises(RevisionExpired):
            await client.consult(at_revision=1).all()
        place = await here(client)
        fake.renew_log()
        with pytest.raises(LogReplaced):
            await anext(client.subscribe(place).events())


async def test_calls_wait_for_a_fake_during_its_outage(fake: FakeRegister) -> None:
    async with fake.client(retries=QUICK) as client:
        await client.inscribe(ANN, "HEALTH", "2024-01-01")
        with fake.outage():
            with pytest.raises(CallFailed):
                await client.acting(patience=Patience(call_seconds=0.3)).get_register()
            waiting = asyncio.create_task(client.get_register())
            await asyncio.sleep(0)
        assert (await waiting).revision == len(TYPES) + 1


async def test_fake_register_refuses_calls_of_person_service(fake: FakeRegister) -> None:
    async with fake.client() as client:
        with pytest.raises(PersonsKeptElsewhere):
            await client.get_person(ANN)


async def test_fixture_provides_an_empty_register(fake_register: FakeRegister) -> None:
    async with fake_register.client() as client:
        await client.create_dossier_type(DossierType(code="OWN"))
        assert [each.code async for each in client.dossier_types()] == ["OWN"]


pytest_plugins = ["raas_client.testing.fixtures"]


FAULTS = """
from raas_client import Bookmark, FromSnapshot, RaasError
from raas_client.testing import FakeRegister
with FakeRegister("HEALTH") as register, register.client().blocking() as caller:
    for event in caller.iterate(caller.client.subscribe(FromSnapshot())):
        if isinstance(event, Bookmark):
            register.interrupt()
            caller.run(caller.client.inscribe("85673003360", "HEALTH", "2024-01-01"))
        else:
            break
    register._server.state.registers[1].types.clear()
    try:
        caller.run(caller.client.consult().all())
    except RaasError as error:
        assert error.reason == "INTERNAL"
"""


CLOSED_LOOP = """
import asyncio
from raas_client import FromSnapshot
from raas_client.testing import FakeRegister
async def leave_streams_open(register):
    async with register.client() as client:
        streams = [client.subscribe(FromSnapshot()).events() for _ in range(400)]
        await asyncio.gather(*map(anext, streams))
        for stream in streams:
            await stream.aclose()
with FakeRegister("HEALTH") as register:
    # Once: between loops of the caller's own, grpc.aio may report the same.
    asyncio.run(leave_streams_open(register))
"""


@pytest.mark.parametrize("program", [FAULTS, CLOSED_LOOP], ids=["faults", "closed loop"])
def test_fake_register_writes_nothing_into_the_output_of_tests(program: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", program], env=clean_environment(), capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
