"""The sex of a person: in a message it is known or not there, in the domain it may be unknown too."""

from __future__ import annotations

from collections.abc import Mapping

from raas.domain.errors import Reason, Violation
from raas.domain.persons.identity import Sex
from raas.rpc.wire.fields import Faults
from raas.v1 import identity_pb2

_SEXES: Mapping[int, Sex] = {identity_pb2.SEX_FEMALE: Sex.FEMALE, identity_pb2.SEX_MALE: Sex.MALE}

SEX_NUMBERS = {Sex.FEMALE: identity_pb2.SEX_FEMALE, Sex.MALE: identity_pb2.SEX_MALE}
"""The number of a sex in messages; one that is not known has none."""


def read_sex(field: str, number: int, faults: Faults) -> Sex | None:
    """The sex in a field that is there."""
    sex = _SEXES.get(number)
    if sex is None:
        faults.append(Violation(field, Reason.VALUE_INVALID, "ENUM_UNKNOWN"))
    return sex
