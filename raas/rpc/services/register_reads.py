"""RegisterService: the calls that read one register."""

# ruff: noqa: N802 - methods have the names that the contract, or protobuf, gives them

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import UTC, datetime
from importlib.metadata import version
from itertools import chain
from typing import cast

from raas.rpc.calls.request_scope import RequestScopes, list_page
from raas.rpc.services.use_cases import UseCases
from raas.rpc.wire.audit.audited import dossier_filter_json
from raas.rpc.wire.decisions import stale_message
from raas.rpc.wire.dossiers import dossiers_bytes, resolved_messages
from raas.rpc.wire.encoding import text_tag
from raas.rpc.wire.explanations import explanation_response
from raas.rpc.wire.fields import check_page_size, read_code
from raas.rpc.wire.filters import read_as_of, read_at_time, read_filter, read_mandatory_day
from raas.rpc.wire.mutations.columns import timestamp_of
from raas.rpc.wire.mutations.messages import shown_mutation
from raas.rpc.wire.registers import register_message
from raas.usecases.reads.consult import ExportPart
from raas.v1 import register_service_pb2 as v1

_CONSULTED = text_tag(v1.ConsultResponse.DOSSIERS_FIELD_NUMBER)
_EXPORTED = text_tag(v1.ExportResponse.DOSSIERS_FIELD_NUMBER)


class RegisterReads:
    """GetRegister, Consult, Export, GetHistory, ExplainDossier and ListStaleNiss."""

    def __init__(self, use_cases: UseCases, scopes: RequestScopes) -> None:
        self._use_cases = use_cases
        self._version = version("raas")
        self._access = scopes.access
        self._request = scopes.open

    async def GetRegister(self, request: v1.GetRegisterRequest, context: object) -> v1.GetRegisterResponse:
        """Return the name, the revision and the size of a register."""
        async with self._request(request) as r:
            register = await r.admit_committed()
            r.refuse_faults()
            return v1.GetRegisterResponse(
                register=register_message(register, self._use_cases.environment),
                server_version=self._version,
                server_time=timestamp_of(datetime.now(UTC)),
            )

    async def Consult(self, request: v1.ConsultRequest, context: object) -> bytes:
        """List the dossiers that match a filter; answers a serialised ConsultResponse."""
        async with self._request(request) as r:
            which = read_filter(request, r.rules, r.faults)
            as_of = read_as_of(request, r.faults)
            check_page_size(request.page_size, r.faults)
            r.audit.touched = which.nisses
            register = await r.admit()
            if r.faults:
                r.refuse_faults(await self._use_cases.consult.violations(register, which, as_of))
            await r.name_types(register, which.dossier_types)
            answer = await self._use_cases.consult.page(
                r.call, register, which, as_of, request.page_size, request.page_token
            )
            successors = (successor for _, successor in answer.resolved)
            r.audit.shown = chain(successors, (dossier.niss for dossier in answer.dossiers))
            r.audit.revision = answer.revision
            rest = v1.ConsultResponse(
                next_page_token=answer.next_page_token,
                revision=answer.revision,
                resolved=resolved_messages(answer.resolved),
            )
            dossiers = dossiers_bytes(_CONSULTED, register.enterprise_number, answer.dossiers)
            return dossiers + rest.SerializeToString()

    async def Export(self, request: v1.ExportRequest, context: object) -> AsyncGenerator[bytes, None]:
        """Stream all dossiers that match a filter, as serialised ExportResponses."""
        async with self._request(request) as r:
            which = read_filter(request, r.rules, r.faults)
            as_of = read_as_of(request, r.faults)
            r.audit.touched = which.nisses
            register = await r.admit()
            if r.faults:
                r.refuse_faults(await self._use_cases.consult.violations(register, which, as_of))
            await r.name_types(register, which.dossier_types)
            r.require_bulk_reads()
            parts = cast(
                AsyncGenerator[ExportPart, None],
                self._use_cases.consult.export(r.call, register, which, as_of),
            )
            extents, asked = r.extents(), dossier_filter_json(which, register.view)
            r.audit.read_bulk(asked)
            async with aclosing(parts):
                async for part in parts:
                    if extents is not None:
                        await extents.state(asked, part.revision)
                    r.audit.revision = part.revision
                    r.audit.sent(len(part.dossiers))
                    rest = v1.ExportResponse(revision=part.revision)
                    dossiers = dossiers_bytes(_EXPORTED, register.enterprise_number, part.dossiers)
                    yield dossiers + rest.SerializeToString()

    async def GetHistory(self, request: v1.GetHistoryRequest, context: object) -> v1.GetHistoryResponse:
        """List the mutations of one person."""
        async with self._request(request) as r:
            niss = r.niss("niss", request.niss)
            code = None
            if request.HasField("dossier_type"):
                code = read_code("dossier_type", request.dossier_type, r.faults)
            check_page_size(request.page_size, r.faults)
            register = await r.admit()
            if r.faults:
                r.refuse_faults(
                    () if code is None else await self._use_cases.history.violations(register, code)
                )
            assert niss is not None
            await r.name_types(register, () if code is None else (code,))
            answer = await self._use_cases.history.page(
                r.call, register, niss, code, request.page_size, request.page_token
            )
            recorded = (m.niss for m in answer.mutations if m.niss is not None)
            r.audit.shown = chain(*answer.resolved, recorded)
            if answer.mutations:
                r.audit.revision = answer.mutations[-1].revision
            fields = await self._access.identity_fields(r.call, register)
            return v1.GetHistoryResponse(
                mutations=[shown_mutation(each, register.view, fields) for each in answer.mutations],
                next_page_token=answer.next_page_token,
                resolved=resolved_messages(answer.resolved),
            )

    async def ExplainDossier(
        self, request: v1.ExplainDossierRequest, context: object
    ) -> v1.ExplainDossierResponse:
        """Explain why a person is, or is not, known on a day."""
        async with self._request(request) as r:
            niss = r.niss("niss", request.niss)
            code = None
            if request.HasField("dossier_type"):
                code = read_code("dossier_type", request.dossier_type, r.faults)
            day = read_mandatory_day("day", request.day, r.faults)
            at_time = read_at_time(request, r.faults)
            register = await r.admit()
            if r.faults:
                r.refuse_faults(await self._use_cases.explain.violations(register, code, at_time))
            assert niss is not None
            assert day is not None
            await r.name_types(register, () if code is None else (code,))
            explanation = await self._use_cases.explain.explain(r.call, register, niss, code, day, at_time)
            r.audit.shown = explanation.numbers
            if explanation.mutation is not None:
                r.audit.revision = explanation.mutation.revision
            fields = await self._access.identity_fields(r.call, register)
            return explanation_response(explanation, register.view, fields, r.call.language)

    async def ListStaleNiss(
        self, request: v1.ListStaleNissRequest, context: object
    ) -> v1.ListStaleNissResponse:
        """List registered numbers that are not active at the authentic source."""
        async with self._request(request) as r:
            stale, token = await list_page(r, request, self._use_cases.stale.page)
            r.audit.shown = (
                niss for each in stale for niss in (each.niss, each.successor) if niss is not None
            )
            return v1.ListStaleNissResponse(
                stale=[stale_message(each) for each in stale], next_page_token=token
            )
