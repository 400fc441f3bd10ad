"""The caller of a client certificate.

TLS has verified the chain, the validity and the possession of the key before a call arrives. This module
reads whom the certificate names, under the pattern of the authority that issued it.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID

from raas.domain.callers.credential import Credential, CredentialKind, CredentialRefused
from raas.domain.invalid import Invalid
from raas.domain.numbers.enterprise_number import EnterpriseNumber, parse_enterprise_number
from raas.identity.patterns import Pattern

LONGEST_APPLICATION = 128
_REMEMBERED = 10_000
"""Certificates whose reading is remembered; the one unused for longest is forgotten first."""

_UNREADABLE = (
    ValueError,
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
)
"""Errors of cryptography for certificates that it cannot read."""


class CertificateReader:
    """Reads credentials from certificates; a certificate read before costs one look-up.

    `authorities` are the certificates of RAAS_TLS_CLIENT_CA. A new reader is made when they change.
    """

    def __init__(self, authorities: Sequence[x509.Certificate], patterns: Sequence[Pattern]) -> None:
        self._authorities = tuple(authorities)
        self._patterns = tuple(patterns)
        self._read: OrderedDict[bytes, Credential | str] = OrderedDict()

    def read(self, pem: bytes, now: float) -> Credential:
        """The credential that this certificate (PEM) is.

        Raises CredentialRefused: expired, no clientAuth usage, an unknown issuer, no organisation, an
        organisation or application that is named twice with different values.
        """
        known = self._read.get(pem)
        if known is None:
            try:
                known = self._credential(pem)
            except CredentialRefused as refused:
                known = str(refused)
            self._read[pem] = known
            if len(self._read) > _REMEMBERED:
                self._read.popitem(last=False)
        else:
            self._read.move_to_end(pem)
        if isinstance(known, str):
            raise CredentialRefused(known)
        if known.expires_at <= now:
            raise CredentialRefused("the certificate has expired")
        return known

    def _credential(self, pem: bytes) -> Credential:
        try:
            certificate = x509.load_pem_x509_certificate(pem)
            number, application = read_caller(certificate, self._issuer(certificate), self._patterns)
        except _UNREADABLE:
            raise CredentialRefused("the certificate cannot be read") from None
        return Credential(
            CredentialKind.CERTIFICATE,
            number,
            application,
            certificate.fingerprint(hashes.SHA256()).hex(),
            certificate.not_valid_after_utc.timestamp(),
            public_key=public_key_hash(certificate),
            issuer_serial=f"{certificate.issuer.rfc4514_string()}:{certificate.serial_number:x}",
        )

    def _issuer(self, certificate: x509.Certificate) -> x509.Certificate:
        for authority in self._authorities:
            try:
                certificate.verify_directly_issued_by(authority)
            except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
                continue
            return authority
        raise CredentialRefused("the certificate was not issued by a trusted authority")


def read_caller(
    certificate: x509.Certificate, issuer: x509.Certificate, patterns: Sequence[Pattern]
) -> tuple[EnterpriseNumber, str]:
    """The organisation and the application that a certificate of this issuer names.

    Raises CredentialRefused.
    """
    _require_client_usage(certificate)
    named = {pair for pattern in patterns for pair in pattern.read(certificate.subject, issuer)}
    if not named:
        raise CredentialRefused("the certificate names no organisation and application in a known form")
    if len(named) > 1:
        raise CredentialRefused("the certificate names more than one organisation or application")
    ((organisation, application),) = named
    if len(application) > LONGEST_APPLICATION or not application.isprintable():
        raise CredentialRefused("the certificate names an application that is too long or unprintable")
    try:
        return parse_enterprise_number(organisation), application
    except Invalid:
        raise CredentialRefused("the certificate names an invalid enterprise number") from None


def public_key_hash(certificate: x509.Certificate) -> str:
    """The SHA-256 of the SubjectPublicKeyInfo, in lower-case hexadecimal."""
    digest = hashes.Hash(hashes.SHA256())
    digest.update(certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))
    return digest.finalize().hex()


def _require_client_usage(certificate: x509.Certificate) -> None:
    try:
        usages = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        usages = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
    if ExtendedKeyUsageOID.CLIENT_AUTH not in usages:
        raise CredentialRefused("the certificate is not meant for clients (no clientAuth usage)")
