"""Refusals that are counted: bounded memory, and no refusal forgotten while the store answers."""

from __future__ import annotations

import pytest

from raas.domain.audit.record import Actor, AuditRecord, RecordKind
from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.usecases.recording.refusal_counts import MINUTE, MOST_KEYS, OTHERS, RefusalCounts, peer_prefix

BEGIN = 29_460_030 * MINUTE
RPC = "/raas.v1.RegisterService/Consult"
CALLER = Actor(EnterpriseNumber(999999922), "portal")


def counted(record: AuditRecord) -> tuple[Actor, str, str, int, int | None]:
    """The parts of a record of a count: who, which RPC, why, the minute after `BEGIN`, and how often."""
    assert record.kind is RecordKind.REFUSALS
    return record.actor, record.rpc, record.outcome, (record.time - BEGIN) // MINUTE, record.count


def test_refusals_of_a_minute_are_one_record_per_caller_rpc_and_reason() -> None:
    counts = RefusalCounts()
    other = CALLER._replace(on_behalf_of=EnterpriseNumber(999999823))
    for actor, rpc, reason in (
        (CALLER, RPC, "LIMIT_EXCEEDED"),
        (CALLER, RPC, "LIMIT_EXCEEDED"),
        (CALLER, RPC, "OVERLOADED"),
        (CALLER, "/other", "OVERLOADED"),
        (other, RPC, "OVERLOADED"),
    ):
        counts.add(BEGIN + 7, actor, rpc, reason)
    assert [counted(each) for each in counts.take(BEGIN + MINUTE)] == [
        (CALLER, RPC, "LIMIT_EXCEEDED", 0, 2),
        (CALLER, RPC, "OVERLOADED", 0, 1),
        (CALLER, "/other", "OVERLOADED", 0, 1),
        (other, RPC, "OVERLOADED", 0, 1),
    ]


def test_counts_are_taken_once_and_after_their_minute_has_ended() -> None:
    counts = RefusalCounts()
    counts.add(BEGIN, CALLER, RPC, "OVERLOADED")
    assert counts.take(BEGIN + MINUTE - 1) == []
    counts.add(BEGIN + MINUTE, CALLER, RPC, "OVERLOADED")
    assert [counted(each)[3:] for each in counts.take(BEGIN + MINUTE)] == [(0, 1)]
    assert counts.take(BEGIN + MINUTE) == []
    assert [counted(each)[3:] for each in counts.take(BEGIN + MINUTE, all_of_them=True)] == [(1, 1)]
    assert counts.take(BEGIN + 9 * MINUTE, all_of_them=True) == []


def test_anonymous_refusals_are_counted_by_the_prefix_of_the_peer() -> None:
    counts = RefusalCounts()
    for port in range(1_000):
        counts.add(BEGIN, Actor(peer=f"ipv4:10.1.2.{port % 250}:{40_000 + port}"), RPC, "UNAUTHENTICATED")
    counts.add(BEGIN, Actor(peer="ipv4:10.1.3.7:40000"), RPC, "UNAUTHENTICATED")
    assert [counted(each) for each in counts.take(BEGIN + MINUTE)] == [
        (Actor(peer="ipv4:10.1.2.0/24"), RPC, "UNAUTHENTICATED", 0, 1_000),
        (Actor(peer="ipv4:10.1.3.0/24"), RPC, "UNAUTHENTICATED", 0, 1),
    ]


@pytest.mark.parametrize(
    ("peer", "prefix"),
    [
        ("ipv4:10.1.2.3:40112", "ipv4:10.1.2.0/24"),
        ("ipv6:%5B2001:db8:1:2::7%5D:40112", "ipv6:2001:db8:1::/48"),
        ("ipv6:[2001:db8:1:2::7]:40112", "ipv6:2001:db8:1::/48"),
        ("ipv6:%5Bfe80::1%25eth0%5D:40112", "ipv6:fe80::/48"),
        ("ipv4:not an address", "ipv4"),
        ("unix:/run/raas.sock", "unix"),
        ("", "?"),
    ],
)
def test_peer_is_reduced_to_its_prefix(peer: str, prefix: str) -> None:
    assert peer_prefix(peer) == prefix


def test_flood_of_many_callers_is_counted_together_beyond_the_most() -> None:
    counts = RefusalCounts()
    callers = [Actor(EnterpriseNumber(n)) for n in range(MOST_KEYS + 500)]
    for _ in range(2):
        for caller in callers:
            counts.add(BEGIN, caller, RPC, "LIMIT_EXCEEDED")
    records = [counted(each) for each in counts.take(BEGIN + MINUTE)]
    assert len(records) == MOST_KEYS + 1
    assert records[-1] == (OTHERS, RPC, "LIMIT_EXCEEDED", 0, 1_000)
    assert sum(count or 0 for *_, count in records) == 2 * len(callers)


def test_counts_that_could_not_be_recorded_are_taken_again() -> None:
    counts = RefusalCounts()
    counts.add(BEGIN, CALLER, RPC, "OVERLOADED")
    taken = counts.take(BEGIN + MINUTE)
    counts.add(BEGIN + MINUTE, CALLER, RPC, "OVERLOADED")
    counts.put_back(taken)
    again = [counted(each)[3:] for each in counts.take(BEGIN + 2 * MINUTE)]
    assert again == [(0, 1), (1, 1)]


def test_memory_is_bounded_while_the_store_does_not_answer() -> None:
    counts = RefusalCounts()
    for minute in range(20):
        for n in range(MOST_KEYS):
            counts.add(BEGIN + minute * MINUTE, Actor(EnterpriseNumber(n)), RPC, "OVERLOADED")
    assert len(counts.take(BEGIN + 20 * MINUTE)) == 16 * MOST_KEYS
