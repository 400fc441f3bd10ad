"""Operations in requests: those of Inscribe and Remove, and the many of ApplyBatch and Import.

Import reads hundreds of thousands of operations. So valid ones are read by a short path; the long path, which
names everything that is wrong, is taken only for the others.
"""

from __future__ import annotations

from collections.abc import Sequence

from raas.domain.bounded_memo import BoundedMemo
from raas.domain.calendar.day import OPEN, parse_day, parse_period
from raas.domain.calendar.incomplete_date import parse_incomplete_date
from raas.domain.calendar.periods import Period
from raas.domain.errors import Reason, Violation
from raas.domain.invalid import Invalid
from raas.domain.persons.identity import IdentityClaim
from raas.domain.registers.operation import Action, Operation
from raas.domain.text import text_violations
from raas.rpc.wire.fields import CODE_LIMIT, ROW_VIOLATIONS, Faults, NissRules, read_code, read_niss
from raas.rpc.wire.persons.sexes import read_sex
from raas.v1 import identity_pb2, inscription_pb2, niss_pb2, period_pb2, register_service_pb2

NAME_LIMIT = 256
FIRST_NAMES_LIMIT = 32

_INSCRIBE, _REMOVE = Action.INSCRIBE, Action.REMOVE
_UNSPECIFIED = niss_pb2.REPLACED_NISS_POLICY_UNSPECIFIED
_FOLLOW = niss_pb2.REPLACED_NISS_POLICY_FOLLOW
_REFUSE = niss_pb2.REPLACED_NISS_POLICY_REFUSE
# Twice as fast as calling the classes.
_operation, _period_of = Operation._make, Period._make
_plain_codes: BoundedMemo[str, bool] = BoundedMemo(lambda code: not text_violations("", code, CODE_LIMIT))
_plain_code = _plain_codes.__getitem__
_NEITHER = Operation(_INSCRIBE, None, None, None, violations=(Violation("", Reason.REQUIRED),))

InscriptionMessage = inscription_pb2.Inscription | register_service_pb2.InscribeRequest
RemovalMessage = inscription_pb2.Removal | register_service_pb2.RemoveRequest


def read_operations(
    messages: Sequence[register_service_pb2.BatchOperation], rules: NissRules
) -> list[Operation]:
    """The operations of a batch, in their order; one that is neither of the two kinds is REQUIRED."""
    operations: list[Operation] = []
    for message in messages:
        if message.HasField("inscribe"):
            inscription = message.inscribe
            plain = _plain_inscription(inscription, rules)
            operations.append(plain or _one_of_many(read_inscription(inscription, rules)))
        elif message.HasField("remove"):
            removal = message.remove
            operations.append(_plain_removal(removal, rules) or _one_of_many(read_removal(removal, rules)))
        else:
            operations.append(_NEITHER)
    return operations


def _one_of_many(operation: Operation) -> Operation:
    """The operation with at most `ROW_VIOLATIONS`."""
    if len(operation.violations) <= ROW_VIOLATIONS:
        return operation
    return operation._replace(violations=operation.violations[:ROW_VIOLATIONS])


def _plain_inscription(message: inscription_pb2.Inscription, rules: NissRules) -> Operation | None:
    """The inscription, or None when it has rare fields or something is wrong: then it takes the long path."""
    if message.replaced_niss_policy or message.HasField("identity"):
        return None
    period = _plain_period(message.period)
    code = message.dossier_type
    if period is None or len(code) > CODE_LIMIT or not _plain_code(code):
        return None
    try:
        niss = rules.parse(message.niss)
    except Invalid:
        return None
    return _operation((_INSCRIBE, niss, code, period, None, False, ()))


def _plain_removal(message: inscription_pb2.Removal, rules: NissRules) -> Operation | None:
    """Like `_plain_inscription`."""
    period = _plain_period(message.period) if message.HasField("period") else None
    code = message.dossier_type
    if message.replaced_niss_policy or len(code) > CODE_LIMIT or not _plain_code(code):
        return None
    if period is None and message.HasField("period"):
        return None
    try:
        niss = rules.parse(message.niss)
    except Invalid:
        return None
    return _operation((_REMOVE, niss, code, period, None, False, ()))


def _plain_period(message: period_pb2.Period) -> Period | None:
    """The period; None when it has no begin or something is wrong with it."""
    begin, end = message.begin, message.end
    try:
        first = parse_day(begin)
        behind = parse_day(end) + 1 if end else OPEN
    except Invalid:
        return None
    if end:
        return _period_of((first, behind)) if first < behind < OPEN else None
    return None if message.HasField("end") or first + 1 == OPEN else _period_of((first, OPEN))


def read_inscription(message: InscriptionMessage, rules: NissRules) -> Operation:
    """An inscription; a field that is wrong is None, and its violation is in `violations`."""
    faults: Faults = []
    niss = read_niss("niss", message.niss, rules, faults)
    code = read_code("dossier_type", message.dossier_type, faults)
    period = None
    if message.HasField("period"):
        period = _period(message.period, faults, begin_required=True)
    else:
        faults.append(Violation("period", Reason.REQUIRED))
    claim = read_claim(message.identity, faults) if message.HasField("identity") else None
    policy = message.replaced_niss_policy
    if policy not in (_UNSPECIFIED, _FOLLOW, _REFUSE):
        faults.append(Violation("replaced_niss_policy", Reason.VALUE_INVALID, "ENUM_UNKNOWN"))
    return Operation(_INSCRIBE, niss, code, period, claim, policy == _REFUSE, tuple(faults))


def read_removal(message: RemovalMessage, rules: NissRules) -> Operation:
    """A removal, of the whole dossier when there is no period; like `read_inscription`."""
    faults: Faults = []
    niss = read_niss("niss", message.niss, rules, faults)
    code = read_code("dossier_type", message.dossier_type, faults)
    period = None
    if message.HasField("period"):
        period = _period(message.period, faults, begin_required=False)
    policy = message.replaced_niss_policy
    if policy not in (_UNSPECIFIED, _FOLLOW, _REFUSE):
        faults.append(Violation("replaced_niss_policy", Reason.VALUE_INVALID, "ENUM_UNKNOWN"))
    return Operation(_REMOVE, niss, code, period, None, policy == _REFUSE, tuple(faults))


def _period(message: period_pb2.Period, faults: Faults, *, begin_required: bool) -> Period | None:
    period = parse_period(
        "period",
        message.begin if message.HasField("begin") else None,
        message.end if message.HasField("end") else None,
        begin_required=begin_required,
    )
    if isinstance(period, list):
        faults.extend(period)
        return None
    return period


def read_claim(message: identity_pb2.IdentityClaim, faults: Faults) -> IdentityClaim:
    """The claimed identity; of a wrong one, the parts that could be read."""
    last_name = None
    if message.HasField("last_name"):
        wrong = text_violations("identity.last_name", message.last_name, NAME_LIMIT)
        faults.extend(wrong)
        last_name = None if wrong else message.last_name
    first_names = tuple(message.first_names[:FIRST_NAMES_LIMIT])
    wrong = []
    if len(message.first_names) > FIRST_NAMES_LIMIT:
        limit = {"limit": str(FIRST_NAMES_LIMIT)}
        wrong.append(Violation("identity.first_names", Reason.VALUE_INVALID, "LIST_TOO_LONG", limit))
    for index, name in enumerate(first_names):
        wrong.extend(text_violations(f"identity.first_names[{index}]", name, NAME_LIMIT))
    if wrong:
        faults.extend(wrong)
        first_names = ()
    birth_date = None
    if message.HasField("birth_date"):
        try:
            birth_date = parse_incomplete_date(message.birth_date)
        except Invalid as invalid:
            faults.append(invalid.at("identity.birth_date"))
    sex = read_sex("identity.sex", message.sex, faults) if message.HasField("sex") else None
    return IdentityClaim(last_name, first_names, birth_date, sex)
