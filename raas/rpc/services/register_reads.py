"""RegisterService: the calls that read."""

# ruff: noqa: N802 - methods have the names that the contract, or protobuf, gives them

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import ExitStack, aclosing
from itertools import chain
from typing import cast

from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.numbers.niss import Niss
from raas.rpc.calls.context import current
from raas.rpc.calls.scope import RequestScope, refuse_faults, together
from raas.rpc.services.use_cases import UseCases
from raas.rpc.wire.decisions import check_response, read_checks, routing_response, stale_message
from raas.rpc.wire.dossiers import dossiers_bytes, resolved_messages
from raas.rpc.wire.encoding import SerializedMessage, text_tag
from raas.rpc.wire.explanations import explanation_response
from raas.rpc.wire.fields import check_page_size, read_code, read_codes, read_niss, read_register
from raas.rpc.wire.filters import read_as_of, read_at_time, read_filter, read_mandatory_day, read_when
from raas.rpc.wire.mutations.messages import mutation_message
from raas.rpc.wire.registers import register_message
from raas.usecases.reads.check import Check
from raas.usecases.reads.consult import ExportPart
from raas.v1 import register_service_pb2 as v1

_CONSULTED = text_tag(v1.ConsultResponse.DOSSIERS_FIELD_NUMBER)
_EXPORTED = text_tag(v1.ExportResponse.DOSSIERS_FIELD_NUMBER)


class RegisterReads:
    """Everything of RegisterService that is a question."""

    def __init__(self, use_cases: UseCases, scope: RequestScope) -> None:
        self._use_cases = use_cases
        self._scope = scope

    async def GetRegister(self, request: v1.GetRegisterRequest, context: object) -> v1.GetRegisterResponse:
        """Tell the name, the revision and the size of a register."""
        request_context = current()
        with self._scope.access.audit_scope(request_context.call) as audit_scope:
            faults = list(request_context.faults)
            number = read_register(request, faults)
            register = await self._scope.admit_to_see(audit_scope, number, faults)
            refuse_faults(faults)
            return v1.GetRegisterResponse(register=register_message(register))

    async def Consult(self, request: v1.ConsultRequest, context: object) -> SerializedMessage:
        """List the dossiers that match a filter."""
        request_context = current()
        with self._scope.access.audit_scope(request_context.call) as audit_scope:
            faults = list(request_context.faults)
            number = read_register(request, faults)
            which = read_filter(request, self._scope.rules(), faults)
            as_of = read_as_of(request, faults)
            check_page_size(request.page_size, faults)
            audit_scope.nisses = which.nisses
            register = await self._scope.admit(audit_scope, number, faults)
            if faults:
                refuse_faults(
                    together(faults, await self._use_cases.consult.violations(register, which, as_of))
                )
            answer = await self._use_cases.consult.page(
                request_context.call, register, which, as_of, request.page_size, request.page_token
            )
            successors = (successor for _, successor in answer.resolved)
            audit_scope.nisses = chain(
                which.nisses, successors, (dossier.niss for dossier in answer.dossiers)
            )
            rest = v1.ConsultResponse(
                next_page_token=answer.next_page_token,
                revision=answer.revision,
                resolved=resolved_messages(answer.resolved),
            )
            dossiers = dossiers_bytes(_CONSULTED, register.enterprise_number, answer.dossiers)
            return dossiers + rest.SerializeToString()

    async def Export(
        self, request: v1.ExportRequest, context: object
    ) -> AsyncGenerator[SerializedMessage, None]:
        """Stream all dossiers that match a filter."""
        request_context = current()
        access = self._scope.access
        with access.audit_scope(request_context.call) as audit_scope:
            faults = list(request_context.faults)
            number = read_register(request, faults)
            which = read_filter(request, self._scope.rules(), faults)
            as_of = read_as_of(request, faults)
            audit_scope.nisses = which.nisses
            register = await self._scope.admit(audit_scope, number, faults)
            if faults:
                refuse_faults(
                    together(faults, await self._use_cases.consult.violations(register, which, as_of))
                )
            owner = register.enterprise_number
            parts = cast(
                AsyncGenerator[ExportPart, None],
                self._use_cases.consult.export(request_context.call, register, which, as_of),
            )
            async with aclosing(parts):
                async for part in parts:
                    shown = (dossier.niss for dossier in part.dossiers)
                    access.note(request_context.call, owner, shown, None, "OK")
                    rest = v1.ExportResponse(revision=part.revision)
                    yield dossiers_bytes(_EXPORTED, owner, part.dossiers) + rest.SerializeToString()

    async def GetHistory(self, request: v1.GetHistoryRequest, context: object) -> v1.GetHistoryResponse:
        """List the mutations of one person."""
        request_context = current()
        with self._scope.access.audit_scope(request_context.call) as audit_scope:
            faults = list(request_context.faults)
            number = read_register(request, faults)
            niss = read_niss("niss", request.niss, self._scope.rules(), faults)
            code = None
            if request.HasField("dossier_type"):
                code = read_code("dossier_type", request.dossier_type, faults)
            check_page_size(request.page_size, faults)
            audit_scope.nisses = () if niss is None else (niss,)
            register = await self._scope.admit(audit_scope, number, faults)
            if faults and code is not None:
                faults = together(faults, await self._use_cases.history.violations(register, code))
            refuse_faults(faults)
            assert niss is not None
            answer = await self._use_cases.history.page(
                request_context.call, register, niss, code, request.page_size, request.page_token
            )
            recorded = (m.niss for m in answer.mutations if m.niss is not None)
            audit_scope.nisses = dict.fromkeys(chain((niss,), *answer.resolved, recorded))
            if answer.mutations:
                audit_scope.revisions = answer.mutations[0].revision, answer.mutations[-1].revision
            return v1.GetHistoryResponse(
                mutations=[mutation_message(mutation) for mutation in answer.mutations],
                next_page_token=answer.next_page_token,
                resolved=resolved_messages(answer.resolved),
            )

    async def ExplainDossier(
        self, request: v1.ExplainDossierRequest, context: object
    ) -> v1.ExplainDossierResponse:
        """Say why a person is, or is not, known on a day."""
        request_context = current()
        with self._scope.access.audit_scope(request_context.call) as audit_scope:
            faults = list(request_context.faults)
            number = read_register(request, faults)
            niss = read_niss("niss", request.niss, self._scope.rules(), faults)
            code = None
            if request.HasField("dossier_type"):
                code = read_code("dossier_type", request.dossier_type, faults)
            day = read_mandatory_day("day", request.day, faults)
            at_time = read_at_time(request, faults)
            audit_scope.nisses = () if niss is None else (niss,)
            register = await self._scope.admit(audit_scope, number, faults)
            if faults:
                found = await self._use_cases.explain.violations(register, code, at_time)
                refuse_faults(together(faults, found))
            assert niss is not None
            assert day is not None
            explanation = await self._use_cases.explain.explain(
                request_context.call, register, niss, code, day, at_time
            )
            audit_scope.nisses = (niss, *explanation.numbers)
            if explanation.mutation is not None:
                audit_scope.revisions = explanation.mutation.revision, explanation.mutation.revision
            return explanation_response(explanation, request_context.call.language)

    async def CheckInscriptions(
        self, request: v1.CheckInscriptionsRequest, context: object
    ) -> v1.CheckInscriptionsResponse:
        """Decide whether persons are inscribed."""
        request_context = current()
        faults = list(request_context.faults)
        checks = read_checks(request, self._scope.rules(), faults)
        at_time = read_at_time(request, faults)
        with ExitStack() as visits:
            # One visit per register, so that its owner sees who looked.
            shown = _by_register(checks)
            for number, nisses in shown.items() or ((None, ()),):
                audit_scope = visits.enter_context(self._scope.access.audit_scope(request_context.call))
                audit_scope.register, audit_scope.nisses = number, nisses
            numbers = (check.register for check in checks.values())
            admit = await self._scope.access.admission(request_context.call, numbers)
            if faults:
                refuse_faults(
                    together(faults, await self._use_cases.check.violations(checks, at_time, admit))
                )
            answer = await self._use_cases.check.decide(request_context.call, checks, at_time, admit)
            for check, decision in zip(checks.values(), answer.decisions, strict=True):
                if decision.successor_niss is not None:
                    shown[check.register].append(decision.successor_niss)
            return check_response(checks, answer)

    async def FindRegisters(
        self, request: v1.FindRegistersRequest, context: object
    ) -> v1.FindRegistersResponse:
        """Find the registers that know a person."""
        request_context = current()
        with self._scope.access.audit_scope(request_context.call) as audit_scope:
            self._scope.access.require(request_context.call)
            faults = list(request_context.faults)
            niss = read_niss("niss", request.niss, self._scope.rules(), faults)
            codes = read_codes("dossier_types", request.dossier_types, faults)
            active_on, overlaps = read_when("", request, faults)
            at_time = read_at_time(request, faults)
            audit_scope.nisses = () if niss is None else (niss,)
            if faults and niss is not None:
                found = await self._use_cases.routing.violations(request_context.call, niss, at_time)
                faults = together(faults, found)
            refuse_faults(faults)
            assert niss is not None
            answer = await self._use_cases.routing.find(
                request_context.call, niss, codes, active_on, overlaps, at_time
            )
            audit_scope.nisses = dict.fromkeys(chain((niss,), *answer.resolved))
            return routing_response(answer)

    async def ListStaleNiss(
        self, request: v1.ListStaleNissRequest, context: object
    ) -> v1.ListStaleNissResponse:
        """List registered numbers that the source does not keep active."""
        request_context = current()
        with self._scope.access.audit_scope(request_context.call) as audit_scope:
            faults = list(request_context.faults)
            number = read_register(request, faults)
            check_page_size(request.page_size, faults)
            register = await self._scope.admit(audit_scope, number, faults)
            refuse_faults(faults)
            stale, token = await self._use_cases.stale.page(
                request_context.call, register, request.page_size, request.page_token
            )
            audit_scope.nisses = (each.niss for each in stale)
            return v1.ListStaleNissResponse(
                stale=[stale_message(each) for each in stale], next_page_token=token
            )


def _by_register(checks: Mapping[int, Check]) -> dict[EnterpriseNumber, list[Niss]]:
    nisses: dict[EnterpriseNumber, list[Niss]] = {}
    for check in checks.values():
        nisses.setdefault(check.register, []).append(check.niss)
    return nisses
