"""Admissions of organisations in requests and answers."""

from __future__ import annotations

from raas.domain.calendar.day import day_text
from raas.domain.errors import Reason, Violation
from raas.domain.numbers.enterprise_number import enterprise_number_text
from raas.domain.rights.admission import Admission
from raas.rpc.wire.fields import Faults, read_text
from raas.rpc.wire.filters import read_day
from raas.rpc.wire.mutations.columns import timestamp_of
from raas.rpc.wire.rights.grants import read_mandatory_number
from raas.usecases.admin.admissions import NewAdmission
from raas.v1 import administration_service_pb2 as v1
from raas.v1 import admission_pb2

CONTACT_LIMIT = 256
NORMS_LIMIT = 64


def read_new_admission(request: v1.SetAdmissionRequest, faults: Faults) -> NewAdmission | None:
    """The admission to set."""
    number = read_mandatory_number("enterprise_number", request.enterprise_number, faults)
    adviser = _text("security_adviser", request.security_adviser, CONTACT_LIMIT, faults)
    officer = _text("data_protection_officer", request.data_protection_officer, CONTACT_LIMIT, faults)
    norms = _text("norms_version", request.norms_version, NORMS_LIMIT, faults)
    last = None
    if request.valid_until:
        last = read_day("valid_until", request.valid_until, faults)
    else:
        faults.append(Violation("valid_until", Reason.REQUIRED))
    if number is None or adviser is None or officer is None or norms is None or last is None:
        return None
    return NewAdmission(number, adviser, officer, norms, last, request.suspended)


def admission_message(admission: Admission) -> admission_pb2.Admission:
    """An admission as a message."""
    message = admission_pb2.Admission(
        id=str(admission.id),
        enterprise_number=enterprise_number_text(admission.organisation),
        security_adviser=admission.security_adviser,
        data_protection_officer=admission.data_protection_officer,
        norms_version=admission.norms_version,
        valid_until=day_text(admission.valid_until),
        suspended=admission.suspended,
        set_by=enterprise_number_text(admission.granted_by),
        set_time=timestamp_of(admission.grant_time),
    )
    if admission.revoked_by is not None and admission.revoke_time is not None:
        message.replaced_by = enterprise_number_text(admission.revoked_by)
        message.replace_time.CopyFrom(timestamp_of(admission.revoke_time))
    return message


def _text(field: str, text: str, limit: int, faults: Faults) -> str | None:
    if text:
        return read_text(field, text, limit, faults)
    faults.append(Violation(field, Reason.REQUIRED))
    return None
