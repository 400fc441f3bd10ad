"""Numbers, names and secrets that tests give to servers, none of which may appear in what a server writes.

They are searched as they are, not by a pattern: digits of a call id may look like a number.
"""

from __future__ import annotations

import re

_DIGITS = re.compile(r"(?<![0-9A-Za-z])[0-9]{11}(?![0-9A-Za-z])")

_numbers: set[str] = set()
_texts: set[str] = {"D'Hondt-Müller", "Anne-Sophie", "Quaghebeur", "Szymański"}


def planted_number(niss: str) -> str:
    """The number, which is searched for from now on."""
    _numbers.add(niss)
    return niss


def planted_text(text: str) -> str:
    """The name or secret, which is searched for from now on."""
    _texts.add(text)
    return text


def planted_values_in(text: str) -> set[str]:
    """The planted values that a text contains; of numbers also their usual punctuation."""
    plain = re.sub(r"(?<=\d)[.\- ](?=\d)", "", text)
    numbers = {*_DIGITS.findall(text), *_DIGITS.findall(plain)} & _numbers
    return numbers | {each for each in _texts if each in text}
