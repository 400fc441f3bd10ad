"""An authorisation: the deliberation that lets a register receive data of a network service."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from raas.domain.errors import Reason, refuse
from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.persons.stored_identity import IDENTITY_FIELDS
from raas.domain.rights.identity_fields import IdentityRule
from raas.domain.rights.validity import Validity

PERSON_IDENTITY = "PERSON_IDENTITY"
"""The service of the authentic source: its fields are those of an identity."""

SERVICE_FIELDS = {PERSON_IDENTITY: frozenset(IDENTITY_FIELDS)}
"""The fields of each service."""


@dataclass(frozen=True, slots=True)
class Authorisation:
    """An authorisation as granted, its confirmation and its revocation.

    `dossier_types` and `fields` None = all. With `partner` it concerns the dossier types that are kept for
    this partner, with `legal_context` calls in this legal context only. It counts once another administrator
    than the one that granted it has confirmed it.
    """

    id: UUID
    service: str
    register: EnterpriseNumber
    deliberation: str
    validity: Validity
    granted_by: EnterpriseNumber
    grant_time: datetime
    partner: EnterpriseNumber | None = None
    dossier_types: frozenset[str] | None = None
    legal_context: str | None = None
    fields: frozenset[str] | None = None
    confirmed_by: EnterpriseNumber | None = None
    confirm_time: datetime | None = None
    revoked_by: EnterpriseNumber | None = None
    revoke_time: datetime | None = None

    def is_valid(self, day: int) -> bool:
        """Whether it counts on that day in Belgium."""
        return self.revoke_time is None and self.confirm_time is not None and self.validity.covers(day)

    def may_become_valid(self, day: int) -> bool:
        """Whether it counts on that day or may later; what has ended stays ended."""
        return self.revoke_time is None and (self.validity.last is None or day <= self.validity.last)

    @property
    def identity_rule(self) -> IdentityRule:
        """The fields of identities that it shows, where its service is PERSON_IDENTITY."""
        all_fields = SERVICE_FIELDS[PERSON_IDENTITY]
        fields = all_fields if self.fields is None else self.fields & all_fields
        return IdentityRule(fields, self.dossier_types, self.partner)

    def confirmed(self, by: EnterpriseNumber, time: datetime) -> Authorisation:
        """The authorisation after its confirmation; the first confirmation counts.

        Raises Refused: GRANT_REVOKED, SECOND_ADMINISTRATOR_REQUIRED.
        """
        if self.revoke_time is not None:
            raise refuse(Reason.GRANT_REVOKED, "authorisation_id")
        if self.confirm_time is not None:
            return self
        if by == self.granted_by:
            raise refuse(Reason.SECOND_ADMINISTRATOR_REQUIRED, "authorisation_id")
        return replace(self, confirmed_by=by, confirm_time=time)

    def revoked(self, by: EnterpriseNumber, time: datetime) -> Authorisation:
        """The authorisation after its revocation; the first revocation counts."""
        return self if self.revoke_time is not None else replace(self, revoked_by=by, revoke_time=time)
