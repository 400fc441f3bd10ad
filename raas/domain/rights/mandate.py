"""A mandate: the right of one organisation to act on the register of another one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from uuid import UUID

from raas.domain.errors import Reason, Violation
from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.rights.validity import ALWAYS, Validity
from raas.domain.rights.view import Content, RegisterView


class MandatePermission(Enum):
    """The permissions of a mandate; names and values equal those of the proto enum MandatePermission."""

    READ = 1
    WRITE = 2
    SUBSCRIBE = 3
    ADMINISTER = 4


@dataclass(frozen=True, slots=True)
class Mandate:
    """A mandate as granted, and its revocation.

    `dossier_types` None = all. `expire_time` ends it within a day: break-glass only, which also has a
    `reason` and a `ticket`.
    """

    id: UUID
    register: EnterpriseNumber
    mandatary: EnterpriseNumber
    permissions: frozenset[MandatePermission]
    granted_by: EnterpriseNumber
    grant_time: datetime
    dossier_types: frozenset[str] | None = None
    contents: frozenset[Content] = frozenset()
    validity: Validity = ALWAYS
    legal_basis: str | None = None
    expire_time: datetime | None = None
    reason: str | None = None
    ticket: str | None = None
    revoked_by: EnterpriseNumber | None = None
    revoke_time: datetime | None = None

    def is_valid(self, day: int, instant: datetime) -> bool:
        """Whether it is valid at an instant, which falls on that day in Belgium."""
        return (
            self.revoke_time is None
            and self.validity.covers(day)
            and (self.expire_time is None or instant < self.expire_time)
        )

    def may_become_valid(self, day: int, instant: datetime) -> bool:
        """Whether it is valid at an instant or may be later; a right that has ended stays ended."""
        return (
            self.revoke_time is None
            and (self.validity.last is None or day <= self.validity.last)
            and (self.expire_time is None or instant < self.expire_time)
        )

    @property
    def view(self) -> RegisterView:
        """The part of the register that it opens."""
        return RegisterView(self.dossier_types, dict.fromkeys(self.contents, self.dossier_types))

    def revoked(self, by: EnterpriseNumber, time: datetime) -> Mandate:
        """The mandate after its revocation; the first revocation counts."""
        return self if self.revoke_time is not None else replace(self, revoked_by=by, revoke_time=time)


def mandate_violations(
    register: EnterpriseNumber,
    mandatary: EnterpriseNumber,
    permissions: frozenset[MandatePermission],
    dossier_types: frozenset[str] | None,
) -> Sequence[Violation]:
    """The violations of a mandate as a whole: no mandatary but another organisation, ADMINISTER unrestricted.

    ADMINISTER changes dossier types and mandates: no part of a register could be kept out of it.
    """
    violations: list[Violation] = []
    if mandatary == register:
        violations.append(Violation("mandatary", Reason.VALUE_INVALID, "MANDATARY_IS_OWNER"))
    if MandatePermission.ADMINISTER in permissions and dossier_types is not None:
        violations.append(Violation("dossier_types", Reason.VALUE_INVALID, "ADMINISTER_UNRESTRICTED"))
    return violations
