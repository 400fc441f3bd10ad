"""AdministrationService: what organisations did, counted for charging."""

from __future__ import annotations

from raas.v1.administration_service_pb2 import GetUsageRequest, GetUsageResponse
from raas.v1.usage_pb2 import Usage
from raas_client.calls.invoke import Calls
from raas_client.calls.pages import Pages

_LARGEST_PAGE = 1_000


class Accountability:
    """The usage of organisations."""

    _calls: Calls

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
            page_size=_LARGEST_PAGE,
        )
        return self._calls.listed(
            lambda stubs: stubs.administration.GetUsage, request, lambda page: page.usage
        )
