"""The recorder of a process: counts of refusals, records that nobody waits for, chains of the dead."""

from __future__ import annotations

from uuid import uuid4

import pytest

from raas.domain.audit.chain import new_chain, process_chain
from raas.domain.audit.record import Actor, AuditRecord, RecordKind
from raas.usecases.ports.audit.chains import follow
from raas.usecases.recording import process_chain as module
from raas.usecases.recording.recorder import AuditRecorder
from tests.eventually import eventually_async
from tests.usecases.recording.faulty_store import CALLER, REFUSED_RPC, FaultyStore, unavailable

RPC = "/a/B"


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> FaultyStore:
    monkeypatch.setattr(module, "_RETRY_SECONDS", (0.001,) * 6)
    return FaultyStore()


def counts_in(store: FaultyStore) -> dict[tuple[Actor, str, str], int]:
    """The refusals that are recorded, by caller, RPC and reason; the minute may turn while a test runs."""
    found: dict[tuple[Actor, str, str], int] = {}
    for record in store.kept(RecordKind.REFUSALS):
        key = record.actor, record.rpc, record.outcome
        found[key] = found.get(key, 0) + (record.count or 0)
    return found


async def test_counts_of_refusals_are_recorded_before_the_chain_is_sealed(store: FaultyStore) -> None:
    recorder = AuditRecorder(store)
    for port in range(7):
        recorder.count(Actor(peer=f"ipv4:10.1.2.3:{port}"), RPC, "UNAUTHENTICATED")
    recorder.count(CALLER, RPC, "LIMIT_EXCEEDED")
    await recorder.close()
    assert counts_in(store) == {
        (Actor(peer="ipv4:10.1.2.0/24"), RPC, "UNAUTHENTICATED"): 7,
        (CALLER, RPC, "LIMIT_EXCEEDED"): 1,
    }
    assert store.causes() == ["ended"]


async def test_counts_that_could_not_be_recorded_are_recorded_later(store: FaultyStore) -> None:
    recorder = AuditRecorder(store)
    recorder.count(CALLER, RPC, "OVERLOADED")
    await recorder.keep([(a_record(), None)])
    store.faults = [unavailable] * 7
    recorder.record_counts(all_of_them=True)
    await eventually_async(lambda: not store.faults)
    assert counts_in(store) == {}
    recorder.count(CALLER, RPC, "OVERLOADED")

    def recorded() -> bool:
        recorder.record_counts(all_of_them=True)
        return counts_in(store) == {(CALLER, RPC, "OVERLOADED"): 2}

    await eventually_async(recorded)


async def test_record_that_nobody_waits_for_is_counted_where_it_cannot_be_kept(store: FaultyStore) -> None:
    recorder = AuditRecorder(store)
    recorder.keep_later([(a_record(), None)])
    recorder.keep_later([(a_record(REFUSED_RPC), None)])
    await recorder.keep([(a_record(), None)])
    await recorder.close()
    assert len(store.kept()) == 2
    assert counts_in(store) == {(CALLER, REFUSED_RPC, "AUDIT_UNAVAILABLE"): 1}


async def test_chains_of_processes_that_died_are_sealed_and_name_the_one_that_did(store: FaultyStore) -> None:
    dead, alive = uuid4(), uuid4()
    for process in (dead, alive):
        state = new_chain(store.log.origin, process_chain(process))
        _, (first,) = follow(state, [(a_record(), None)])
        await store.begin(process, first)
    store.alive.discard(dead)
    recorder = AuditRecorder(store)
    await recorder.keep([(a_record(), None)])
    for _ in range(2):
        await recorder.seal_dead_chains()
    (seal,) = store.kept(RecordKind.SEAL)
    assert store.log.chains[process_chain(dead)][-1].record is seal
    own = process_chain(next(each for each in store.processes if each not in (dead, alive)))
    assert seal.details == {"cause": "died", "by": own}


def test_calls_and_bulk_reads_are_refused_as_long_as_asked() -> None:
    late, full = [True], [True]
    recorder = AuditRecorder(FaultyStore(), lambda: late[0], lambda: not full[0])
    assert (recorder.unavailable, recorder.admits_bulk_reads) == (True, False)
    late[0] = full[0] = False
    assert (recorder.unavailable, recorder.admits_bulk_reads) == (False, True)


def a_record(rpc: str = RPC) -> AuditRecord:
    return AuditRecord(RecordKind.CALL, 1_767_601_800_000_000, CALLER, rpc, "OK", uuid4())
