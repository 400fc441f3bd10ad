"""Serialisation of messages by joining the bytes of their parts.

The bytes of a message are those of its fields, one after the other; a nested message is the tag of its field,
its length and its bytes. Parts that repeat (days, dossier types, a register) are serialised once and kept:
creating a message object for every line would take most of the time of an answer with many lines.
"""

from __future__ import annotations

from raas.domain.bounded_memo import BoundedMemo
from raas.domain.calendar.day import OPEN, day_text
from raas.domain.calendar.periods import Lines
from raas.v1 import period_pb2

_VARINT, _LENGTH_DELIMITED = 0, 2
_DAY = len("2024-01-01")


def text_tag(field_number: int) -> bytes:
    """The tag of a text or message field, which its length follows. For field numbers 1 to 15."""
    return bytes([field_number << 3 | _LENGTH_DELIMITED])


def number_tag(field_number: int) -> bytes:
    """The tag of a number field, which a `varint` follows. For field numbers 1 to 15."""
    return bytes([field_number << 3 | _VARINT])


def varint(number: int) -> bytes:
    """The encoding of a number that is not negative: seven bits per byte, lowest first."""
    if number < 0x80:
        return bytes((number,))
    if number < 0x4000:
        return bytes((number & 0x7F | 0x80, number >> 7))
    written = bytearray()
    while number > 0x7F:
        written.append(number & 0x7F | 0x80)
        number >>= 7
    written.append(number)
    return bytes(written)


def nested(tag: bytes, message: bytes) -> bytes:
    """A message, or a text, as a field of another message."""
    return tag + varint(len(message)) + message


def lines_bytes(tag: bytes, lines: Lines) -> bytes:
    """Lines as the elements of a repeated Period field with this tag."""
    open_period, period = tag + _OPEN_PERIOD, tag + _PERIOD
    return b"".join(
        [
            open_period + _day(begin) if end >= OPEN else b"".join((period, _day(begin), _END, _day(end - 1)))
            for begin, end in lines
        ]
    )


def _day_bytes(day: int) -> bytes:
    return day_text(day).encode()


_day = BoundedMemo(_day_bytes).__getitem__
_BEGIN = text_tag(period_pb2.Period.BEGIN_FIELD_NUMBER) + varint(_DAY)
_END = text_tag(period_pb2.Period.END_FIELD_NUMBER) + varint(_DAY)
_OPEN_PERIOD = varint(len(_BEGIN) + _DAY) + _BEGIN
_PERIOD = varint(len(_BEGIN) + _DAY + len(_END) + _DAY) + _BEGIN
