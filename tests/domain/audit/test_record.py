"""The canonical texts of records, their chains and their search criteria."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from raas.domain.audit.chain import (
    MAX_ENTRY_BYTES,
    ChainState,
    chains_root,
    entry_hash,
    is_seal,
    new_chain,
    process_chain,
    register_chain,
)
from raas.domain.audit.criteria import Criteria, salted_criteria
from raas.domain.audit.merkle import EMPTY_ROOT, leaf_hash, node_hash
from raas.domain.audit.record import (
    TEXTS,
    Actor,
    AuditRecord,
    BulkRead,
    RecordKind,
    numbers_of_record,
    record_from_texts,
    record_texts,
)
from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.numbers.niss import Niss

texts = st.text(st.sampled_from(r'ab1é𝒳 ;=,"\{'), min_size=1, max_size=8)
numbers = st.builds(EnterpriseNumber, st.integers(0, 1_999_999_999))
nisses = st.lists(st.builds(Niss, st.integers(0, 99_999_999_999)), max_size=4).map(numbers_of_record)
counts = st.integers(0, 2**53 - 1)
json = st.recursive(
    st.booleans() | counts | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner),
    max_leaves=5,
)
objects = st.dictionaries(st.sampled_from(["a", "b", "niss", "é"]), json, max_size=3)
records = st.builds(
    AuditRecord,
    st.sampled_from(RecordKind),
    st.integers(0, 2**53),
    st.builds(
        Actor,
        st.none() | numbers,
        st.none() | texts,
        st.none() | texts,
        st.none() | texts,
        st.none() | numbers,
        st.none() | texts,
    ),
    texts,
    texts,
    call_id=st.none() | st.uuids(),
    register=st.none() | numbers,
    touched=nisses,
    shown=nisses,
    bulk=st.none() | st.builds(BulkRead, objects, st.none() | counts, st.none() | counts, counts),
    legal_context=st.none() | texts,
    ticket=st.none() | texts,
    revision=st.none() | counts,
    count=st.none() | counts,
    criteria_hash=st.none() | st.binary(min_size=32, max_size=32),
    details=objects,
)

RECORD = AuditRecord(RecordKind.CALL, 1, Actor(), "/raas.v1.RegisterService/Consult", "OK")


@given(records)
def test_record_is_read_back_from_its_texts(record: AuditRecord) -> None:
    made = record_texts(record)
    assert len(made) == TEXTS
    assert record_from_texts(made) == record


@given(records, records)
def test_different_records_have_different_bytes(one: AuditRecord, other: AuditRecord) -> None:
    hashes = [entry_hash(b"", "c", 1, record_texts(each)) for each in (one, other)]
    assert (hashes[0] == hashes[1]) == (one == other)


def test_texts_of_a_record_are_in_the_documented_order() -> None:
    record = AuditRecord(
        RecordKind.CALL,
        1_767_601_800_000_125,
        Actor(EnterpriseNumber(999999922), "app", "token:ab", "ipv4:1", EnterpriseNumber(7), "user"),
        "/raas.v1.RegisterService/Consult",
        "OK",
        call_id=UUID(int=5),
        register=EnterpriseNumber(999999823),
        touched=(Niss(1), Niss(2)),
        shown=(Niss(3),),
        bulk=BulkRead({"active_on": "2024-01-01"}, None, 9, 3),
        legal_context="LAW",
        ticket="T",
        revision=8,
        count=4,
        criteria_hash=bytes(32),
        details={"b": "é", "a": 1},
    )
    assert record_texts(record) == (
        "1",
        "CALL",
        "1767601800000125",
        "00000000-0000-0000-0000-000000000005",
        "0999999922",
        "app",
        "token:ab",
        "ipv4:1",
        "0000000007",
        "user",
        "/raas.v1.RegisterService/Consult",
        "0999999823",
        "00000000001,00000000002",
        "00000000003",
        '{"count":3,"filter":{"active_on":"2024-01-01"},"last_revision":9}',
        "LAW",
        "T",
        "OK",
        "8",
        "4",
        "0" * 64,
        '{"a":1,"b":"é"}',
    )


@pytest.mark.parametrize(
    ("position", "text"), [(0, "2"), (1, "OTHER"), (2, "01"), (3, "x"), (12, "2,1,"), (14, "{}"), (20, "AB")]
)
def test_texts_in_another_form_are_refused(position: int, text: str) -> None:
    made = list(record_texts(RECORD))
    made[position] = text
    with pytest.raises(ValueError, match=r".*"):
        record_from_texts(made)


def test_chain_begins_with_its_name_and_the_origin_of_the_log() -> None:
    state = new_chain("raas.example/audit", register_chain(EnterpriseNumber(999999922)))
    seed = b"raas-audit-chain/1\nraas.example/audit\nregister/0999999922"
    assert state == ChainState("register/0999999922", 0, sha256(seed).digest())
    assert process_chain(UUID(int=1)) == "process/00000000-0000-0000-0000-000000000001"


def test_each_record_is_chained_to_the_one_before() -> None:
    first = new_chain("o", "c").follow(record_texts(RECORD))
    second = first.follow(record_texts(RECORD))
    canonical = "\n".join(("c", "2", *record_texts(RECORD))).encode()
    assert second == ChainState("c", 2, sha256(first.head + canonical).digest())


def test_texts_that_could_be_read_in_two_ways_are_refused() -> None:
    with pytest.raises(ValueError, match="line feeds"):
        entry_hash(b"", "c", 1, record_texts(replace(RECORD, ticket="a\nb")))
    with pytest.raises(ValueError, match="22 texts"):
        entry_hash(b"", "c", 1, record_texts(RECORD)[:-1])


def test_record_is_bounded() -> None:
    many = tuple(map(Niss, range(10_000)))
    entry_hash(b"", "c", 1, record_texts(replace(RECORD, touched=many, shown=many)))
    with pytest.raises(ValueError, match="too large"):
        entry_hash(b"", "c", 1, record_texts(replace(RECORD, ticket="x" * MAX_ENTRY_BYTES)))


def test_root_over_chains_is_that_of_their_states_in_the_order_of_names() -> None:
    one, other = ChainState("a", 3, bytes(32)), ChainState("b", 1, bytes(range(32)))
    leaves = [leaf_hash(f"{each.chain}\n{each.length}\n{each.head.hex()}".encode()) for each in (one, other)]
    assert chains_root([other, one]) == node_hash(*leaves)
    assert chains_root([]) == EMPTY_ROOT


def test_seal_is_known_by_its_kind() -> None:
    assert is_seal(record_texts(replace(RECORD, kind=RecordKind.SEAL)))
    assert not is_seal(record_texts(RECORD))


def test_criteria_are_hashed_with_a_salt_of_their_own() -> None:
    one, other = (salted_criteria({"last_name": "Peeters"}) for _ in range(2))
    assert one.content == other.content == '{"last_name":"Peeters"}'
    assert one.hash != other.hash
    assert len(one.salt) == 16
    assert Criteria(b"salt", "é").hash == sha256(b"salt" + "é".encode()).digest()
