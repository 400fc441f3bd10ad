"""The limits of a request message, checked on its bytes before it is parsed.

Parsing a message of millions of tiny elements holds the event loop for seconds and takes hundreds of
megabytes. So the elements of every list, map and mask with `(raas.v1.max_items)` are counted first, and all
encoded fields together: a message has at most one for each `BYTES_PER_FIELD` bytes of its
`(raas.v1.max_bytes)`.

A list of up to twice its limit is parsed: its reader refuses it together with everything else that is wrong
with the request, once the caller is authorised. A list inside the elements of another list is not counted by
itself, so that an import rejects one row and not the message.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass

from google.protobuf.descriptor import Descriptor, FieldDescriptor, ServiceDescriptor
from google.protobuf.message import DecodeError

from raas.domain.errors import Reason, Refused, Violation, refuse
from raas.v1 import options_pb2

BYTES_PER_FIELD = 20
HOPELESS = 2
"""Times its limit, a list is not read at all."""

_SLICE = 10_000
"""Fields counted before other tasks run: some milliseconds."""
_SMALL = 256
"""Bytes of a message inside another that is not looked into: it has no more than half as many fields."""
_LONGEST_VARINT = 10
_VARINT, _FIXED_64, _LENGTH_DELIMITED, _FIXED_32 = 0, 1, 2, 5
_CONTINUED = bytes(range(0x80, 0x100))
_BATCHES = ("operations", "checks", "persons")
_MASK = "google.protobuf.FieldMask"


def request_limits(services: Iterable[ServiceDescriptor]) -> Mapping[str, MessageLimits]:
    """The limits of the requests of every RPC of these services, by its full name."""
    return {
        f"/{service.full_name}/{method.name}": MessageLimits(method.input_type)
        for service in services
        for method in service.methods
    }


class MessageLimits:
    """The limits of one kind of request."""

    def __init__(self, message: Descriptor) -> None:
        self.max_bytes: int = message.GetOptions().Extensions[options_pb2.max_bytes]
        if not self.max_bytes:
            raise ValueError(f"{message.full_name} declares no max_bytes")
        self._fields = _fields(message, "")
        self._max_fields = self.max_bytes // BYTES_PER_FIELD
        bounds = [field.limit for field in _all(self._fields) if field.limit]
        # A field takes two bytes at least.
        self.harmless_bytes = 2 * min([*(HOPELESS * bound for bound in bounds), self._max_fields])
        """Up to this size a message needs no counting."""

    def check_size(self, raw: bytes) -> None:
        """Raise Refused MESSAGE_TOO_LARGE for more than `max_bytes` bytes."""
        if len(raw) > self.max_bytes:
            raise refuse(Reason.MESSAGE_TOO_LARGE, limit=str(self.max_bytes), size=str(len(raw)))

    def count(self, raw: bytes) -> Generator[None, None, None]:
        """Count the fields of a message; yields now and then, so that other tasks can run.

        Raises Refused BATCH_TOO_LARGE, VALUE_INVALID or MESSAGE_TOO_LARGE; DecodeError when the bytes cannot
        be a message. Counting stops soon after a limit is passed.
        """
        try:
            yield from self._count(raw)
        except IndexError:
            raise DecodeError("the message is cut off") from None

    def _count(self, raw: bytes) -> Generator[None, None, None]:
        total = 0
        counts: dict[_Field, int] = {}
        pending: list[tuple[int, int, Mapping[int, _Field]]] = [(0, len(raw), self._fields)]
        while pending:
            position, end, known = pending.pop()
            while position < end:
                total += 1
                if total > self._max_fields:
                    raise refuse(
                        Reason.MESSAGE_TOO_LARGE, sentence="TOO_MANY_FIELDS", limit=str(self._max_fields)
                    )
                if total % _SLICE == 0:
                    yield
                tag = raw[position]
                position += 1
                if tag > 0x7F:
                    tag, position = _varint(raw, position - 1)
                field = known.get(tag >> 3)
                kind = tag & 7
                begin = position
                if kind == _LENGTH_DELIMITED:
                    length = raw[position]
                    position += 1
                    if length > 0x7F:
                        length, position = _varint(raw, position - 1)
                    begin, position = position, position + length
                elif kind == _VARINT:
                    _, position = _varint(raw, position)
                elif kind == _FIXED_32:
                    position += 4
                elif kind == _FIXED_64:
                    position += 8
                else:
                    raise DecodeError("the contract has no groups")
                if position > end:
                    raise DecodeError("a field is longer than its message")
                if field is None:
                    continue
                if field.limit:
                    packed = field.packed and kind == _LENGTH_DELIMITED
                    # The bytes of a varint but for its last one have the highest bit.
                    added = len(raw[begin:position].translate(None, _CONTINUED)) if packed else 1
                    count = counts[field] = counts.get(field, 0) + added
                    if count > HOPELESS * field.limit:
                        raise Refused([_too_many(field)])
                if (
                    position > begin
                    and field.inside is not None
                    and (field.exact or (kind == _LENGTH_DELIMITED and position - begin > _SMALL))
                ):
                    pending.append((begin, position, field.inside))


@dataclass(frozen=True, slots=True, eq=False)
class _Field:
    """A field that is a list or a message.

    `limit` 0: its elements are not counted by themselves. `inside`: the fields of a message. `exact`: these
    include lists that are counted, so the message is looked into whatever its size.
    """

    path: str
    limit: int
    packed: bool
    inside: Mapping[int, _Field] | None
    exact: bool


def _fields(message: Descriptor, path: str, *, in_element: bool = False) -> Mapping[int, _Field]:
    fields: dict[int, _Field] = {}
    for field in message.fields:
        name, kind = path + field.name, field.message_type
        limit = 0 if in_element else int(field.GetOptions().Extensions[options_pb2.max_items])
        inside: Mapping[int, _Field] | None = None
        if kind is not None and kind.full_name == _MASK:
            inside = {kind.fields_by_name["paths"].number: _Field(name, limit, False, None, False)}
            limit = 0
        elif kind is not None:
            inside = _fields(kind, f"{name}.", in_element=in_element or field.is_repeated)
        if limit or inside is not None:
            packed = kind is None and field.cpp_type != FieldDescriptor.CPPTYPE_STRING
            exact = inside is not None and any(each.limit or each.exact for each in inside.values())
            fields[field.number] = _Field(name, limit, packed, inside, exact)
    return fields


def _all(fields: Mapping[int, _Field]) -> Iterator[_Field]:
    for field in fields.values():
        yield field
        yield from _all(field.inside or {})


def _varint(raw: bytes, position: int) -> tuple[int, int]:
    """The number that begins at a position, and the position after it."""
    number = 0
    for index in range(_LONGEST_VARINT):
        byte = raw[position + index]
        number |= (byte & 0x7F) << (7 * index)
        if byte < 0x80:
            return number, position + index + 1
    raise DecodeError("a number is too long")


def _too_many(field: _Field) -> Violation:
    limit = {"limit": str(field.limit)}
    if field.path in _BATCHES:
        return Violation(field.path, Reason.BATCH_TOO_LARGE, values=limit)
    return Violation(field.path, Reason.VALUE_INVALID, "LIST_TOO_LONG", limit)
