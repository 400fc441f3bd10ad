"""Authorisations: grant, confirm, revoke, list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID, uuid4

from raas.domain.errors import Reason, Refused, Violation, refuse
from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.rights.authorisation import Authorisation
from raas.domain.rights.validity import ALWAYS, Validity
from raas.usecases.admin.ending import end_right
from raas.usecases.calls.access import AdmittedRegister
from raas.usecases.calls.call import Call
from raas.usecases.calls.pagination import Pages
from raas.usecases.calls.rights_cache import RightsCache
from raas.usecases.calls.rights_pages import rights_page
from raas.usecases.calls.token_use import RightsFilter
from raas.usecases.ports.rights import RightsStore
from raas.usecases.ports.write_store import WriteStore


@dataclass(frozen=True, slots=True)
class NewAuthorisation:
    """An authorisation to grant; `dossier_types` in the order of the request, empty = all."""

    service: str
    deliberation: str
    partner: EnterpriseNumber | None = None
    dossier_types: Sequence[str] = ()
    legal_context: str | None = None
    fields: frozenset[str] | None = None
    validity: Validity = ALWAYS


class Authorisations:
    """The use cases on authorisations; all raise StoreUnavailable, StoreFault, CommitUnknown."""

    def __init__(self, store: RightsStore, rights: RightsCache, writes: WriteStore, pages: Pages) -> None:
        self._store = store
        self._rights = rights
        self._writes = writes
        self._pages = pages

    async def grant(self, call: Call, register: AdmittedRegister, new: NewAuthorisation) -> Authorisation:
        """Grant an authorisation, which counts once it is confirmed. Raises Refused."""
        violations = await self.violations(register, new.dossier_types)
        if violations:
            raise Refused(violations)
        caller = call.caller
        async with self._store.change() as transaction:
            authorisation = Authorisation(
                uuid4(),
                new.service,
                register.enterprise_number,
                new.deliberation,
                new.validity,
                caller.enterprise_number,
                transaction.time,
                new.partner,
                frozenset(new.dossier_types) or None,
                new.legal_context,
                new.fields,
            )
            if caller.all_rights:
                # Under development identity there is no second administrator.
                by, time = caller.enterprise_number, transaction.time
                authorisation = replace(authorisation, confirmed_by=by, confirm_time=time)
            await transaction.put(authorisation)
        await self._rights.reached(transaction.version)
        return authorisation

    async def violations(
        self, register: AdmittedRegister, dossier_types: Sequence[str]
    ) -> Sequence[Violation]:
        """The dossier types that the register does not have."""
        if not dossier_types:
            return ()
        known = (await self._writes.dossier_types(register.id)).by_code
        return [
            Violation(f"dossier_types[{index}]", Reason.DOSSIER_TYPE_UNKNOWN)
            for index, code in enumerate(dossier_types)
            if code not in known
        ]

    async def confirm(self, call: Call, authorisation_id: UUID) -> Authorisation:
        """Confirm an authorisation as the second administrator.

        Raises Refused: AUTHORISATION_MISSING, GRANT_REVOKED, SECOND_ADMINISTRATOR_REQUIRED.
        """
        async with self._store.change() as transaction:
            before = await transaction.find(Authorisation, authorisation_id)
            if before is None:
                raise refuse(Reason.AUTHORISATION_MISSING, "authorisation_id")
            authorisation = before.confirmed(call.caller.enterprise_number, transaction.time)
            if authorisation is before:
                return before
            await transaction.put(authorisation)
        await self._rights.reached(transaction.version)
        return authorisation

    async def revoke(self, call: Call, authorisation_id: UUID) -> Authorisation:
        """Revoke an authorisation. Raises Refused AUTHORISATION_MISSING."""
        unknown = Reason.AUTHORISATION_MISSING, "authorisation_id"
        by = call.caller.enterprise_number
        return await end_right(self._store, self._rights, Authorisation, authorisation_id, by, unknown)

    async def page(
        self,
        call: Call,
        service: str | None,
        register: EnterpriseNumber | None,
        active_on: int | None,
        page_size: int,
        page_token: str,
    ) -> tuple[Sequence[Authorisation], str]:
        """Authorisations in order of grant time, and the token of the next page ("" = this is the last)."""
        return await rights_page(
            self._pages,
            call,
            RightsFilter(register, None, None, active_on, service),
            page_size,
            page_token,
            lambda start, limit: self._store.authorisations(service, register, active_on, start, limit),
        )
