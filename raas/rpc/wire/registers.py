"""Registers and dossier types in requests and answers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from google.protobuf.field_mask_pb2 import FieldMask

from raas.domain.calendar.day import day_text
from raas.domain.calendar.duration import duration_text
from raas.domain.environment import Environment
from raas.domain.errors import Reason, Violation
from raas.domain.numbers.enterprise_number import EnterpriseNumber, enterprise_number_text
from raas.domain.numbers.network_code import network_code_violations
from raas.domain.registers.dossier_type import DossierType, IdentityChanges, parse_dossier_type
from raas.domain.registers.register import Register
from raas.rpc.wire.dossiers import partner_text
from raas.rpc.wire.fields import Faults, read_enterprise_number, read_enum, read_text, within_limit
from raas.usecases.ports.registers import CHANGEABLE
from raas.v1 import administration_service_pb2, dossier_type_pb2, register_pb2

NAME_LIMIT = 256
MASK_LIMIT = 100
LABELS_LIMIT = 16

_FIELD = "dossier_type"
_FIELD_NAME = re.compile(r"[a-z_.*]{1,64}")
_PARTNER_CODES = ("partner_sector", "partner_institution")
_CHANGEABLE = (
    "labels",
    "quality_code",
    "partner",
    "active_from",
    "active_until",
    "identity_changes",
    *_PARTNER_CODES,
    "keep_after_end",
)


def register_message(register: Register, environment: Environment) -> register_pb2.Register:
    """A register as a message; `environment` is that of the server."""
    message = register_pb2.Register(
        enterprise_number=enterprise_number_text(register.enterprise_number),
        name=register.name,
        log_id=str(register.log_id),
        revision=register.revision,
        oldest_revision=register.oldest_revision,
        dossier_count=register.dossier_count,
        checksum=register.checksum,
        environment=register_pb2.Environment.Value(f"ENVIRONMENT_{environment.name}"),
        sector=register.sector,
        institution=register.institution,
    )
    message.create_time.FromDatetime(register.create_time)
    return message


def read_new_register(
    request: administration_service_pb2.CreateRegisterRequest, faults: Faults
) -> tuple[EnterpriseNumber | None, str | None, int | None, int | None]:
    """The number, the name, the sector and the institution of a register to create."""
    return (
        _owner("enterprise_number", request.enterprise_number, faults),
        _name("name", request.name, faults),
        _code("sector", request.sector if request.HasField("sector") else None, faults),
        _code("institution", request.institution if request.HasField("institution") else None, faults),
    )


def read_changed_register(
    request: administration_service_pb2.UpdateRegisterRequest, faults: Faults
) -> tuple[EnterpriseNumber | None, Mapping[str, str | int | None]]:
    """The number of a register, and the fields that the mask names with their new values."""
    if not request.HasField("register"):
        faults.append(Violation("register", Reason.REQUIRED))
        return None, {}
    register = request.register
    number = _owner("register.enterprise_number", register.enterprise_number, faults)
    masked = masked_fields(request.update_mask, CHANGEABLE, ("enterprise_number",), faults)
    changes: dict[str, str | int | None] = {}
    if "name" in masked:
        changes["name"] = _name("register.name", register.name, faults)
    if "sector" in masked:
        sector = register.sector if register.HasField("sector") else None
        changes["sector"] = _code("register.sector", sector, faults)
    if "institution" in masked:
        institution = register.institution if register.HasField("institution") else None
        changes["institution"] = _code("register.institution", institution, faults)
    return number, changes


def dossier_type_message(dossier_type: DossierType) -> dossier_type_pb2.DossierType:
    """A dossier type as a message; `identity_changes` is always set."""
    keep = dossier_type.keep_after_end
    return dossier_type_pb2.DossierType(
        code=dossier_type.code,
        labels=dossier_type.labels,
        quality_code=dossier_type.quality_code,
        partner=partner_text(dossier_type.partner),
        active_from=None if dossier_type.active_from is None else day_text(dossier_type.active_from),
        active_until=None if dossier_type.active_until is None else day_text(dossier_type.active_until),
        identity_changes=dossier_type.identity_changes.value,  # type: ignore[arg-type]
        partner_sector=dossier_type.partner_sector,
        partner_institution=dossier_type.partner_institution,
        keep_after_end=None if keep is None else duration_text(keep),
    )


def read_dossier_type(message: dossier_type_pb2.DossierType, faults: Faults) -> DossierType | None:
    """A dossier type to create."""
    parsed = parse_dossier_type(_FIELD, message.code, **_values(message, _CHANGEABLE, faults))
    if isinstance(parsed, list):
        faults.extend(parsed)
        return None
    return parsed


def read_dossier_type_changes(
    message: dossier_type_pb2.DossierType, mask: FieldMask, faults: Faults
) -> Mapping[str, Any]:
    """The fields that the mask names, with their new values as `parse_dossier_type` takes them."""
    masked = masked_fields(mask, _CHANGEABLE, ("code",), faults)
    changes = _values(message, masked, faults)
    parsed = parse_dossier_type(_FIELD, message.code, **{"labels": {}, **changes})
    if isinstance(parsed, list):
        faults.extend(parsed)
    return changes


def _values(message: dossier_type_pb2.DossierType, names: tuple[str, ...], faults: Faults) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name in names:
        if name == "labels":
            fits = within_limit(f"{_FIELD}.labels", message.labels, faults, LABELS_LIMIT)
            values[name] = dict(message.labels) if fits else {}
        elif name == "identity_changes":
            changes = IdentityChanges.WHILE_KNOWN
            if message.identity_changes:
                field = f"{_FIELD}.{name}"
                changes = read_enum(field, message.identity_changes, IdentityChanges, faults) or changes
            values[name] = changes
        else:
            values[name] = getattr(message, name) if message.HasField(name) else None  # type: ignore[arg-type]
    return values


def masked_fields(
    mask: FieldMask, changeable: tuple[str, ...], fixed: tuple[str, ...], faults: Faults
) -> tuple[str, ...]:
    """The changeable fields that a mask names, each once; other paths, or none, are violations."""
    if not mask.paths:
        faults.append(Violation("update_mask", Reason.REQUIRED))
    if not within_limit("update_mask", mask.paths, faults, MASK_LIMIT):
        return ()
    for path in dict.fromkeys(mask.paths):
        if path in fixed:
            faults.append(Violation("update_mask", Reason.VALUE_INVALID, "IMMUTABLE_FIELD"))
        elif path not in changeable:
            # The path is repeated only when it can be the name of a field, not data about a person.
            named = {"path": path} if _FIELD_NAME.fullmatch(path) else {}
            faults.append(Violation("update_mask", Reason.VALUE_INVALID, "MASK_PATH_UNKNOWN", named))
    return tuple(name for name in changeable if name in mask.paths)


def _owner(field: str, text: str, faults: Faults) -> EnterpriseNumber | None:
    if not text:
        faults.append(Violation(field, Reason.REQUIRED))
        return None
    return read_enterprise_number(field, text, faults)


def _code(field: str, code: int | None, faults: Faults) -> int | None:
    faults.extend(network_code_violations(field, code))
    return code


def _name(field: str, text: str, faults: Faults) -> str | None:
    if not text:
        faults.append(Violation(field, Reason.REQUIRED))
        return None
    return read_text(field, text, NAME_LIMIT, faults)
