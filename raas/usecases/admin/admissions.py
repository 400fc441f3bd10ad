"""Admissions of organisations: set, list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import uuid4

from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.rights.admission import Admission
from raas.usecases.calls.call import Call
from raas.usecases.calls.pagination import Pages
from raas.usecases.calls.rights_cache import RightsCache
from raas.usecases.calls.rights_pages import rights_page
from raas.usecases.calls.token_use import RightsFilter
from raas.usecases.ports.rights import RightsStore


@dataclass(frozen=True, slots=True)
class NewAdmission:
    """An admission to set; its fields are those of Admission."""

    organisation: EnterpriseNumber
    security_adviser: str
    data_protection_officer: str
    norms_version: str
    valid_until: int
    suspended: bool


class Admissions:
    """The use cases on admissions; all raise StoreUnavailable, StoreFault, CommitUnknown."""

    def __init__(self, store: RightsStore, rights: RightsCache, pages: Pages) -> None:
        self._store = store
        self._rights = rights
        self._pages = pages

    async def set(self, call: Call, new: NewAdmission) -> Admission:
        """Replace the admission of an organisation; in force in this process when this returns.

        One with the same content stays as it is.
        """
        by = call.caller.enterprise_number
        async with self._store.change() as transaction:
            current = await transaction.admissions_of(new.organisation)
            for before in current:
                if _content(before) == new:
                    return before
            for before in current:
                await transaction.put(before.revoked(by, transaction.time))
            admission = Admission(
                uuid4(),
                new.organisation,
                new.security_adviser,
                new.data_protection_officer,
                new.norms_version,
                new.valid_until,
                new.suspended,
                by,
                transaction.time,
            )
            await transaction.put(admission)
        await self._rights.reached(transaction.version)
        return admission

    async def page(
        self,
        call: Call,
        organisation: EnterpriseNumber | None,
        active_on: int | None,
        page_size: int,
        page_token: str,
    ) -> tuple[Sequence[Admission], str]:
        """Admissions in order of their time, and the token of the next page ("" = this is the last)."""
        return await rights_page(
            self._pages,
            call,
            RightsFilter(None, organisation, None, active_on),
            page_size,
            page_token,
            lambda start, limit: self._store.admissions(organisation, active_on, start, limit),
        )


def _content(admission: Admission) -> NewAdmission:
    return NewAdmission(
        admission.organisation,
        admission.security_adviser,
        admission.data_protection_officer,
        admission.norms_version,
        admission.valid_until,
        admission.suspended,
    )
