"""The answers of operations, applied or only validated, as the bytes of their messages."""

from __future__ import annotations

from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.numbers.niss import niss_text
from raas.domain.registers.dossier import InscribeOutcome, RemoveOutcome
from raas.rpc.wire.dossiers import dossier_bytes
from raas.rpc.wire.encoding import lines_bytes, nested, number_tag, text_tag, varint
from raas.rpc.wire.fields import ROW_VIOLATIONS
from raas.rpc.wire.rejected_rows import rejected_rows
from raas.rpc.wire.violations import notice_messages, violation_messages
from raas.usecases.writes.imports import ImportAnswer
from raas.usecases.writes.results import Applied, BatchAnswer, Rejected
from raas.v1 import register_service_pb2

_Inscribed = register_service_pb2.InscribeResponse
_Result = register_service_pb2.BatchResult


# The answers of Inscribe and Remove have the same fields under the same numbers (tested).
_DOSSIER = text_tag(_Inscribed.DOSSIER_FIELD_NUMBER)
_OUTCOME = number_tag(_Inscribed.OUTCOME_FIELD_NUMBER)
_GONE = text_tag(_Inscribed.ABSORBED_FIELD_NUMBER)
_REVISION = number_tag(_Inscribed.REVISION_FIELD_NUMBER)
_OUTCOMES = {outcome: _OUTCOME + varint(outcome.value) for outcome in (*InscribeOutcome, *RemoveOutcome)}

_RESULTS = text_tag(register_service_pb2.ApplyBatchResponse.RESULTS_FIELD_NUMBER)
_BATCH_REVISION = number_tag(register_service_pb2.ApplyBatchResponse.REVISION_FIELD_NUMBER)
_LAST_ONLY = number_tag(register_service_pb2.ApplyBatchResponse.LAST_DOSSIERS_ONLY_FIELD_NUMBER)
_INSCRIBE, _REMOVE = text_tag(_Result.INSCRIBE_FIELD_NUMBER), text_tag(_Result.REMOVE_FIELD_NUMBER)


def applied_bytes(register: EnterpriseNumber, applied: Applied, language: str) -> bytes:
    """The answer of Inscribe or of Remove; the numbers of the outcomes are those of the domain."""
    dossier = dossier_bytes(
        register,
        applied.niss,
        applied.dossier_type,
        applied.partner,
        applied.lines if applied.whole else (),
        applied.dossier_revision,
    )
    parts = [nested(_DOSSIER, dossier), _OUTCOMES[applied.outcome], lines_bytes(_GONE, applied.gone)]
    if applied.revision:
        parts.append(_REVISION + varint(applied.revision))
    if applied.requested_niss is not None or applied.notices:
        rare = _Inscribed(
            replaced_niss=None if applied.requested_niss is None else niss_text(applied.requested_niss),
            notices=notice_messages(applied.notices, language),
        )
        parts.append(rare.SerializeToString())
    return b"".join(parts)


def batch_bytes(register: EnterpriseNumber, answer: BatchAnswer, language: str) -> bytes:
    """The answer of ApplyBatch: one result per operation, in their order."""
    parts = [nested(_RESULTS, _result(register, result, language)) for result in answer.results]
    if answer.revision:
        parts.append(_BATCH_REVISION + varint(answer.revision))
    if answer.last_dossiers_only:
        parts.append(_LAST_ONLY + varint(1))
    return b"".join(parts)


async def import_response(answer: ImportAnswer, language: str) -> register_service_pb2.ImportResponse:
    """The answer to one message of an import."""
    return register_service_pb2.ImportResponse(
        through_offset=answer.through_offset,
        applied=answer.applied,
        unchanged=answer.unchanged,
        rejected=await rejected_rows(register_service_pb2.RejectedOperation, answer.rejected, language),
        revision=answer.revision,
    )


def _result(register: EnterpriseNumber, result: Applied | Rejected, language: str) -> bytes:
    if isinstance(result, Rejected):
        rejection = register_service_pb2.BatchRejection(
            violations=violation_messages(result.violations[:ROW_VIOLATIONS], language)
        )
        return _Result(rejected=rejection).SerializeToString()
    inscribed = isinstance(result.outcome, InscribeOutcome)
    return nested(_INSCRIBE if inscribed else _REMOVE, applied_bytes(register, result, language))
