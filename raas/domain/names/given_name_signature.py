"""A bit set by which an index excludes persons whose given names cannot match.

Each given name sets one of 61 bits, chosen by its first two sounds (phonetics.py): Pieter, Petra and Peter
the same one. Two lists of given names that have a name in common, in any spelling, nearly always share a bit;
two that have none rarely do. All bits are set for a person with no given name, or with a mere initial.

The signature is used when the birth date of a query narrows little: it then excludes four records of five.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from raas.domain.names.given_name_forms import given_name_forms
from raas.domain.names.phonetics import name_parts, sounds
from raas.domain.names.spelling import words

_SOUNDS = "AFJKLMNPRST"
_BITS = 61
ANYBODY = (1 << _BITS) - 1
"""The signature of a person without a known given name."""


def given_signature(first_names: Iterable[str]) -> int:
    """The signature of a person with these given names; `ANYBODY` if they have an initial or no sound."""
    signature = 0
    for name in first_names:
        for part in name_parts(name):
            codes = sounds(part)
            if len(part) == 1 or not codes:
                return ANYBODY
            for code in codes:
                signature |= _bit(code)
    return signature or ANYBODY


def signature_probe(names: Iterable[str], with_forms: bool = False) -> int:
    """The bits of which the signature of a candidate must have one; 0 = every person is a candidate.

    It includes the bits of the names without one of their first three sounds, to tolerate misspellings, and
    on request those of the forms of the names (Wojciech for Wojtek), which admit more persons.
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
        if with_forms:
            probe |= _bits_of_forms(name)
    return probe


@lru_cache(maxsize=16_384)
def _bits_of_forms(name: str) -> int:
    bits = 0
    for spelling in (name, *name.split(), *words(name)):
        for form in given_name_forms(spelling):
            for code in sounds(form):
                bits |= _bit(code)
    return bits


def _bit(code: str) -> int:
    first = _SOUNDS.index(code[0])
    second = _SOUNDS.index(code[1]) if len(code) > 1 else len(_SOUNDS)
    return 1 << (first * (len(_SOUNDS) + 1) + second) % _BITS
