"""A number by which an index leaves out persons whose given names cannot fit.

Each given name sets one of 61 bits, chosen by its first two sounds (phonetics.py): Pieter, Petra and Peter
the same one. Two lists of given names that have a name in common, however it is spelled, nearly always share
a bit; two that have none rarely do. Of whom no given name is known, or a mere initial, all bits are set.

Used where the birth date of a question narrows little: there it spares four records out of five.
"""

from __future__ import annotations

from collections.abc import Iterable

from raas.domain.names.phonetics import name_parts, sounds

_SOUNDS = "AFJKLMNPRST"
_BITS = 61
ANYBODY = (1 << _BITS) - 1
"""The signature of somebody of whom no given name is known."""


def given_signature(first_names: Iterable[str]) -> int:
    """The signature of a person with these given names; `ANYBODY` when they say too little."""
    signature = 0
    for name in first_names:
        for part in name_parts(name):
            codes = sounds(part)
            if len(part) == 1 or not codes:
                return ANYBODY
            for code in codes:
                signature |= _bit(code)
    return signature or ANYBODY


def signature_probe(names: Iterable[str]) -> int:
    """What the signature of a person must share a bit with to be looked at; 0 when anybody must be.

    Also the bits of the names with one of their first three sounds left out, for slips of the pen.
    """
    probe = 0
    for name in names:
        for part in name_parts(name):
            codes = sounds(part)
            if len(part) == 1 or not codes:
                return 0
            for code in codes:
                probe |= _bit(code)
                if len(code) > 1:
                    probe |= _bit(code[1:]) | _bit(code[0] + code[2:])
    return probe


def _bit(code: str) -> int:
    first = _SOUNDS.index(code[0])
    second = _SOUNDS.index(code[1]) if len(code) > 1 else len(_SOUNDS)
    return 1 << (first * (len(_SOUNDS) + 1) + second) % _BITS
