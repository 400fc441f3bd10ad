"""The number that identifies an organisation in the Crossroads Bank for Enterprises (CBE, BCE, KBO)."""

from __future__ import annotations

from typing import NewType

from raas.domain.errors import Reason
from raas.domain.invalid import Invalid

EnterpriseNumber = NewType("EnterpriseNumber", int)
"""The ten digits as a number."""


def parse_enterprise_number(text: str) -> EnterpriseNumber:
    """The enterprise number written as exactly ten ASCII digits, without `BE` or separators.

    The first digit is 0 or 1 (2 to 8 number the business units of an enterprise); the last two are
    97 - (the first eight mod 97). Raises `Invalid` with ENTERPRISE_NUMBER_MALFORMED and one sentence
    per cause.
    """
    if len(text) != 10 or not (text.isascii() and text.isdigit()):
        raise _malformed("ENTERPRISE_NUMBER_FORMAT")
    if text[0] not in "01":
        raise _malformed("ENTERPRISE_NUMBER_FIRST_DIGIT")
    number = int(text)
    eight, check = divmod(number, 100)
    if 97 - eight % 97 != check:
        raise _malformed("ENTERPRISE_NUMBER_CHECK_DIGITS")
    return EnterpriseNumber(number)


def enterprise_number_text(number: EnterpriseNumber) -> str:
    """The ten digits of the number."""
    return f"{number:010d}"


def _malformed(sentence: str) -> Invalid:
    return Invalid(Reason.ENTERPRISE_NUMBER_MALFORMED, sentence)
