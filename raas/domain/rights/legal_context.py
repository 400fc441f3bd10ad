"""The catalogue of legal contexts: who may call what in which one."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.rights.validity import ALWAYS, Validity

# LegalContextType of the network's CommonV3.xsd, version 3.3-215; its length is checked apart.
_PATTERN = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_:+\- ]*[a-zA-Z0-9_:+\-]")


def is_legal_context(text: str) -> bool:
    """Whether a text is written like a legal context, such as `PCSA:SOCIAL_INQUIRY`."""
    return _PATTERN.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class LegalContext:
    """A legal context in which an organisation may use some RPCs, and its revocation.

    `rpcs` are full names (`/raas.v1.RegisterService/FindRegisters`). `dossier_types` are those about which it
    may ask, None = all. Audit records in this context are confidential through the day `confidential_until`.
    """

    id: UUID
    organisation: EnterpriseNumber
    legal_context: str
    rpcs: frozenset[str]
    granted_by: EnterpriseNumber
    grant_time: datetime
    dossier_types: frozenset[str] | None = None
    validity: Validity = ALWAYS
    confidential_until: int | None = None
    revoked_by: EnterpriseNumber | None = None
    revoke_time: datetime | None = None

    def is_valid(self, day: int) -> bool:
        """Whether it is allowed on that day in Belgium."""
        return self.revoke_time is None and self.validity.covers(day)

    def may_become_valid(self, day: int) -> bool:
        """Whether it is valid on that day or may be later."""
        return self.revoke_time is None and (self.validity.last is None or day <= self.validity.last)

    def revoked(self, by: EnterpriseNumber, time: datetime) -> LegalContext:
        """The entry after its revocation; the first revocation counts."""
        return self if self.revoke_time is not None else replace(self, revoked_by=by, revoke_time=time)
