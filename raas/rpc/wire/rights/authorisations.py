"""Authorisations in requests and answers."""

from __future__ import annotations

from collections.abc import Sequence

from raas.domain.errors import Reason, Violation
from raas.domain.numbers.enterprise_number import enterprise_number_text
from raas.domain.rights.authorisation import SERVICE_FIELDS, Authorisation
from raas.domain.rights.legal_context import is_legal_context
from raas.domain.rights.validity import ALWAYS, Validity, parse_validity
from raas.rpc.wire.fields import (
    LIST_LIMIT,
    Faults,
    read_codes,
    read_optional_number,
    read_text,
    within_limit,
)
from raas.rpc.wire.mutations.columns import timestamp_of
from raas.rpc.wire.rights.grants import LEGAL_CONTEXT_LIMIT, optional_day
from raas.usecases.admin.authorisations import NewAuthorisation
from raas.v1 import authorisation_pb2
from raas.v1 import distribution_service_pb2 as v1

SERVICE_LIMIT = 64
DELIBERATION_LIMIT = 256


def read_new_authorisation(request: v1.GrantAuthorisationRequest, faults: Faults) -> NewAuthorisation:
    """The authorisation to grant."""
    service = _mandatory_text("service", request.service, SERVICE_LIMIT, faults)
    if service and service not in SERVICE_FIELDS:
        faults.append(Violation("service", Reason.SERVICE_UNKNOWN))
    partner = read_optional_number("partner", request, faults)
    codes = tuple(dict.fromkeys(read_codes("dossier_types", request.dossier_types, faults)))
    deliberation = _mandatory_text("deliberation", request.deliberation, DELIBERATION_LIMIT, faults)
    legal_context = None
    if request.HasField("legal_context"):
        legal_context = read_text("legal_context", request.legal_context, LEGAL_CONTEXT_LIMIT, faults)
        if legal_context is not None and not is_legal_context(legal_context):
            faults.append(Violation("legal_context", Reason.VALUE_INVALID))
    _require_known("event_types", request.event_types, frozenset(), faults)
    _require_known("fields", request.fields, SERVICE_FIELDS.get(service), faults)
    fields = frozenset(request.fields) or None
    return NewAuthorisation(
        service, deliberation, partner, codes, legal_context, fields, _validity(request, faults)
    )


def read_service(request: v1.ListAuthorisationsRequest, faults: Faults) -> str | None:
    """The service of a list; None = all."""
    if not request.HasField("service"):
        return None
    return read_text("service", request.service, SERVICE_LIMIT, faults)


def authorisation_message(authorisation: Authorisation) -> authorisation_pb2.Authorisation:
    """An authorisation as a message."""
    partner = authorisation.partner
    message = authorisation_pb2.Authorisation(
        id=str(authorisation.id),
        service=authorisation.service,
        register=enterprise_number_text(authorisation.register),
        partner=None if partner is None else enterprise_number_text(partner),
        dossier_types=sorted(authorisation.dossier_types or ()),
        deliberation=authorisation.deliberation,
        legal_context=authorisation.legal_context,
        fields=sorted(authorisation.fields or ()),
        valid_from=optional_day(authorisation.validity.first) or "",
        valid_until=optional_day(authorisation.validity.last),
        granted_by=enterprise_number_text(authorisation.granted_by),
        grant_time=timestamp_of(authorisation.grant_time),
        awaits_confirmation=authorisation.confirm_time is None and authorisation.revoke_time is None,
    )
    if authorisation.confirmed_by is not None and authorisation.confirm_time is not None:
        message.confirmed_by = enterprise_number_text(authorisation.confirmed_by)
        message.confirm_time.CopyFrom(timestamp_of(authorisation.confirm_time))
    if authorisation.revoked_by is not None and authorisation.revoke_time is not None:
        message.revoked_by = enterprise_number_text(authorisation.revoked_by)
        message.revoke_time.CopyFrom(timestamp_of(authorisation.revoke_time))
    return message


def _mandatory_text(field: str, text: str, limit: int, faults: Faults) -> str:
    if not text:
        faults.append(Violation(field, Reason.REQUIRED))
        return ""
    return read_text(field, text, limit, faults) or ""


def _require_known(field: str, names: Sequence[str], known: frozenset[str] | None, faults: Faults) -> None:
    """Refuse names that are not among the known ones; None = these depend on what is wrong already."""
    if known is None or not within_limit(field, names, faults, LIST_LIMIT):
        return
    for index, name in enumerate(names):
        if name not in known:
            faults.append(Violation(f"{field}[{index}]", Reason.VALUE_INVALID))


def _validity(request: v1.GrantAuthorisationRequest, faults: Faults) -> Validity:
    if not request.valid_from:
        faults.append(Violation("valid_from", Reason.REQUIRED))
    parsed = parse_validity(
        request.valid_from or None, request.valid_until if request.HasField("valid_until") else None
    )
    if isinstance(parsed, Validity):
        return parsed
    faults.extend(parsed)
    return ALWAYS
