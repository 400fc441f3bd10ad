"""Requests that are legal for gRPC and made to hold up the server, for every RPC of the contract."""

from __future__ import annotations

from collections.abc import Iterator

from google.protobuf.descriptor import Descriptor, FieldDescriptor, MethodDescriptor

MEBIBYTE = 1024 * 1024
UNKNOWN_FIELD = 1_000


def hostile_requests(method: MethodDescriptor, size: int) -> Iterator[tuple[str, bytes]]:
    """Requests of about `size` bytes, each with a name."""
    yield "empty unknown fields", _repeat(_field(UNKNOWN_FIELD, b""), size)
    yield "small unknown numbers", _repeat(_key(UNKNOWN_FIELD, 0) + b"\x01", size)
    yield "deep nesting", _nested(size)
    yield "one long number", b"\x08" + b"\xff" * (size - 1)
    yield "no message", b"\xff" * size
    yield "groups", _repeat(_key(UNKNOWN_FIELD, 3) + _key(UNKNOWN_FIELD, 4), size)
    yield from _of_message(method.input_type, size)


def _of_message(message: Descriptor, size: int) -> Iterator[tuple[str, bytes]]:
    """Requests of the fields of a message; fields that several requests share have one name."""
    for field in message.fields:
        name = field.full_name
        kind = field.message_type
        if kind is not None:
            yield f"{name} again and again", _repeat(_field(field.number, b""), size)
            for inner, content in _of_message(kind, max(1, size - 10)):
                yield inner, _field(field.number, content)
            if field.is_repeated:
                # As many as are allowed, each with as much as fits.
                for inner, content in _of_message(kind, max(1, size // 1_000 - 10)):
                    yield f"many of {inner}", _repeat(_field(field.number, content), size)
        elif field.type in (FieldDescriptor.TYPE_STRING, FieldDescriptor.TYPE_BYTES):
            yield f"{name} long", _field(field.number, b"1" * max(1, size - 10))
            yield f"{name} again and again", _repeat(_field(field.number, b"A"), size)
        else:
            yield f"{name} again and again", _repeat(_key(field.number, 0) + b"\x01", size)
            if field.is_repeated:
                yield f"{name} packed", _field(field.number, b"\x01" * max(1, size - 10))


def _repeat(part: bytes, size: int) -> bytes:
    return part * max(1, size // len(part))


def _nested(size: int) -> bytes:
    content = b""
    while len(content) < min(size, 60_000):
        content = _field(1, content)
    return _repeat(content, size)


def _field(number: int, content: bytes) -> bytes:
    return _key(number, 2) + _varint(len(content)) + content


def _key(number: int, kind: int) -> bytes:
    return _varint(number << 3 | kind)


def _varint(number: int) -> bytes:
    written = bytearray()
    while number > 0x7F:
        written.append(number & 0x7F | 0x80)
        number >>= 7
    written.append(number)
    return bytes(written)
