"""AdministrationService: the records of the audit, and its checkpoints."""

# ruff: noqa: N802 - methods have the names that the contract, or protobuf, gives them

from __future__ import annotations

from collections.abc import Container

from raas.domain.rights.role import Role
from raas.rpc.calls.request_scope import RequestScopes
from raas.rpc.wire.audit.records import (
    checkpoint_response,
    read_asked_records,
    read_checkpoint_time,
    record_message,
    require_ticket,
)
from raas.rpc.wire.dossiers import resolved_messages
from raas.usecases.inspection.list_records import ListAuditRecords
from raas.v1 import administration_service_pb2 as v1


class AuditRecordCalls:
    """ListAuditRecords and GetAuditCheckpoint; `rpcs` are the names of all RPCs."""

    def __init__(self, use_case: ListAuditRecords, scopes: RequestScopes, rpcs: Container[str]) -> None:
        self._use_case = use_case
        self._access = scopes.access
        self._request = scopes.open
        self._rpcs = rpcs

    async def ListAuditRecords(
        self, request: v1.ListAuditRecordsRequest, context: object
    ) -> v1.ListAuditRecordsResponse:
        """List audit records."""
        async with self._request() as r:
            asked = read_asked_records(request, r.rules, self._rpcs, r.faults)
            if not r.call.caller.all_rights:
                require_ticket(r.call.ticket, r.faults)
            is_auditor = self._access.has_role(r.call, Role.AUDITOR)
            register = asked.register if is_auditor or asked.register else r.call.caller.acts_as
            r.audit.register = register
            if asked.niss is not None:
                r.audit.touched = (asked.niss,)
            r.refuse_faults()
            page = await self._use_case.page(r.call, asked, is_auditor, request.page_size, request.page_token)
            if page.person is not None:
                r.audit.shown = page.person.numbers
            return v1.ListAuditRecordsResponse(
                records=map(record_message, page.records),
                resolved=resolved_messages(() if page.person is None else page.person.resolved),
                next_page_token=page.next_page_token,
                may_be_incomplete=asked.for_person or not is_auditor,
            )

    async def GetAuditCheckpoint(
        self, request: v1.GetAuditCheckpointRequest, context: object
    ) -> v1.GetAuditCheckpointResponse:
        """Return a signed checkpoint."""
        async with self._request() as r:
            until = read_checkpoint_time(request, r.faults)
            r.refuse_faults()
            return checkpoint_response(await self._use_case.checkpoint(until))
