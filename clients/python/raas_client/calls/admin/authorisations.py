"""DistributionService: the authorisations of registers for data of network services."""

from __future__ import annotations

from collections.abc import Sequence

from raas.v1.administration_service_pb2 import ConfirmGrantRequest
from raas.v1.authorisation_pb2 import Authorisation
from raas.v1.distribution_service_pb2 import (
    GrantAuthorisationRequest,
    ListAuthorisationsRequest,
    ListAuthorisationsResponse,
    RevokeAuthorisationRequest,
)
from raas_client.calls.invoke import Calls
from raas_client.calls.pages import LARGEST_PAGE, Pages
from raas_client.days import Day, day_text, optional_day_text


class Authorisations:
    """Authorisations. Grants are not repeated when the answer is lost: list them then."""

    _calls: Calls

    async def grant_authorisation(
        self,
        service: str,
        register: str,
        deliberation: str,
        *,
        valid_from: Day,
        valid_until: Day | None = None,
        fields: Sequence[str] = (),
        dossier_types: Sequence[str] = (),
        partner: str | None = None,
        legal_context: str | None = None,
    ) -> Authorisation:
        """Let a register receive data of a network service; `awaits_confirmation` until it is confirmed.

        `fields` are those of the service, such as `last_name` of PERSON_IDENTITY; empty = all. It concerns
        persons known under these `dossier_types` (empty = all), those kept for `partner` if it is given, and
        calls in `legal_context` if it is given. Both days are inclusive.
        """
        request = GrantAuthorisationRequest(
            service=service,
            register=register,
            deliberation=deliberation,
            valid_from=day_text(valid_from),
            valid_until=optional_day_text(valid_until),
            fields=fields,
            dossier_types=dossier_types,
            partner=partner,
            legal_context=legal_context,
        )
        answer = await self._calls.unary(
            lambda stubs: stubs.distribution.GrantAuthorisation, request, repeatable=False
        )
        return answer.authorisation

    async def confirm_authorisation(self, authorisation_id: str) -> Authorisation:
        """Confirm an authorisation, as the second administrator."""
        request = ConfirmGrantRequest(authorisation_id=authorisation_id)
        answer = await self._calls.unary(lambda stubs: stubs.administration.ConfirmGrant, request)
        return answer.authorisation

    async def revoke_authorisation(self, authorisation_id: str) -> Authorisation:
        """End an authorisation at once."""
        request = RevokeAuthorisationRequest(authorisation_id=authorisation_id)
        answer = await self._calls.unary(lambda stubs: stubs.distribution.RevokeAuthorisation, request)
        return answer.authorisation

    def authorisations(
        self, *, service: str | None = None, register: str | None = None, active_on: Day | None = None
    ) -> Pages[ListAuthorisationsResponse, Authorisation]:
        """The authorisations in order of grant time: of all registers for an administrator, else of one."""
        request = ListAuthorisationsRequest(
            service=service,
            register=register,
            active_on=optional_day_text(active_on),
            page_size=LARGEST_PAGE,
        )
        return self._calls.listed(
            lambda stubs: stubs.distribution.ListAuthorisations, request, lambda page: page.authorisations
        )
