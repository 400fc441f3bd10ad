"""Checking an operation against the state of the register, collecting all violations."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from raas.domain.calendar.periods import Lines
from raas.domain.errors import Reason, Refused, Violation
from raas.domain.numbers.niss import Niss, niss_text
from raas.domain.persons.status import PersonState, PersonStatus
from raas.domain.registers.dossier_type import DossierType
from raas.domain.registers.operation import Action, Operation
from raas.usecases.ports.write_store import DossierKey

_ACTIVE, _REPLACED, _CANCELLED = PersonStatus.ACTIVE, PersonStatus.REPLACED, PersonStatus.CANCELLED
_INSCRIBE = Action.INSCRIBE


def dossier_key(
    operation: Operation,
    persons: Mapping[Niss, PersonState],
    types: Mapping[str, tuple[int, DossierType]],
    lines: Callable[[DossierKey], Lines],
) -> DossierKey:
    """The dossier that an operation changes: that of the final successor of its number.

    `lines` returns the lines of a dossier. Raises Refused with all violations, of shape and of state.
    """
    # The fast path of nearly every row of an import: an active number, and no violation.
    niss, code, period = operation.niss, operation.dossier_type, operation.period
    if niss is not None and code is not None and not operation.violations:
        person, entry = persons.get(niss), types.get(code)
        if person is not None and person.status is _ACTIVE and entry is not None:
            type_id, dossier_type = entry
            if operation.action is not _INSCRIBE or (period and dossier_type.admits(period.begin)):
                return niss, type_id
    return _key_or_violations(operation, persons, types, lines)


def _key_or_violations(
    operation: Operation,
    persons: Mapping[Niss, PersonState],
    types: Mapping[str, tuple[int, DossierType]],
    lines: Callable[[DossierKey], Lines],
) -> DossierKey:
    violations = list(operation.violations)
    niss = operation.niss
    unknown = False
    inscribes = operation.action is _INSCRIBE
    if niss is not None:
        person = persons.get(niss)
        if person is not None and person.status is _REPLACED and person.successor is not None:
            if operation.refuse_replaced:
                values = {"successor": niss_text(person.successor)}
                violations.append(Violation("niss", Reason.NISS_REPLACED, values=values))
            niss = person.successor
            person = persons.get(niss, person)
        if person is None:
            unknown = True
        elif person.status is _CANCELLED and inscribes:
            violations.append(Violation("niss", Reason.NISS_CANCELLED))
    type_id = 0
    if operation.dossier_type is not None:
        entry = types.get(operation.dossier_type)
        if entry is None:
            violations.append(Violation("dossier_type", Reason.DOSSIER_TYPE_UNKNOWN))
        else:
            type_id, dossier_type = entry
            if inscribes and operation.period and not dossier_type.admits(operation.period.begin):
                violations.append(dossier_type.closed("period.begin"))
    # Lines under a number that the source does not know can still be removed.
    if unknown and (inscribes or niss is None or not lines((niss, type_id))):
        violations.insert(0, Violation("niss", Reason.NISS_UNKNOWN))
    if violations or niss is None:
        raise Refused(violations)
    return niss, type_id
