"""Sources of keys: a file, a command, or a device that speaks PKCS #11.

A source is one line of text: `file:PATH`, `command:PROGRAM ARGUMENTS`, or a `pkcs11:` URI (RFC 7512).
"""

from __future__ import annotations

import shlex
import subprocess
from pathlib import Path

from raas.signing.ed25519 import signer_of_pem
from raas.usecases.ports.audit.proof import KeyUnusable, Signer

_SECONDS = 30
_MOST_BYTES = 65_536


def signer_of(name: str, source: str, folder: Path) -> Signer:
    """The signer of a key; paths of files are relative to `folder`. Raises KeyUnusable."""
    if source.startswith("pkcs11:"):
        from raas.signing.pkcs11_signer import Pkcs11Signer, parse_pkcs11_uri

        return Pkcs11Signer(name, parse_pkcs11_uri(source))
    try:
        return signer_of_pem(name, secret_of(source, folder))
    except KeyUnusable as unusable:
        raise KeyUnusable(f"{source.partition(' ')[0]}: {unusable}") from None


def secret_of(source: str, folder: Path) -> bytes:
    """The bytes that a file contains or a command writes to standard output. Raises KeyUnusable.

    A command is run without a shell, and has 30 seconds. Its output never appears in an error.
    """
    kind, _, place = source.partition(":")
    if kind == "file":
        secret = _read(folder / place)
    elif kind == "command":
        secret = _run(place)
    else:
        raise KeyUnusable("write a source as file:PATH, command:PROGRAM ARGUMENTS, or pkcs11:…")
    if not secret or len(secret) > _MOST_BYTES:
        raise KeyUnusable("it holds no key")
    return secret


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_mode & 0o077:
            raise KeyUnusable("others than its owner may read it: chmod 600")
        return path.read_bytes()
    except OSError as error:
        raise KeyUnusable(error.strerror or "it cannot be read") from None


def _run(line: str) -> bytes:
    try:
        done = subprocess.run(  # noqa: S603 - the operator's own command, without a shell
            shlex.split(line), capture_output=True, stdin=subprocess.DEVNULL, timeout=_SECONDS, check=False
        )
    except (OSError, ValueError, IndexError):
        raise KeyUnusable("the command cannot be run") from None
    except subprocess.TimeoutExpired:
        raise KeyUnusable(f"the command took more than {_SECONDS} seconds") from None
    if done.returncode:
        raise KeyUnusable(f"the command ended with status {done.returncode}")
    return done.stdout
