"""The files of TLS: certificate, key and client authorities, read again when they change.

Certificates are renewed while the server runs. New files are used once all of them can be read and belong
together; until then the last good ones are kept, and the failure is logged. `watch` looks at the files every
second, so that a failure is known, and an authority that was removed is not trusted, before the next
connection comes.
"""

from __future__ import annotations

import asyncio
import stat
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import structlog
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from raas.identity import IdentityFilesRefused
from raas.identity.certificates import CertificateReader
from raas.identity.patterns import Pattern

log = structlog.get_logger()

LOOK_SECONDS = 1.0
_OF_OTHERS = stat.S_IRWXO
"""Permissions of users who are neither the owner nor in the group, by which some keys are shared."""


class TlsRefused(IdentityFilesRefused):
    """The files cannot be used; the text says which and why, and never holds a key."""


@dataclass(frozen=True, slots=True)
class TlsMaterial:
    """The PEM files of a listener; `reader` reads the certificates of clients.

    `expires_at`, in seconds since 1970, is the end of the certificate's validity.
    """

    certificate: bytes
    key: bytes
    client_authorities: bytes | None
    reader: CertificateReader
    expires_at: float


class TlsFiles:
    """The files of one server. `current` is safe to call from any thread."""

    def __init__(
        self, certificate: Path, key: Path, client_authorities: Path | None, patterns: Sequence[Pattern]
    ) -> None:
        """Raises TlsRefused when the files cannot be used."""
        self._certificate = certificate
        self._key = key
        self._client_authorities = client_authorities
        self._patterns = patterns
        self._lock = threading.Lock()
        self._seen = self._status()
        self._material = self._load()
        self._refused = False

    @property
    def material(self) -> TlsMaterial:
        """The last good material, without a look at the files."""
        return self._material

    @property
    def refused(self) -> bool:
        """Whether the files as they were seen last are not used."""
        return self._refused

    def current(self) -> TlsMaterial:
        """The material of the files as they are now, or the last good one."""
        with self._lock:
            status = self._status()
            if status != self._seen:
                self._seen = status
                try:
                    self._material = self._load()
                    self._refused = False
                    log.info("the TLS files were read again")
                    self.warn_of_readable_key()
                except TlsRefused as refused:
                    self._refused = True
                    log.error("the new TLS files are not used", cause=str(refused))
            return self._material

    async def watch(self) -> None:
        """Look at the files every second until cancelled."""
        while True:
            await asyncio.to_thread(self.current)
            await asyncio.sleep(LOOK_SECONDS)

    def warn_of_readable_key(self) -> None:
        """Log a warning when every user of the machine may read the key."""
        with suppress(OSError):
            if self._key.stat().st_mode & _OF_OTHERS:
                log.warning("others than its owner may use the key of TLS", path=str(self._key))

    def _status(self) -> tuple[object, ...]:
        found: list[object] = []
        for path in (self._certificate, self._key, self._client_authorities):
            try:
                status = path.stat() if path is not None else None
            except OSError:
                found.append("missing")
                continue
            if status is not None:
                # A file that could not be read may be given to this user: its content stays as it was.
                times = status.st_mtime_ns, status.st_ctime_ns
                found.append((*times, status.st_mode, status.st_ino, status.st_size))
        return tuple(found)

    def _load(self) -> TlsMaterial:
        certificate, key = _read(self._certificate), _read(self._key)
        try:
            leaf = x509.load_pem_x509_certificates(certificate)[0]
        except ValueError:
            raise TlsRefused(f"{self._certificate}: it holds no PEM certificate") from None
        try:
            private = load_pem_private_key(key, password=None)
        except (ValueError, TypeError):
            raise TlsRefused(f"{self._key}: it holds no unencrypted PEM key") from None
        encoded = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        if private.public_key().public_bytes(*encoded) != leaf.public_key().public_bytes(*encoded):
            raise TlsRefused(f"{self._key}: the key does not belong to the certificate {self._certificate}")
        expires_at = leaf.not_valid_after_utc.timestamp()
        if self._client_authorities is None:
            return TlsMaterial(certificate, key, None, CertificateReader((), ()), expires_at)
        authorities = _read(self._client_authorities)
        try:
            trusted = x509.load_pem_x509_certificates(authorities)
        except ValueError:
            raise TlsRefused(f"{self._client_authorities}: it holds no PEM certificate") from None
        reader = CertificateReader(trusted, self._patterns)
        return TlsMaterial(certificate, key, authorities, reader, expires_at)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise TlsRefused(f"{path}: {error.strerror}") from None
