"""The roles of organisations, and the rules for granting them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from uuid import UUID

from raas.domain.errors import Reason, Violation, refuse
from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.rights.validity import ALWAYS, Validity


class Role(Enum):
    """The roles of an organisation; names and values equal those of the proto enum Role."""

    ADMINISTRATOR = 1
    """Creates registers, grants roles, keeps the catalogues."""
    ROUTER = 2
    """Asks all registers whether they know a person."""
    PERSON_REGISTRAR = 3
    """Searches for persons, gives them a number, and updates those whom its register holds."""
    PERSON_CHECKER = 4
    """Asks the authentic source for the state of any number."""
    AUTHENTIC_SOURCE = 5
    """Imports persons, and replaces, restores and cancels numbers."""
    PUBLISHER = 6
    """Publishes the events of its network services."""
    AUDITOR = 7
    """Reads the audit and the usage of all organisations."""
    GATEWAY = 8
    """Calls on behalf of other organisations."""


CONFIRMED_BY_SECOND = frozenset({Role.ADMINISTRATOR, Role.AUDITOR, Role.GATEWAY, Role.AUTHENTIC_SOURCE})
"""Roles that count only once a second administrator has confirmed their grant."""

_EXCLUDED = {Role.ADMINISTRATOR: Role.AUDITOR, Role.AUDITOR: Role.ADMINISTRATOR}


@dataclass(frozen=True, slots=True)
class RoleGrant:
    """A role of an organisation as granted, its confirmation and its revocation.

    `organisations` and `rpcs` (`/raas.v1.RegisterService/Consult`) are those that a GATEWAY may speak for and
    use. `dossier_types` and `legal_contexts` restrict a ROUTER; None = not restricted.
    """

    id: UUID
    organisation: EnterpriseNumber
    role: Role
    granted_by: EnterpriseNumber
    grant_time: datetime
    organisations: frozenset[EnterpriseNumber] = frozenset()
    rpcs: frozenset[str] = frozenset()
    dossier_types: frozenset[str] | None = None
    legal_contexts: frozenset[str] | None = None
    validity: Validity = ALWAYS
    confirmed_by: EnterpriseNumber | None = None
    confirm_time: datetime | None = None
    revoked_by: EnterpriseNumber | None = None
    revoke_time: datetime | None = None

    @property
    def is_confirmed(self) -> bool:
        """Whether it needs no confirmation, or has it."""
        return self.role not in CONFIRMED_BY_SECOND or self.confirm_time is not None

    def is_valid(self, day: int) -> bool:
        """Whether the organisation has the role on that day in Belgium."""
        return self.revoke_time is None and self.is_confirmed and self.validity.covers(day)

    def may_become_valid(self, day: int) -> bool:
        """Whether it is valid on that day or may be later, perhaps once it is confirmed."""
        return self.revoke_time is None and (self.validity.last is None or day <= self.validity.last)

    def confirmed(self, by: EnterpriseNumber, time: datetime) -> RoleGrant:
        """The grant after its confirmation by an administrator; the first confirmation counts.

        Raises Refused: GRANT_REVOKED; SECOND_ADMINISTRATOR_REQUIRED for the administrator that granted it.
        """
        if self.revoke_time is not None:
            raise refuse(Reason.GRANT_REVOKED, "grant_id")
        if self.is_confirmed:
            return self
        if by == self.granted_by:
            raise refuse(Reason.SECOND_ADMINISTRATOR_REQUIRED, "grant_id")
        return replace(self, confirmed_by=by, confirm_time=time)

    def revoked(self, by: EnterpriseNumber, time: datetime) -> RoleGrant:
        """The grant after its revocation; the first revocation counts."""
        return self if self.revoke_time is not None else replace(self, revoked_by=by, revoke_time=time)


def role_violations(
    role: Role,
    organisations: Collection[EnterpriseNumber],
    rpcs: Collection[str],
    dossier_types: Collection[str] | None,
    legal_contexts: Collection[str] | None,
) -> Sequence[Violation]:
    """The violations of a grant as a whole: each restriction belongs to one role."""
    violations: list[Violation] = []
    gateway, router = role is Role.GATEWAY, role is Role.ROUTER
    restricting: Sequence[tuple[str, Collection[object]]] = (("organisations", organisations), ("rpcs", rpcs))
    for field, values in restricting:
        if gateway and not values:
            violations.append(Violation(field, Reason.REQUIRED))
        if not gateway and values:
            violations.append(Violation(field, Reason.VALUE_INVALID, "NOT_OF_THIS_ROLE"))
    for field, codes in (("dossier_types", dossier_types), ("legal_contexts", legal_contexts)):
        if not router and codes is not None:
            violations.append(Violation(field, Reason.VALUE_INVALID, "NOT_OF_THIS_ROLE"))
    return violations


def refuse_excluded(grant: RoleGrant, held: Iterable[RoleGrant], day: int) -> None:
    """Raise Refused ROLES_EXCLUDE where the organisation holds, from `day` on, a role that excludes this one.

    `held` are its other grants. One that waits for its confirmation counts, so that confirming the one that
    comes second cannot bring both together.
    """
    excluded = _EXCLUDED.get(grant.role)
    first = day if grant.validity.first is None else max(day, grant.validity.first)
    remaining = Validity(first, grant.validity.last)
    for other in held:
        if other.role is excluded and other.revoke_time is None and other.validity.overlaps(remaining):
            raise refuse(Reason.ROLES_EXCLUDE, "role", role=grant.role.name, other=other.role.name)
