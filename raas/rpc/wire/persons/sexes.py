"""The sex of a person: in messages it is absent when it is unknown, in the domain it has a value for that."""

from __future__ import annotations

from collections.abc import Mapping

from raas.domain.errors import Reason, Violation
from raas.domain.persons.identity import Sex
from raas.rpc.wire.fields import Faults
from raas.v1 import identity_pb2

_SEXES: Mapping[int, Sex] = {identity_pb2.SEX_FEMALE: Sex.FEMALE, identity_pb2.SEX_MALE: Sex.MALE}

SEX_NUMBERS = {Sex.FEMALE: identity_pb2.SEX_FEMALE, Sex.MALE: identity_pb2.SEX_MALE}
"""The number of each known sex in messages."""


def read_sex(field: str, number: int, faults: Faults) -> Sex | None:
    """The sex in a field that is present."""
    sex = _SEXES.get(number)
    if sex is None:
        faults.append(Violation(field, Reason.VALUE_INVALID, "ENUM_UNKNOWN"))
    return sex
