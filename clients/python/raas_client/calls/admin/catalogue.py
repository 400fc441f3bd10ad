"""AdministrationService: legal contexts, blocks of credentials, and admissions of organisations."""

from __future__ import annotations

from collections.abc import Sequence

from raas.v1.administration_service_pb2 import (
    AllowLegalContextRequest,
    BlockCredentialRequest,
    ListAdmissionsRequest,
    ListAdmissionsResponse,
    ListBlockedCredentialsRequest,
    ListBlockedCredentialsResponse,
    ListLegalContextsRequest,
    ListLegalContextsResponse,
    RevokeLegalContextRequest,
    SetAdmissionRequest,
    UnblockCredentialRequest,
)
from raas.v1.admission_pb2 import Admission
from raas.v1.credential_block_pb2 import CredentialBlock
from raas.v1.legal_context_pb2 import LegalContext
from raas_client.calls.invoke import Calls
from raas_client.calls.pages import LARGEST_PAGE, Pages
from raas_client.days import Day, day_text, optional_day_text


class Catalogue:
    """Legal contexts, blocks and admissions.

    Legal contexts and blocks are not added again when the answer is lost: list them then.
    """

    _calls: Calls

    async def allow_legal_context(
        self,
        caller: str,
        legal_context: str,
        rpcs: Sequence[str],
        *,
        dossier_types: Sequence[str] = (),
        valid_from: Day | None = None,
        valid_until: Day | None = None,
        confidential_until: Day | None = None,
    ) -> LegalContext:
        """An entry of the catalogue: an organisation may use these RPCs in a legal context.

        `rpcs` are full names such as `raas.v1.RegisterService/FindRegisters`. `dossier_types`: about these
        only; empty = all. All days are inclusive.
        """
        request = AllowLegalContextRequest(
            caller=caller,
            legal_context=legal_context,
            rpcs=rpcs,
            dossier_types=dossier_types,
            valid_from=optional_day_text(valid_from),
            valid_until=optional_day_text(valid_until),
            confidential_until=optional_day_text(confidential_until),
        )
        answer = await self._calls.unary(
            lambda stubs: stubs.administration.AllowLegalContext, request, repeatable=False
        )
        return answer.legal_context

    async def revoke_legal_context(self, legal_context_id: str) -> LegalContext:
        """End an entry of the catalogue at once."""
        request = RevokeLegalContextRequest(legal_context_id=legal_context_id)
        answer = await self._calls.unary(lambda stubs: stubs.administration.RevokeLegalContext, request)
        return answer.legal_context

    def legal_contexts(
        self, *, caller: str | None = None, active_on: Day | None = None
    ) -> Pages[ListLegalContextsResponse, LegalContext]:
        """The catalogue, of all organisations by default, in order of grant time."""
        request = ListLegalContextsRequest(
            caller=caller, active_on=optional_day_text(active_on), page_size=LARGEST_PAGE
        )
        return self._calls.listed(
            lambda stubs: stubs.administration.ListLegalContexts, request, lambda page: page.legal_contexts
        )

    async def block_credential(
        self,
        reason: str,
        *,
        fingerprint: str | None = None,
        public_key: str | None = None,
        issuer_serial: str | None = None,
        token_id: str | None = None,
        application: str | None = None,
        enterprise_number: str | None = None,
    ) -> CredentialBlock:
        """Refuse every credential with one feature; exactly one is given. Raises ValueError otherwise."""
        features = {
            "fingerprint": fingerprint,
            "public_key": public_key,
            "issuer_serial": issuer_serial,
            "token_id": token_id,
            "application": application,
            "enterprise_number": enterprise_number,
        }
        given = {name: value for name, value in features.items() if value is not None}
        if len(given) != 1:
            raise ValueError("name exactly one feature of a credential")
        request = BlockCredentialRequest(reason=reason, **given)
        answer = await self._calls.unary(
            lambda stubs: stubs.administration.BlockCredential, request, repeatable=False
        )
        return answer.block

    async def unblock_credential(self, block_id: str) -> CredentialBlock:
        """End a block."""
        request = UnblockCredentialRequest(block_id=block_id)
        return (await self._calls.unary(lambda stubs: stubs.administration.UnblockCredential, request)).block

    def blocked_credentials(self) -> Pages[ListBlockedCredentialsResponse, CredentialBlock]:
        """The blocks that have not ended, in order of their time."""
        request = ListBlockedCredentialsRequest(page_size=LARGEST_PAGE)
        return self._calls.listed(
            lambda stubs: stubs.administration.ListBlockedCredentials, request, lambda page: page.blocks
        )

    async def set_admission(
        self,
        enterprise_number: str,
        *,
        security_adviser: str,
        data_protection_officer: str,
        norms_version: str,
        valid_until: Day,
        suspended: bool = False,
    ) -> Admission:
        """Replace the admission of an organisation to production; `valid_until` is its last day."""
        request = SetAdmissionRequest(
            enterprise_number=enterprise_number,
            security_adviser=security_adviser,
            data_protection_officer=data_protection_officer,
            norms_version=norms_version,
            valid_until=day_text(valid_until),
            suspended=suspended,
        )
        return (await self._calls.unary(lambda stubs: stubs.administration.SetAdmission, request)).admission

    def admissions(
        self, *, enterprise_number: str | None = None, active_on: Day | None = None
    ) -> Pages[ListAdmissionsResponse, Admission]:
        """The admissions, also those that were replaced, in order of their time."""
        request = ListAdmissionsRequest(
            enterprise_number=enterprise_number,
            active_on=optional_day_text(active_on),
            page_size=LARGEST_PAGE,
        )
        return self._calls.listed(
            lambda stubs: stubs.administration.ListAdmissions, request, lambda page: page.admissions
        )
