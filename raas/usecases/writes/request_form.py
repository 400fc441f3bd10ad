"""The canonical form of Inscribe, Remove and ApplyBatch, from which their fingerprint is made.

Version 1, as JSON; see docs/stored-forms.md:

    {"call": "ONE" | "BATCH", "register": "0999999922", "operations": [operation, …]}

An operation has `action` (INSCRIBE or REMOVE), `niss`, `dossier_type` and, where present, `begin` and
`end` (days as YYYY-MM-DD, inclusive), `period` (false = the whole dossier), `claim` and `policy` (REFUSE).
"""

from __future__ import annotations

from collections.abc import Iterable

from raas.domain.calendar.day import BEGINNING, OPEN, day_text
from raas.domain.json_value import Json
from raas.domain.numbers.enterprise_number import EnterpriseNumber, enterprise_number_text
from raas.domain.numbers.niss import niss_text
from raas.domain.persons.identity import IdentityClaim, Sex
from raas.domain.persons.stored_identity import incomplete_date_text
from raas.domain.registers.operation import Action, Operation
from raas.usecases.calls.fingerprint import fingerprint

_ACTIONS = {Action.INSCRIBE: "INSCRIBE", Action.REMOVE: "REMOVE"}
_SEXES = {Sex.MALE: "MALE", Sex.FEMALE: "FEMALE", Sex.UNKNOWN: "UNKNOWN"}


def one_operation(register: EnterpriseNumber, operation: Operation) -> bytes:
    """The fingerprint of an Inscribe or a Remove."""
    return _fingerprint("ONE", register, (operation,))


def batch_of_operations(register: EnterpriseNumber, operations: Iterable[Operation]) -> bytes:
    """The fingerprint of an ApplyBatch."""
    return _fingerprint("BATCH", register, operations)


def _fingerprint(call: str, register: EnterpriseNumber, operations: Iterable[Operation]) -> bytes:
    return fingerprint(
        {
            "call": call,
            "register": enterprise_number_text(register),
            "operations": [_operation(operation) for operation in operations],
        }
    )


def _operation(operation: Operation) -> Json:
    form: dict[str, Json] = {
        "action": _ACTIONS[operation.action],
        "niss": None if operation.niss is None else niss_text(operation.niss),
        "dossier_type": operation.dossier_type,
    }
    if operation.period is None:
        form["period"] = False
    else:
        if operation.period.begin > BEGINNING:
            form["begin"] = day_text(operation.period.begin)
        if operation.period.end < OPEN:
            form["end"] = day_text(operation.period.end - 1)
    if operation.claim is not None:
        form["claim"] = _claim(operation.claim)
    if operation.refuse_replaced:
        form["policy"] = "REFUSE"
    return form


def _claim(claim: IdentityClaim) -> Json:
    return {
        "last_name": claim.last_name,
        "first_names": list(claim.first_names),
        "birth_date": None if claim.birth_date is None else incomplete_date_text(claim.birth_date),
        "sex": None if claim.sex is None else _SEXES[claim.sex],
    }
