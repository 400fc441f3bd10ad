"""Ed25519 signatures, by the library cryptography."""

from __future__ import annotations

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from raas.domain.audit.note import VerifierKey
from raas.usecases.ports.audit.proof import KeyUnusable


class PrivateKeySigner:
    """The Signer of a private key in memory."""

    def __init__(self, name: str, private_key: Ed25519PrivateKey) -> None:
        self._private_key = private_key
        public = private_key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self._key = VerifierKey(name, public)

    @property
    def key(self) -> VerifierKey:
        """The public key."""
        return self._key

    def sign(self, message: bytes) -> bytes:
        """The signature of these bytes."""
        return self._private_key.sign(message)


def signer_of_pem(name: str, pem: bytes) -> PrivateKeySigner:
    """The signer of an unencrypted private key in PEM (PKCS #8). Raises KeyUnusable."""
    try:
        key = load_pem_private_key(pem, password=None)
    except (ValueError, TypeError):
        raise KeyUnusable("it holds no unencrypted PEM key") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyUnusable("its key is not an Ed25519 key")
    return PrivateKeySigner(name, key)


def new_private_pem() -> bytes:
    """A new private key, in PEM (PKCS #8) without encryption."""
    return Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def check_signature(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether, under this public key (32 bytes), this message has this signature."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True
