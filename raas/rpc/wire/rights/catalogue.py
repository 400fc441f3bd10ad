"""Legal contexts and blocks of credentials in requests and answers."""

from __future__ import annotations

import re
from collections.abc import Container

from raas.domain.errors import Reason, Violation
from raas.domain.numbers.enterprise_number import enterprise_number_text
from raas.domain.rights.credential_block import BlockedBy, CredentialBlock
from raas.domain.rights.legal_context import LegalContext, is_legal_context
from raas.rpc.wire.fields import Faults, read_codes, read_enterprise_number, read_text
from raas.rpc.wire.filters import read_day
from raas.rpc.wire.mutations.columns import timestamp_of
from raas.rpc.wire.rights.grants import (
    LEGAL_CONTEXT_LIMIT,
    REASON_LIMIT,
    optional_day,
    read_mandatory_number,
    read_rpcs,
    read_validity,
)
from raas.usecases.admin.legal_contexts import NewLegalContext
from raas.v1 import administration_service_pb2 as v1
from raas.v1 import credential_block_pb2, legal_context_pb2

_HASHES = ("fingerprint", "public_key")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_ISSUER_SERIAL = re.compile(r"(?P<issuer>.+=.*):0*(?P<serial>[0-9a-fA-F]+)")
_LONGEST = {"fingerprint": 64, "public_key": 64, "issuer_serial": 1_000, "token_id": 256, "application": 256}


def read_new_legal_context(
    request: v1.AllowLegalContextRequest, rpcs: Container[str], faults: Faults
) -> NewLegalContext | None:
    """The entry to add to the catalogue; `rpcs` are the names of all RPCs."""
    caller = read_mandatory_number("caller", request.caller, faults)
    context = None
    if request.legal_context:
        context = read_text("legal_context", request.legal_context, LEGAL_CONTEXT_LIMIT, faults)
        if context is not None and not is_legal_context(context):
            faults.append(Violation("legal_context", Reason.VALUE_INVALID))
    else:
        faults.append(Violation("legal_context", Reason.REQUIRED))
    names = read_rpcs(request.rpcs, rpcs, faults)
    if not request.rpcs:
        faults.append(Violation("rpcs", Reason.REQUIRED))
    codes = read_codes("dossier_types", request.dossier_types, faults)
    validity = read_validity(request, faults)
    confidential = None
    if request.HasField("confidential_until"):
        confidential = read_day("confidential_until", request.confidential_until, faults)
    if caller is None or context is None:
        return None
    return NewLegalContext(
        caller, context, frozenset(names), frozenset(codes) or None, validity, confidential
    )


def legal_context_message(context: LegalContext) -> legal_context_pb2.LegalContext:
    """An entry of the catalogue as a message."""
    message = legal_context_pb2.LegalContext(
        id=str(context.id),
        caller=enterprise_number_text(context.organisation),
        legal_context=context.legal_context,
        rpcs=(name.removeprefix("/") for name in sorted(context.rpcs)),
        dossier_types=sorted(context.dossier_types or ()),
        valid_from=optional_day(context.validity.first),
        valid_until=optional_day(context.validity.last),
        confidential_until=optional_day(context.confidential_until),
        granted_by=enterprise_number_text(context.granted_by),
        grant_time=timestamp_of(context.grant_time),
    )
    if context.revoked_by is not None and context.revoke_time is not None:
        message.revoked_by = enterprise_number_text(context.revoked_by)
        message.revoke_time.CopyFrom(timestamp_of(context.revoke_time))
    return message


def read_new_block(request: v1.BlockCredentialRequest, faults: Faults) -> tuple[BlockedBy, str, str] | None:
    """The feature to block, its value, and the reason."""
    reason = None
    if request.reason:
        reason = read_text("reason", request.reason, REASON_LIMIT, faults)
    else:
        faults.append(Violation("reason", Reason.REQUIRED))
    field = request.WhichOneof("subject")
    if field is None:
        faults.append(Violation("subject", Reason.REQUIRED))
        return None
    value = _feature(field, getattr(request, field), faults)
    return None if value is None or reason is None else (BlockedBy[field.upper()], value, reason)


def block_message(block: CredentialBlock) -> credential_block_pb2.CredentialBlock:
    """A block as a message."""
    message = credential_block_pb2.CredentialBlock(
        id=str(block.id),
        reason=block.reason,
        blocked_by=enterprise_number_text(block.granted_by),
        block_time=timestamp_of(block.grant_time),
    )
    setattr(message, block.feature.name.lower(), block.value)
    if block.revoked_by is not None and block.revoke_time is not None:
        message.unblocked_by = enterprise_number_text(block.revoked_by)
        message.unblock_time.CopyFrom(timestamp_of(block.revoke_time))
    return message


def _feature(field: str, text: str, faults: Faults) -> str | None:
    if field == "enterprise_number":
        number = read_enterprise_number(field, text, faults)
        return None if number is None else enterprise_number_text(number)
    if not text:
        faults.append(Violation(field, Reason.REQUIRED))
        return None
    value = read_text(field, text, _LONGEST[field], faults)
    if value is None:
        return None
    if field == "issuer_serial" and (found := _ISSUER_SERIAL.fullmatch(value)):
        # In the form in which a credential has it: another one would block nothing.
        return f"{found['issuer']}:{found['serial'].lower()}"
    if field == "issuer_serial" or (field in _HASHES and not _SHA256.fullmatch(value)):
        faults.append(Violation(field, Reason.VALUE_INVALID))
        return None
    return value
