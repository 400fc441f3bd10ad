"""Mandates: grant, revoke, list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

from raas.domain.errors import Reason, Refused, Violation
from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.rights.mandate import Mandate, MandatePermission, mandate_violations
from raas.domain.rights.validity import ALWAYS, Validity
from raas.domain.rights.view import Content
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
class NewMandate:
    """A mandate to grant; `dossier_types` in the order of the request, empty = all."""

    mandatary: EnterpriseNumber | None
    """None when the request names none that can be read."""
    permissions: frozenset[MandatePermission]
    dossier_types: Sequence[str] = ()
    contents: frozenset[Content] = frozenset()
    validity: Validity = ALWAYS
    legal_basis: str | None = None

    @property
    def types(self) -> frozenset[str] | None:
        """The dossier types as the mandate holds them."""
        return frozenset(self.dossier_types) or None


class Mandates:
    """The use cases on mandates; all raise StoreUnavailable, StoreFault, CommitUnknown."""

    def __init__(
        self,
        store: RightsStore,
        rights: RightsCache,
        writes: WriteStore,
        pages: Pages,
    ) -> None:
        self._store = store
        self._rights = rights
        self._writes = writes
        self._pages = pages

    async def grant(self, call: Call, register: AdmittedRegister, new: NewMandate) -> Mandate:
        """Grant a mandate; it is in force in this process when this returns. Raises Refused."""
        violations = await self.violations(register, new)
        if violations:
            raise Refused(violations)
        assert new.mandatary is not None
        async with self._store.change() as transaction:
            mandate = Mandate(
                uuid4(),
                register.enterprise_number,
                new.mandatary,
                new.permissions,
                call.caller.enterprise_number,
                transaction.time,
                new.types,
                new.contents,
                new.validity,
                new.legal_basis,
            )
            await transaction.put(mandate)
        await self._rights.reached(transaction.version)
        return mandate

    async def violations(self, register: AdmittedRegister, new: NewMandate) -> Sequence[Violation]:
        """The violations of a mandate as a whole, and dossier types that the register does not have."""
        violations: list[Violation] = []
        if new.mandatary is not None:
            number = register.enterprise_number
            violations += mandate_violations(number, new.mandatary, new.permissions, new.types)
        if new.dossier_types:
            known = (await self._writes.dossier_types(register.id)).by_code
            violations += [
                Violation(f"dossier_types[{index}]", Reason.DOSSIER_TYPE_UNKNOWN)
                for index, code in enumerate(new.dossier_types)
                if code not in known
            ]
        return violations

    async def revoke(self, call: Call, register: AdmittedRegister, mandate_id: UUID) -> Mandate:
        """Revoke a mandate on the register. Raises Refused MANDATE_UNKNOWN."""
        number = register.enterprise_number
        return await end_right(
            self._store,
            self._rights,
            Mandate,
            mandate_id,
            call.caller.enterprise_number,
            (Reason.MANDATE_UNKNOWN, "mandate_id"),
            lambda mandate: mandate.register == number,
        )

    async def page(
        self,
        call: Call,
        register: EnterpriseNumber | None,
        mandatary: EnterpriseNumber | None,
        active_on: int | None,
        page_size: int,
        page_token: str,
    ) -> tuple[Sequence[Mandate], str]:
        """Mandates in order of grant time, and the token of the next page ("" = this is the last)."""
        which = RightsFilter(register, mandatary, None, active_on)
        return await rights_page(
            self._pages,
            call,
            which,
            page_size,
            page_token,
            lambda start, limit: self._store.mandates(register, mandatary, active_on, start, limit),
        )
