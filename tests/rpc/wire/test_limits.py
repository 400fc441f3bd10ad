"""The limits of messages, counted on their bytes, against messages that protobuf has written."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from google.protobuf.message import DecodeError
from hypothesis import given
from hypothesis import strategies as st

from raas.domain.errors import Refused
from raas.rpc.services.catalogue import SERVICES
from raas.rpc.wire.limits import HOPELESS, request_limits
from raas.v1 import identity_pb2, mutation_stream_pb2, person_pb2, person_service_pb2
from raas.v1 import register_service_pb2 as v1

LIMITS = request_limits(SERVICES)
NAMES = 32
MASK = 100
LIST = 1_000


def counted(message: Any) -> list[str]:
    """The fields that are refused in a message as protobuf writes it."""
    rpc = next(
        f"/{service.full_name}/{method.name}"
        for service in SERVICES
        for method in service.methods
        if method.input_type.full_name == message.DESCRIPTOR.full_name
    )
    raw = message.SerializeToString()
    assert type(message).FromString(raw) == message
    if len(raw) <= LIMITS[rpc].harmless_bytes:
        return []
    try:
        for _ in LIMITS[rpc].count(raw):
            pass
    except Refused as refused:
        return [violation.field for violation in refused.violations]
    return []


@given(st.integers(0, 3 * NAMES), st.text(max_size=3))
def test_list_in_a_message_is_refused_above_twice_its_limit(count: int, name: str) -> None:
    claim = identity_pb2.IdentityClaim(first_names=[name] * count)
    expected = ["identity.first_names"] if count > HOPELESS * NAMES else []
    assert counted(v1.InscribeRequest(identity=claim)) == expected
    assert counted(person_service_pb2.ConfrontIdentityRequest(niss="1", identity=claim)) == expected


@given(st.integers(0, 3 * MASK), st.sampled_from(["", "partner"]))
def test_mask_is_refused_above_twice_its_limit(count: int, path: str) -> None:
    request = v1.UpdateDossierTypeRequest(update_mask={"paths": [path] * count})
    assert counted(request) == (["update_mask"] if count > HOPELESS * MASK else [])


@pytest.mark.parametrize("count", [HOPELESS * LIST, HOPELESS * LIST + 1])
def test_packed_numbers_are_counted_by_themselves(count: int) -> None:
    request = mutation_stream_pb2.SubscribeRequest(kinds=[300] * count)  # type: ignore[list-item]
    assert counted(request) == (["kinds"] if count > HOPELESS * LIST else [])


def test_list_split_over_repeated_messages_is_counted_as_one() -> None:
    part = v1.InscribeRequest(identity={"first_names": ["A"] * NAMES}).SerializeToString()
    with pytest.raises(Refused) as raised:
        list(LIMITS["/raas.v1.RegisterService/Inscribe"].count(part * 3))
    assert [violation.field for violation in raised.value.violations] == ["identity.first_names"]


def test_list_in_a_row_does_not_refuse_the_message() -> None:
    person = person_pb2.Person(identity={"first_names": ["A"] * 200})
    assert counted(person_service_pb2.ImportPersonsRequest(persons=[person] * LIST)) == []


@given(st.binary(max_size=300), st.sampled_from(sorted(LIMITS)))
def test_any_bytes_are_counted_or_refused(raw: bytes, rpc: str) -> None:
    with suppress(Refused, DecodeError):
        for _ in LIMITS[rpc].count(raw):
            pass


@pytest.mark.parametrize(
    "raw",
    [
        b"\x08",
        b"\x0a\x05abc",
        b"\x0a\xff",
        b"\xff" * 11,
        b"\x0b\x0c",
        b"\x0d\x00",
        b"\x09\x00",
        b"\x08" + b"\xff" * 10,
    ],
)
def test_bytes_that_are_cut_off_or_no_fields_are_unreadable(raw: bytes) -> None:
    with pytest.raises(DecodeError):
        list(LIMITS["/raas.v1.RegisterService/GetRegister"].count(raw))
