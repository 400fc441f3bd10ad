"""The certificates of a client: given as bytes, or in files that are read again when they are renewed."""

from __future__ import annotations

import logging
import ssl
from dataclasses import dataclass, field
from pathlib import Path

from raas_client.identity.files import Watch
from raas_client.options import Pem, Tls

_log = logging.getLogger("raas_client.identity")

_ATTEMPTS = 3
"""Readings of files that are replaced while they are read."""


@dataclass(frozen=True, slots=True)
class TlsMaterial:
    """Certificates and key in PEM, as gRPC takes them; `key` is never shown."""

    ca: bytes | None
    certificate: bytes | None
    key: bytes | None = field(repr=False)


class Certificates:
    """The material of `Tls`. Raises OSError and ValueError for files that cannot be used.

    Renewed files are used once all of them can be read, the key belongs to the certificate and the file of
    authorities holds certificates; until then the last good ones are, and a warning is logged.
    """

    def __init__(self, tls: Tls) -> None:
        self._tls = tls
        self._watch = Watch([each for each in (tls.ca, tls.certificate, tls.key) if isinstance(each, Path)])
        self._material = self._read()

    @property
    def material(self) -> TlsMaterial:
        """The last good material."""
        return self._material

    @property
    def described(self) -> str:
        """The client certificate, in words; "" = none is presented."""
        certificate = self._tls.certificate
        if certificate is None:
            return ""
        if isinstance(certificate, Path):
            return f"the client certificate in {certificate}"
        return "the client certificate"

    def look(self, *, at_once: bool = False) -> bool:
        """Read files that changed again; whether the material is another one now."""
        if not self._watch.changed(at_once=at_once):
            return False
        try:
            material = self._read()
        except (OSError, ValueError) as error:
            _log.warning("the renewed certificates are not used yet: %s", error)
            return False
        if material == self._material:
            return False
        self._material = material
        return True

    def _read(self) -> TlsMaterial:
        certificate, key = self._tls.certificate, self._tls.key
        if isinstance(certificate, Path) and isinstance(key, Path):
            return TlsMaterial(_authorities(self._tls.ca), *_pair(certificate, key))
        return TlsMaterial(_authorities(self._tls.ca), _content(certificate), _content(key))


def _pair(certificate: Path, key: Path) -> tuple[bytes, bytes]:
    """The content of two files that belong together."""
    for _ in range(_ATTEMPTS):
        pair = certificate.read_bytes(), key.read_bytes()
        refusal = _refusal(certificate, key)
        if pair == (certificate.read_bytes(), key.read_bytes()):
            if refusal is not None:
                raise ValueError(refusal)
            return pair
    raise ValueError(f"{certificate} and {key} change while they are read")


def _refusal(certificate: Path, key: Path) -> str | None:
    """Why these files do not go together; None = they do."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    # gRPC decides which keys are strong enough.
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    try:
        # A password would be asked for on the terminal.
        context.load_cert_chain(certificate, key, password="")
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            return f"{key}: the key does not belong to the certificate {certificate}"
        return f"{certificate} and {key} are not a certificate and its unencrypted key in PEM"
    return None


def _authorities(ca: Pem | None) -> bytes | None:
    """The certificates of the authorities. Raises ValueError where a file has none."""
    pem = _content(ca)
    if pem is not None and isinstance(ca, Path):
        try:
            # Comments around the certificates may hold other characters.
            text = pem.decode("ascii", "ignore")
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=text)
        except (ssl.SSLError, ValueError):
            raise ValueError(f"{ca}: it holds no certificates in PEM") from None
    return pem


def _content(pem: Pem | None) -> bytes | None:
    return pem.read_bytes() if isinstance(pem, Path) else pem
