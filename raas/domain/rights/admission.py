"""Admissions of organisations: who answers for security there, and which norms it has accepted."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from raas.domain.numbers.enterprise_number import EnterpriseNumber


@dataclass(frozen=True, slots=True)
class Admission:
    """An admission of an organisation to production, until another one replaces it (`revoke_time`)."""

    id: UUID
    organisation: EnterpriseNumber
    security_adviser: str
    data_protection_officer: str
    norms_version: str
    """The version of the minimum security norms that it has accepted."""
    valid_until: int
    """The last day."""
    suspended: bool
    granted_by: EnterpriseNumber
    """The administrator that set it."""
    grant_time: datetime
    revoked_by: EnterpriseNumber | None = None
    revoke_time: datetime | None = None

    def is_valid(self, day: int) -> bool:
        """Whether the organisation is admitted on that day in Belgium; if not, it is not on any later day."""
        return self.revoke_time is None and not self.suspended and day <= self.valid_until

    def revoked(self, by: EnterpriseNumber, time: datetime) -> Admission:
        """The admission after another one has replaced it."""
        return self if self.revoke_time is not None else replace(self, revoked_by=by, revoke_time=time)
