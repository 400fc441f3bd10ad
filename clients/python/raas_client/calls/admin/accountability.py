"""AdministrationService: the calls of organisations, as audit records and counted for charging."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from raas.v1.administration_service_pb2 import (
    GetAuditCheckpointRequest,
    GetAuditCheckpointResponse,
    GetUsageRequest,
    GetUsageResponse,
    ListAuditRecordsRequest,
    ListAuditRecordsResponse,
)
from raas.v1.audit_record_pb2 import AuditRecord
from raas.v1.usage_pb2 import Usage
from raas_client.calls.invoke import Calls
from raas_client.calls.pages import LARGEST_PAGE, Pages
from raas_client.calls.register_reads import optional_timestamp


class Accountability:
    """The audit and the usage of organisations."""

    _calls: Calls

    def audit_records(
        self,
        *,
        register: str | None = None,
        niss: str | None = None,
        caller: str | None = None,
        from_time: datetime | None = None,
        until_time: datetime | None = None,
        rpcs: Sequence[str] = (),
        outcomes: Sequence[str] = (),
        for_person: bool = False,
    ) -> Pages[ListAuditRecordsResponse, AuditRecord]:
        """The audit records about a register, about a person, or of a caller, in order of time.

        At least one of the three is given. You see those about your register, an auditor all;
        `for_person` leaves out what the person may not be shown yet. The client needs a legal context and a
        ticket. `rpcs` are full names such as `raas.v1.RegisterService/Consult`.
        """
        request = ListAuditRecordsRequest(
            register=register,
            niss=niss,
            caller=caller,
            from_time=optional_timestamp(from_time),
            until_time=optional_timestamp(until_time),
            rpcs=rpcs,
            outcomes=outcomes,
            page_size=LARGEST_PAGE,
            for_person=for_person,
        )
        return self._calls.listed(
            lambda stubs: stubs.administration.ListAuditRecords, request, lambda page: page.records
        )

    async def audit_checkpoint(self, time: datetime | None = None) -> GetAuditCheckpointResponse:
        """The newest signed checkpoint of the audit, or that of an earlier instant; empty = there is none."""
        request = GetAuditCheckpointRequest(time=optional_timestamp(time))
        return await self._calls.unary(lambda stubs: stubs.administration.GetAuditCheckpoint, request)

    def usage(
        self,
        *,
        caller: str | None = None,
        register: str | None = None,
        from_month: str = "",
        until_month: str = "",
    ) -> Pages[GetUsageResponse, Usage]:
        """The calls of each month, counted for charging, and the dossiers at the end of each month.

        Your own; an auditor sees those of everybody, or of one `caller`. Months are `YYYY-MM`, both included;
        without them, the current month.
        """
        request = GetUsageRequest(
            caller=caller,
            register=register,
            from_month=from_month,
            until_month=until_month,
            page_size=LARGEST_PAGE,
        )
        return self._calls.listed(
            lambda stubs: stubs.administration.GetUsage, request, lambda page: page.usage
        )
