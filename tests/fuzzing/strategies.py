"""Requests of every RPC, drawn from the descriptors of the contract, and their bytes, damaged."""

from __future__ import annotations

import string
from collections.abc import Callable, Sequence
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor, MethodDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from hypothesis import strategies as st

from tests.oracle import numbers

DEEPEST = 4
"""The depth to which messages contain messages."""

_NISS = ("85673003360", *(numbers.niss(1985, 67, day, 1) for day in (2, 9, 30)), "00000000000", "85073003328")
_NUMBERS = ("0999999922", "0206731645", "0316380841", "0999999999")
_CODES = ("HEALTH_INSURANCE", "PENSION", "SOCIAL_AID", "HEALTH", "X" * 64)
_DAYS = (
    "2024-01-01",
    "2024-12-31",
    "2024-02-30",
    "0001-01-01",
    "9999-12-31",
    "1968-06-00",
    "1968-00-00",
    "2024-1-1",
)
_IDS = ("00000000-0000-4000-8000-000000000000", "{00000000-0000-4000-8000-000000000000}")
_OTHERS = (
    "raas.v1.RegisterService/FindRegisters",
    "PERSON_IDENTITY",
    "2026-01",
    "Peeters",
    "name",
    "display_name",
    "2024",
    "\u0000",
    "\u202e",
    "𝔄" * 40,
    "-1",
    "%",
    "{x}",
    "'; --",
)
_HINTS: Sequence[tuple[str, tuple[str, ...]]] = (
    ("niss", _NISS),
    ("replaced", _NISS),
    ("dossier_type", _CODES),
    ("code", _CODES),
    ("register", _NUMBERS),
    ("number", _NUMBERS),
    ("caller", _NUMBERS),
    ("mandatary", _NUMBERS),
    ("partner", _NUMBERS),
    ("organisation", _NUMBERS),
    ("date", _DAYS),
    ("begin", _DAYS),
    ("end", _DAYS),
    ("valid", _DAYS),
    ("active", _DAYS),
    ("day", _DAYS),
    ("_id", _IDS),
    ("month", ("2026-01", "2026-12", "2026-13", "0000-00")),
)
"""Values for fields in whose name a word appears; the first word counts."""

_EVERY_TEXT = (*_NISS, *_NUMBERS, *_CODES, *_DAYS, *_IDS, *_OTHERS, "")
_WHOLE = (0, 1, -1, 2, 3, 10, 100, 1_000, 1_001, 2**31 - 1, -(2**31))
_LONG = (*_WHOLE, 2**63 - 1, -(2**63), 253_402_300_800, -62_135_596_801)


def requests(method: MethodDescriptor) -> st.SearchStrategy[Message]:
    """Requests of an RPC, most of them wrong in some way."""
    return _messages(method.input_type, DEEPEST)


def damaged(method: MethodDescriptor) -> st.SearchStrategy[bytes]:
    """Bytes of requests of an RPC in which some are cut, replaced or added; and any bytes."""
    written = requests(method).map(lambda request: request.SerializeToString())
    return st.one_of(
        st.binary(max_size=60),
        st.builds(replace_bytes, written, st.integers(0, 300), st.integers(0, 20), st.binary(max_size=12)),
        st.builds(lambda a, b: a + b, written, written),
    )


def replace_bytes(written: bytes, start: int, length: int, by: bytes) -> bytes:
    """The bytes, with `length` of them from `start` on replaced."""
    start = min(start, len(written))
    return written[:start] + by + written[start + length :]


def _messages(descriptor: Descriptor, depth: int) -> st.SearchStrategy[Message]:
    make: Callable[[], Message] = GetMessageClass(descriptor)
    fields = [field for field in descriptor.fields if depth or field.message_type is None]

    @st.composite
    def message(draw: st.DrawFn) -> Message:
        made = make()
        if not fields:
            return made
        # Most fields are there, so that a refusal of one does not hide those behind it.
        left_out = draw(st.sets(st.sampled_from(range(len(fields))), max_size=max(1, len(fields) // 3)))
        for index, field in enumerate(fields):
            if index not in left_out:
                _set(draw, made, field, depth)
        return made

    return message()


def _set(draw: st.DrawFn, message: Message, field: FieldDescriptor, depth: int) -> None:
    if field.message_type is not None and field.message_type.GetOptions().map_entry:
        labels = draw(
            st.dictionaries(st.sampled_from(("en", "fr", "nl", "de", "xx", "")), _texts(field), max_size=3)
        )
        if field.message_type.fields_by_name["value"].message_type is None:
            getattr(message, field.name).update(labels)
        return
    count = draw(st.sampled_from((0, 1, 1, 2, 3))) if field.is_repeated else 1
    values = [draw(_values(field, depth)) for _ in range(count)]
    if field.is_repeated:
        getattr(message, field.name).extend(values)
    elif field.message_type is not None:
        getattr(message, field.name).CopyFrom(values[0])
    else:
        setattr(message, field.name, values[0])


def _values(field: FieldDescriptor, depth: int) -> st.SearchStrategy[Any]:
    if field.message_type is not None:
        return _messages(field.message_type, depth - 1)
    match field.type:
        case FieldDescriptor.TYPE_STRING:
            return _texts(field)
        case FieldDescriptor.TYPE_BYTES:
            return st.binary(max_size=40)
        case FieldDescriptor.TYPE_BOOL:
            return st.booleans()
        case FieldDescriptor.TYPE_ENUM:
            known = [value.number for value in field.enum_type.values]
            return st.sampled_from([*known, *known, 99, -1])
        case FieldDescriptor.TYPE_DOUBLE | FieldDescriptor.TYPE_FLOAT:
            return st.floats()
        case FieldDescriptor.TYPE_INT32:
            return st.sampled_from(_WHOLE)
        case FieldDescriptor.TYPE_INT64:
            return st.sampled_from(_LONG)
    raise NotImplementedError(field.full_name)


def _texts(field: FieldDescriptor) -> st.SearchStrategy[str]:
    likely = next((values for word, values in _HINTS if word in field.name), _EVERY_TEXT)
    return st.one_of(
        st.sampled_from(likely),
        st.sampled_from(likely),
        st.sampled_from(_EVERY_TEXT),
        st.text(max_size=20),
        st.text(alphabet=string.digits, min_size=9, max_size=12),
    )
