"""Blocks of credentials: a blocked caller is refused as one that cannot be identified."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from uuid import UUID

from raas.domain.callers.credential import Credential
from raas.domain.numbers.enterprise_number import EnterpriseNumber, enterprise_number_text


class BlockedBy(Enum):
    """The feature of a credential that a block names; names equal those of the fields in the contract."""

    FINGERPRINT = 1
    PUBLIC_KEY = 2
    ISSUER_SERIAL = 3
    TOKEN_ID = 4
    APPLICATION = 5
    ENTERPRISE_NUMBER = 6


@dataclass(frozen=True, slots=True)
class CredentialBlock:
    """A block of every credential with a feature, and its end."""

    id: UUID
    feature: BlockedBy
    value: str
    """In the form in which `Credential` has it; of an organisation the ten digits."""
    reason: str
    granted_by: EnterpriseNumber
    """The administrator that blocked."""
    grant_time: datetime
    revoked_by: EnterpriseNumber | None = None
    revoke_time: datetime | None = None

    def revoked(self, by: EnterpriseNumber, time: datetime) -> CredentialBlock:
        """The block after its end; the first end counts."""
        return self if self.revoke_time is not None else replace(self, revoked_by=by, revoke_time=time)


def features_of(credential: Credential) -> Iterator[tuple[BlockedBy, str]]:
    """The features by which this credential, or the certificate beside a token, may be blocked."""
    yield BlockedBy.FINGERPRINT, credential.fingerprint
    yield BlockedBy.ENTERPRISE_NUMBER, enterprise_number_text(credential.enterprise_number)
    for feature, value in (
        (BlockedBy.PUBLIC_KEY, credential.public_key),
        (BlockedBy.ISSUER_SERIAL, credential.issuer_serial),
        (BlockedBy.TOKEN_ID, credential.token_id),
        (BlockedBy.APPLICATION, credential.application),
    ):
        if value:
            yield feature, value
    if credential.certificate is not None:
        yield from features_of(credential.certificate)
