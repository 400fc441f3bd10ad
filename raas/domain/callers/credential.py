"""A credential: the proven identity of a caller, and its validity."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from raas.domain.numbers.enterprise_number import EnterpriseNumber


class CredentialRefused(Exception):
    """The credential is not accepted; the text has the reason and never the credential."""


class CredentialUndecided(CredentialRefused):
    """The server lacks what it needs to verify the credential; it may be accepted later."""


class CredentialKind(Enum):
    """The means by which a caller proved its identity."""

    CERTIFICATE = "certificate"
    TOKEN = "token"  # noqa: S105 - the name of a kind, not a secret


@dataclass(frozen=True, slots=True)
class Credential:
    """A verified credential.

    `fingerprint` is the SHA-256 of the certificate (DER) or of the token, in lower-case hexadecimal; it
    identifies the credential in logs, in the audit and in blocks. `public_key` is the SHA-256 of the
    SubjectPublicKeyInfo of the certificate. `certificate` is the one that a token was presented with.
    `issuer_serial` is the issuer's name (RFC 4514) and the serial number in hexadecimal, separated by a
    colon. `token_id` is the claim `jti`. A field that does not exist for the kind is empty. `expires_at` is
    in seconds since 1970.
    """

    kind: CredentialKind
    enterprise_number: EnterpriseNumber
    application: str
    fingerprint: str
    expires_at: float
    public_key: str = ""
    issuer_serial: str = ""
    token_id: str = ""
    rights: frozenset[str] | None = None
    """The rights to which a token is narrowed; None = not narrowed."""
    certificate: Credential | None = None
