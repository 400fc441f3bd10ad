"""Certificates and tokens for development and tests: an authority and an issuer of one's own.

Nothing here is fit for production: keys lie unencrypted in files.
"""

from __future__ import annotations

import json
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from secrets import token_hex
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

_AHEAD = timedelta(minutes=5)
"""Certificates are valid from a little earlier, for machines whose clocks differ."""
_LIFE = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate and its key, as PEM."""

    certificate: x509.Certificate
    certificate_pem: bytes
    key_pem: bytes


class Authority:
    """A certificate authority of one's own."""

    def __init__(self, name: str) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        builder = _builder(subject, subject, self._key.public_key(), timedelta(days=3_650))
        usage = x509.KeyUsage(
            digital_signature=False,
            content_commitment=False,
            key_encipherment=False,
            data_encipherment=False,
            key_agreement=False,
            key_cert_sign=True,
            crl_sign=True,
            encipher_only=False,
            decipher_only=False,
        )
        # By the identifiers of keys, TLS tells authorities of one name apart, such as an old and a new one.
        own_key = x509.SubjectKeyIdentifier.from_public_key(self._key.public_key())
        self._identifier = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(own_key)
        self.certificate = (
            builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(own_key, critical=False)
            .sign(self._key, hashes.SHA256())
        )

    @property
    def pem(self) -> bytes:
        """The certificate of the authority."""
        return self.certificate.public_bytes(Encoding.PEM)

    def server(self, hosts: Sequence[str]) -> Issued:
        """A certificate for a server under these names and addresses."""
        names = [_general_name(host) for host in hosts]
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, hosts[0])])
        return self._issue(
            subject, [ExtendedKeyUsageOID.SERVER_AUTH], _LIFE, x509.SubjectAlternativeName(names)
        )

    def client(self, enterprise_number: str, application: str, *, life: timedelta = _LIFE) -> Issued:
        """A certificate for an application of an organisation, in the form of the government."""
        return self.issue(
            [
                (
                    NameOID.ORGANIZATIONAL_UNIT_NAME,
                    f"urn:be:fgov:kbo-bce:organization:cbe-number:{enterprise_number}",
                ),
                (NameOID.COMMON_NAME, application),
            ],
            life=life,
        )

    def issue(
        self,
        subject: Iterable[tuple[ObjectIdentifier, str]],
        usages: Sequence[ObjectIdentifier] = (ExtendedKeyUsageOID.CLIENT_AUTH,),
        *,
        life: timedelta = _LIFE,
    ) -> Issued:
        """A certificate with this subject and these extended key usages (none = without the extension)."""
        name = x509.Name([x509.NameAttribute(attribute, value) for attribute, value in subject])
        return self._issue(name, usages, life, None)

    def _issue(
        self,
        subject: x509.Name,
        usages: Sequence[ObjectIdentifier],
        life: timedelta,
        names: x509.SubjectAlternativeName | None,
    ) -> Issued:
        key = ec.generate_private_key(ec.SECP256R1())
        builder = _builder(subject, self.certificate.subject, key.public_key(), life)
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        builder = builder.add_extension(self._identifier, critical=False)
        if usages:
            builder = builder.add_extension(x509.ExtendedKeyUsage(usages), critical=False)
        if names is not None:
            builder = builder.add_extension(names, critical=False)
        certificate = builder.sign(self._key, hashes.SHA256())
        key_pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return Issued(certificate, certificate.public_bytes(Encoding.PEM), key_pem)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, life: timedelta
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _AHEAD)
        .not_valid_after(now + life)
    )


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        return x509.DNSName(host)


class TokenIssuer:
    """An issuer of tokens of one's own; its key is kept in `folder`, or made there."""

    ISSUER = "https://issuer.raas.example"
    AUDIENCE = "raas"

    def __init__(self, folder: Path) -> None:
        path = folder / "token-issuer.jwk"
        if path.exists():
            self._key = ECKey.import_key(json.loads(path.read_text()))
        else:
            folder.mkdir(parents=True, exist_ok=True)
            self._key = new_key()
            path.touch(mode=0o600)
            path.write_text(json.dumps(self._key.as_dict(private=True)))
        self.key_set = folder / "token-issuer.jwks.json"
        self.key_set.write_bytes(key_set_of([self._key]))

    def token(
        self,
        enterprise_number: str,
        application: str,
        *,
        seconds: int = 3_600,
        since: int = 0,
        scope: str | None = None,
        certificate: x509.Certificate | None = None,
    ) -> str:
        """An access token that is valid for so many seconds, from now (or `since` seconds later) on.

        `certificate` is the client certificate to which it is bound.
        """
        now = int(time.time()) + since
        claims: dict[str, Any] = {
            "iss": self.ISSUER,
            "aud": self.AUDIENCE,
            "iat": now,
            "exp": now + seconds,
            "jti": token_hex(16),
            "enterprise_number": enterprise_number,
            "client_id": application,
        }
        if scope is not None:
            claims["scope"] = scope
        if certificate is not None:
            thumbprint = urlsafe_b64encode(certificate.fingerprint(hashes.SHA256())).decode().rstrip("=")
            claims["cnf"] = {"x5t#S256": thumbprint}
        return signed(claims, self._key)


def new_key() -> ECKey:
    """A key for signing tokens, with a `kid`."""
    key = ECKey.generate_key("P-256", {"use": "sig"})
    return ECKey.import_key({**key.as_dict(private=True), "kid": key.thumbprint()})


def key_set_of(keys: Iterable[ECKey]) -> bytes:
    """The public key set of these keys, as JSON."""
    return json.dumps(KeySet(list(keys)).as_dict(private=False)).encode()


def signed(claims: Mapping[str, Any], key: ECKey, **header: str) -> str:
    """A token with these claims; `header` changes or adds header fields."""
    return jwt.encode({"alg": "ES256", "typ": "at+jwt", "kid": key.kid, **header}, dict(claims), key)
