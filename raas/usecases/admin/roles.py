"""Roles of organisations: grant, confirm, revoke, list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID, uuid4

from raas.domain.calendar.day import brussels_day
from raas.domain.errors import Reason, Refused, Violation, refuse
from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.rights.role import Role, RoleGrant, refuse_excluded, role_violations
from raas.domain.rights.validity import ALWAYS, Validity
from raas.usecases.admin.ending import end_right
from raas.usecases.calls.call import Call
from raas.usecases.calls.pagination import Pages
from raas.usecases.calls.rights_cache import RightsCache
from raas.usecases.calls.rights_pages import rights_page
from raas.usecases.calls.token_use import RightsFilter
from raas.usecases.ports.rights import RightsStore, RightsTransaction


@dataclass(frozen=True, slots=True)
class NewGrant:
    """A role to grant; None = not restricted."""

    organisation: EnterpriseNumber
    role: Role
    organisations: frozenset[EnterpriseNumber] = frozenset()
    rpcs: frozenset[str] = frozenset()
    dossier_types: frozenset[str] | None = None
    legal_contexts: frozenset[str] | None = None
    validity: Validity = ALWAYS


class Roles:
    """The use cases on roles; all raise StoreUnavailable, StoreFault, CommitUnknown."""

    def __init__(self, store: RightsStore, rights: RightsCache, pages: Pages) -> None:
        self._store = store
        self._rights = rights
        self._pages = pages

    async def grant(self, call: Call, new: NewGrant) -> RoleGrant:
        """Grant a role; where it needs a confirmation, it counts from that on.

        Raises Refused: ROLES_EXCLUDE, or all violations of the grant as a whole.
        """
        violations = self.violations(new)
        if violations:
            raise Refused(violations)
        caller = call.caller
        async with self._store.change() as transaction:
            grant = RoleGrant(
                uuid4(),
                new.organisation,
                new.role,
                caller.enterprise_number,
                transaction.time,
                new.organisations,
                new.rpcs,
                new.dossier_types,
                new.legal_contexts,
                new.validity,
            )
            await self._refuse_excluded(transaction, grant)
            if caller.all_rights and not grant.is_confirmed:
                # Under development identity there is no second administrator.
                grant = replace(grant, confirmed_by=caller.enterprise_number, confirm_time=transaction.time)
            await transaction.put(grant)
        await self._rights.reached(transaction.version)
        return grant

    def violations(self, new: NewGrant) -> Sequence[Violation]:
        """The violations of a grant as a whole."""
        return role_violations(new.role, new.organisations, new.rpcs, new.dossier_types, new.legal_contexts)

    async def confirm(self, call: Call, grant_id: UUID) -> RoleGrant:
        """Confirm a grant as the second administrator.

        Raises Refused: GRANT_UNKNOWN, GRANT_REVOKED, SECOND_ADMINISTRATOR_REQUIRED, ROLES_EXCLUDE.
        """
        async with self._store.change() as transaction:
            before = await _grant(transaction, grant_id)
            grant = before.confirmed(call.caller.enterprise_number, transaction.time)
            if grant is before:
                return before
            await self._refuse_excluded(transaction, grant)
            await transaction.put(grant)
        await self._rights.reached(transaction.version)
        return grant

    async def revoke(self, call: Call, grant_id: UUID) -> RoleGrant:
        """Revoke a grant. Raises Refused GRANT_UNKNOWN."""
        unknown = Reason.GRANT_UNKNOWN, "grant_id"
        by = call.caller.enterprise_number
        return await end_right(self._store, self._rights, RoleGrant, grant_id, by, unknown)

    async def page(
        self,
        call: Call,
        organisation: EnterpriseNumber | None,
        role: Role | None,
        active_on: int | None,
        page_size: int,
        page_token: str,
    ) -> tuple[Sequence[RoleGrant], str]:
        """Grants in order of grant time, and the token of the next page ("" = this is the last)."""
        which = RightsFilter(None, organisation, None if role is None else role.value, active_on)
        return await rights_page(
            self._pages,
            call,
            which,
            page_size,
            page_token,
            lambda start, limit: self._store.grants(organisation, role, active_on, start, limit),
        )

    async def _refuse_excluded(self, transaction: RightsTransaction, grant: RoleGrant) -> None:
        held = [each for each in await transaction.grants_of(grant.organisation) if each.id != grant.id]
        refuse_excluded(grant, held, brussels_day(transaction.time))
        # A first administrator has no grant, and counts as administrator all the same.
        if grant.role is Role.AUDITOR and self._is_administrator(grant.organisation):
            values = {"role": Role.AUDITOR.name, "other": Role.ADMINISTRATOR.name}
            raise refuse(Reason.ROLES_EXCLUDE, "role", **values)

    def _is_administrator(self, organisation: EnterpriseNumber) -> bool:
        snapshot = self._rights.snapshot
        return organisation in snapshot.first_administrators and snapshot.has_role(
            organisation, Role.ADMINISTRATOR, self._rights.moment()
        )


async def _grant(transaction: RightsTransaction, grant_id: UUID) -> RoleGrant:
    grant = await transaction.find(RoleGrant, grant_id)
    if grant is None:
        raise refuse(Reason.GRANT_UNKNOWN, "grant_id")
    return grant
