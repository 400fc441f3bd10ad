"""The catalogue of legal contexts: allow, revoke, list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

from raas.domain.errors import Reason
from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.rights.legal_context import LegalContext
from raas.domain.rights.validity import ALWAYS, Validity
from raas.usecases.admin.ending import end_right
from raas.usecases.calls.call import Call
from raas.usecases.calls.pagination import Pages
from raas.usecases.calls.rights_cache import RightsCache
from raas.usecases.calls.rights_pages import rights_page
from raas.usecases.calls.token_use import RightsFilter
from raas.usecases.ports.rights import RightsStore


@dataclass(frozen=True, slots=True)
class NewLegalContext:
    """An entry to add to the catalogue; `dossier_types` None = all."""

    organisation: EnterpriseNumber
    legal_context: str
    rpcs: frozenset[str]
    dossier_types: frozenset[str] | None = None
    validity: Validity = ALWAYS
    confidential_until: int | None = None


class LegalContexts:
    """The use cases on the catalogue; all raise StoreUnavailable, StoreFault, CommitUnknown."""

    def __init__(self, store: RightsStore, rights: RightsCache, pages: Pages) -> None:
        self._store = store
        self._rights = rights
        self._pages = pages

    async def allow(self, call: Call, new: NewLegalContext) -> LegalContext:
        """Add an entry; it is in force in this process when this returns."""
        async with self._store.change() as transaction:
            context = LegalContext(
                uuid4(),
                new.organisation,
                new.legal_context,
                new.rpcs,
                call.caller.enterprise_number,
                transaction.time,
                new.dossier_types,
                new.validity,
                new.confidential_until,
            )
            await transaction.put(context)
        await self._rights.reached(transaction.version)
        return context

    async def revoke(self, call: Call, context_id: UUID) -> LegalContext:
        """Revoke an entry. Raises Refused LEGAL_CONTEXT_UNKNOWN."""
        unknown = Reason.LEGAL_CONTEXT_UNKNOWN, "legal_context_id"
        by = call.caller.enterprise_number
        return await end_right(self._store, self._rights, LegalContext, context_id, by, unknown)

    async def page(
        self,
        call: Call,
        organisation: EnterpriseNumber | None,
        active_on: int | None,
        page_size: int,
        page_token: str,
    ) -> tuple[Sequence[LegalContext], str]:
        """Entries in order of grant time, and the token of the next page ("" = this is the last)."""
        return await rights_page(
            self._pages,
            call,
            RightsFilter(None, organisation, None, active_on),
            page_size,
            page_token,
            lambda start, limit: self._store.legal_contexts(organisation, active_on, start, limit),
        )
