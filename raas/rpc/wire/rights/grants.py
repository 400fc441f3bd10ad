"""Mandates and role grants in requests and answers."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from enum import Enum
from typing import Literal, Protocol, TypeVar
from uuid import UUID

from raas.domain.calendar.day import day_text
from raas.domain.errors import Reason, Violation
from raas.domain.numbers.enterprise_number import EnterpriseNumber, enterprise_number_text
from raas.domain.rights.mandate import Mandate, MandatePermission
from raas.domain.rights.role import Role, RoleGrant
from raas.domain.rights.validity import ALWAYS, Validity, parse_validity
from raas.domain.rights.view import Content
from raas.rpc.wire.fields import (
    LIST_LIMIT,
    Faults,
    read_codes,
    read_enterprise_number,
    read_enum,
    read_text,
    within_limit,
)
from raas.rpc.wire.filters import read_day
from raas.rpc.wire.mutations.columns import timestamp_of
from raas.usecases.admin.mandates import NewMandate
from raas.usecases.admin.roles import NewGrant
from raas.v1 import administration_service_pb2 as v1
from raas.v1 import mandate_pb2, role_pb2

ENUM_LIMIT = 16
LEGAL_BASIS_LIMIT = 256
RPC_LIMIT = 128
LEGAL_CONTEXT_LIMIT = 64
REASON_LIMIT = 256
TICKET_LIMIT = 64
LONGEST_HOURS = 4

_Value = TypeVar("_Value", bound=Enum)


class HasValidity(Protocol):
    """A request with the fields `valid_from` and `valid_until`."""

    valid_from: str
    valid_until: str

    def HasField(self, field_name: Literal["valid_from", "valid_until"]) -> bool:  # noqa: N802 - of protobuf
        """Whether an optional field is there."""


class AsksForDay(Protocol):
    """A request with the field `active_on`."""

    active_on: str

    def HasField(self, field_name: Literal["active_on"]) -> bool:  # noqa: N802 - of protobuf
        """Whether an optional field is there."""


def read_new_mandate(request: v1.GrantMandateRequest, faults: Faults) -> NewMandate:
    """The mandate to grant."""
    permissions = _enums("permissions", request.permissions, MandatePermission, faults)
    if not request.permissions:
        faults.append(Violation("permissions", Reason.REQUIRED))
    return NewMandate(
        read_mandatory_number("mandatary", request.mandatary, faults),
        permissions,
        tuple(dict.fromkeys(read_codes("dossier_types", request.dossier_types, faults))),
        _enums("contents", request.contents, Content, faults),
        read_validity(request, faults),
        read_text("legal_basis", request.legal_basis, LEGAL_BASIS_LIMIT, faults)
        if request.HasField("legal_basis")
        else None,
    )


def read_new_grant(request: v1.GrantRoleRequest, rpcs: Container[str], faults: Faults) -> NewGrant | None:
    """The role to grant; `rpcs` are the names of all RPCs (`/raas.v1.RegisterService/Consult`)."""
    number = read_mandatory_number("enterprise_number", request.enterprise_number, faults)
    role = None
    if request.role:
        role = read_enum("role", request.role, Role, faults)
    else:
        faults.append(Violation("role", Reason.REQUIRED))
    organisations = _numbers("organisations", request.organisations, faults)
    names = read_rpcs(request.rpcs, rpcs, faults)
    codes = read_codes("dossier_types", request.dossier_types, faults)
    contexts = _texts("legal_contexts", request.legal_contexts, LEGAL_CONTEXT_LIMIT, faults)
    validity = read_validity(request, faults)
    if number is None or role is None:
        return None
    return NewGrant(
        number,
        role,
        frozenset(organisations),
        frozenset(names),
        frozenset(codes) or None,
        frozenset(contexts) or None,
        validity,
    )


def read_rpcs(texts: Sequence[str], rpcs: Container[str], faults: Faults) -> Sequence[str]:
    """The RPCs in the field `rpcs`, as full names with a slash before; `rpcs` are the names of all."""
    names = [f"/{name}" for name in _texts("rpcs", texts, RPC_LIMIT, faults)]
    for index, name in enumerate(names):
        if name not in rpcs:
            faults.append(Violation(f"rpcs[{index}]", Reason.VALUE_INVALID, "RPC_UNKNOWN"))
    return names


def read_id(field: str, text: str, faults: Faults) -> UUID | None:
    """A UUID in a mandatory field."""
    if not text:
        faults.append(Violation(field, Reason.REQUIRED))
        return None
    try:
        # UUID accepts other forms too, such as braces.
        if len(text) == len("00000000-0000-4000-8000-000000000000"):
            return UUID(text)
    except ValueError:
        pass
    faults.append(Violation(field, Reason.VALUE_INVALID))
    return None


def read_mandatory_number(field: str, text: str, faults: Faults) -> EnterpriseNumber | None:
    """The enterprise number in a mandatory field."""
    if not text:
        faults.append(Violation(field, Reason.REQUIRED))
        return None
    return read_enterprise_number(field, text, faults)


def read_active_on(request: AsksForDay, faults: Faults) -> int | None:
    """The day of a list; None = all rights."""
    return read_day("active_on", request.active_on, faults) if request.HasField("active_on") else None


def read_break_glass(request: v1.BreakGlassRequest, faults: Faults) -> tuple[str | None, str | None, int]:
    """The reason, the ticket and the hours."""
    texts: list[str | None] = []
    for field, text, limit in (
        ("reason", request.reason, REASON_LIMIT),
        ("ticket", request.ticket, TICKET_LIMIT),
    ):
        if text:
            texts.append(read_text(field, text, limit, faults))
        else:
            texts.append(None)
            faults.append(Violation(field, Reason.REQUIRED))
    if not 1 <= request.hours <= LONGEST_HOURS:
        limits = {"minimum": "1", "maximum": str(LONGEST_HOURS)}
        faults.append(Violation("hours", Reason.VALUE_INVALID, "OUT_OF_RANGE", limits))
    reason, ticket = texts
    return reason, ticket, request.hours


def mandate_message(mandate: Mandate) -> mandate_pb2.Mandate:
    """A mandate as a message."""
    message = mandate_pb2.Mandate(
        id=str(mandate.id),
        register=enterprise_number_text(mandate.register),
        mandatary=enterprise_number_text(mandate.mandatary),
        permissions=sorted(each.value for each in mandate.permissions),  # type: ignore[misc]
        dossier_types=sorted(mandate.dossier_types or ()),
        contents=sorted(each.value for each in mandate.contents),  # type: ignore[misc]
        valid_from=optional_day(mandate.validity.first),
        valid_until=optional_day(mandate.validity.last),
        legal_basis=mandate.legal_basis,
        granted_by=enterprise_number_text(mandate.granted_by),
        grant_time=timestamp_of(mandate.grant_time),
        reason=mandate.reason,
        ticket=mandate.ticket,
    )
    if mandate.revoked_by is not None and mandate.revoke_time is not None:
        message.revoked_by = enterprise_number_text(mandate.revoked_by)
        message.revoke_time.CopyFrom(timestamp_of(mandate.revoke_time))
    if mandate.expire_time is not None:
        message.expire_time.CopyFrom(timestamp_of(mandate.expire_time))
    return message


def grant_message(grant: RoleGrant) -> role_pb2.RoleGrant:
    """A role grant as a message."""
    message = role_pb2.RoleGrant(
        id=str(grant.id),
        enterprise_number=enterprise_number_text(grant.organisation),
        role=grant.role.value,  # type: ignore[arg-type]
        organisations=map(enterprise_number_text, sorted(grant.organisations)),
        rpcs=(name.removeprefix("/") for name in sorted(grant.rpcs)),
        dossier_types=sorted(grant.dossier_types or ()),
        legal_contexts=sorted(grant.legal_contexts or ()),
        valid_from=optional_day(grant.validity.first),
        valid_until=optional_day(grant.validity.last),
        granted_by=enterprise_number_text(grant.granted_by),
        grant_time=timestamp_of(grant.grant_time),
        awaits_confirmation=not grant.is_confirmed and grant.revoke_time is None,
    )
    if grant.confirmed_by is not None and grant.confirm_time is not None:
        message.confirmed_by = enterprise_number_text(grant.confirmed_by)
        message.confirm_time.CopyFrom(timestamp_of(grant.confirm_time))
    if grant.revoked_by is not None and grant.revoke_time is not None:
        message.revoked_by = enterprise_number_text(grant.revoked_by)
        message.revoke_time.CopyFrom(timestamp_of(grant.revoke_time))
    return message


def read_validity(request: HasValidity, faults: Faults) -> Validity:
    """The days from `valid_from` through `valid_until`."""
    parsed = parse_validity(
        request.valid_from if request.HasField("valid_from") else None,
        request.valid_until if request.HasField("valid_until") else None,
    )
    if isinstance(parsed, Validity):
        return parsed
    faults.extend(parsed)
    return ALWAYS


def _enums(field: str, numbers: Sequence[int], kind: type[_Value], faults: Faults) -> frozenset[_Value]:
    if not within_limit(field, numbers, faults, ENUM_LIMIT):
        return frozenset()
    read = (read_enum(f"{field}[{index}]", number, kind, faults) for index, number in enumerate(numbers))
    return frozenset(each for each in read if each is not None)


def _numbers(field: str, texts: Sequence[str], faults: Faults) -> Iterable[EnterpriseNumber]:
    if not within_limit(field, texts, faults, LIST_LIMIT):
        return ()
    read = [read_enterprise_number(f"{field}[{index}]", text, faults) for index, text in enumerate(texts)]
    return [number for number in read if number is not None]


def _texts(field: str, texts: Sequence[str], limit: int, faults: Faults) -> Sequence[str]:
    if not within_limit(field, texts, faults, LIST_LIMIT):
        return ()
    read = [read_text(f"{field}[{index}]", text, limit, faults) for index, text in enumerate(texts)]
    return [text for text in read if text is not None]


def optional_day(day: int | None) -> str | None:
    """A day of validity; None = absent."""
    return None if day is None else day_text(day)
