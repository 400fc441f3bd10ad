"""The answers of operations: what was done, or would have been."""

from __future__ import annotations

from raas.domain.dossier import Change, InscribeOutcome
from raas.domain.enterprise_number import EnterpriseNumber, enterprise_number_text
from raas.domain.niss import niss_text
from raas.rpc.wire.dossiers import partner_text, period_messages
from raas.rpc.wire.violations import notice_messages, violation_messages
from raas.usecases.importing import ImportAnswer
from raas.usecases.write_operations import Applied, BatchAnswer, Rejected
from raas.v1 import dossier_pb2, register_service_pb2


def inscribe_response(
    register: EnterpriseNumber, applied: Applied, language: str
) -> register_service_pb2.InscribeResponse:
    """The answer of Inscribe; the numbers of the outcomes are those of the domain."""
    return register_service_pb2.InscribeResponse(
        dossier=_dossier(register, applied),
        outcome=applied.change.outcome.value,
        absorbed=period_messages(applied.change.gone),
        revision=applied.revision,
        replaced_niss=_replaced(applied),
        notices=notice_messages(applied.notices, language),
    )


def remove_response(
    register: EnterpriseNumber, applied: Applied, language: str
) -> register_service_pb2.RemoveResponse:
    """The answer of Remove."""
    return register_service_pb2.RemoveResponse(
        dossier=_dossier(register, applied),
        outcome=applied.change.outcome.value,
        removed=period_messages(applied.change.gone),
        revision=applied.revision,
        replaced_niss=_replaced(applied),
        notices=notice_messages(applied.notices, language),
    )


def batch_response(
    register: EnterpriseNumber, answer: BatchAnswer, language: str
) -> register_service_pb2.ApplyBatchResponse:
    """The answer of ApplyBatch: one result per operation, in their order."""
    return register_service_pb2.ApplyBatchResponse(
        results=[_result(register, result, language) for result in answer.results], revision=answer.revision
    )


def import_response(answer: ImportAnswer, language: str) -> register_service_pb2.ImportResponse:
    """The answer to one message of an import."""
    return register_service_pb2.ImportResponse(
        through_offset=answer.through_offset,
        applied=answer.applied,
        unchanged=answer.unchanged,
        rejected=[
            register_service_pb2.RejectedOperation(
                offset=offset, violations=violation_messages(violations, language)
            )
            for offset, violations in answer.rejected
        ],
        revision=answer.revision,
    )


def _result(
    register: EnterpriseNumber, result: Applied | Rejected, language: str
) -> register_service_pb2.BatchResult:
    if isinstance(result, Rejected):
        rejection = register_service_pb2.BatchRejection(
            violations=violation_messages(result.violations, language)
        )
        return register_service_pb2.BatchResult(rejected=rejection)
    if _inscribed(result.change):
        return register_service_pb2.BatchResult(inscribe=inscribe_response(register, result, language))
    return register_service_pb2.BatchResult(remove=remove_response(register, result, language))


def _inscribed(change: Change) -> bool:
    return isinstance(change.outcome, InscribeOutcome)


def _dossier(register: EnterpriseNumber, applied: Applied) -> dossier_pb2.Dossier:
    return dossier_pb2.Dossier(
        register=enterprise_number_text(register),
        niss=niss_text(applied.niss),
        dossier_type=applied.dossier_type,
        periods=period_messages(applied.change.after),
        revision=applied.dossier_revision,
        partner=partner_text(applied.partner),
    )


def _replaced(applied: Applied) -> str | None:
    return None if applied.requested_niss is None else niss_text(applied.requested_niss)
