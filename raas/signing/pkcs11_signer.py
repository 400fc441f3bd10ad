"""Keys in a device that speaks PKCS #11, by the library python-pkcs11 (`pip install 'raas[hsm]'`)."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from raas.domain.audit.note import VerifierKey
from raas.usecases.ports.audit.proof import KeyUnusable

if TYPE_CHECKING:
    import pkcs11

_OCTET_STRING = bytes((0x04, 0x20))
_KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class Pkcs11Place:
    """The place of a key pair: library, token, label or id of the objects, file of the PIN."""

    module: str
    token: str
    label: str | None
    id: bytes | None
    pin_file: Path


def parse_pkcs11_uri(uri: str) -> Pkcs11Place:
    """The place that a URI names (RFC 7512): `pkcs11:token=T;object=LABEL?module-path=FILE&pin-source=FILE`.

    `id` may stand for `object`, or beside it. The PIN itself is not accepted in the URI. Raises KeyUnusable.
    """
    path, _, query = uri.removeprefix("pkcs11:").partition("?")
    try:
        named = dict(part.split("=", 1) for part in path.split(";") if part)
        asked = dict(part.split("=", 1) for part in query.split("&") if part)
    except ValueError:
        raise KeyUnusable("pkcs11: not a URI of RFC 7512") from None
    if "pin-value" in asked:
        raise KeyUnusable("pkcs11: give the PIN in a file, by pin-source")
    try:
        key_id = bytes.fromhex(named["id"].replace("%", "")) if "id" in named else None
        label = unquote(named["object"]) if "object" in named else None
        if key_id is None and label is None:
            raise KeyError("object")
        return Pkcs11Place(
            unquote(asked["module-path"]),
            unquote(named["token"]),
            label,
            key_id,
            Path(unquote(asked["pin-source"]).removeprefix("file:")),
        )
    except KeyError as missing:
        raise KeyUnusable(f"pkcs11: {missing.args[0]} is missing") from None
    except ValueError:
        raise KeyUnusable("pkcs11: id is not hexadecimal") from None


class Pkcs11Signer:
    """The Signer of an Ed25519 key pair in a device; safe to call from any thread.

    The session with the device is opened again after a failure, at the next signature.
    """

    def __init__(self, name: str, place: Pkcs11Place) -> None:
        """Raises KeyUnusable when the device or the key cannot be reached."""
        self._place = place
        self._lock = threading.Lock()
        self._session: pkcs11.Session | None = None
        self._private_key: Any = None  # the library gives its class the method sign at run time
        with self._lock:
            self._key = VerifierKey(name, self._open())

    @property
    def key(self) -> VerifierKey:
        """The public key."""
        return self._key

    def sign(self, message: bytes) -> bytes:
        """The signature of these bytes. Raises KeyUnusable."""
        import pkcs11

        with self._lock:
            if self._private_key is None and self._open() != self._key.public_key:
                raise KeyUnusable("pkcs11: the device holds another key than before")
            try:
                signature: bytes = self._private_key.sign(message, mechanism=pkcs11.Mechanism.EDDSA)
            except pkcs11.PKCS11Error as error:
                self._close()
                raise KeyUnusable(f"pkcs11: {type(error).__name__}") from None
            return signature

    def close(self) -> None:
        """End the session with the device."""
        with self._lock:
            self._close()

    def _open(self) -> bytes:
        """Open a session and find the keys; the public key."""
        try:
            import pkcs11
        except ImportError:
            raise KeyUnusable("pkcs11: python-pkcs11 is not installed: pip install 'raas[hsm]'") from None
        place = self._place
        try:
            pin = place.pin_file.read_text().strip()
            token = pkcs11.lib(place.module).get_token(token_label=place.token)
            try:
                self._session = token.open(user_pin=pin)
            except pkcs11.UserAlreadyLoggedIn:
                self._session = (
                    token.open()
                )  # another session of this process, for another key, has logged in
            self._private_key = self._session.get_key(
                pkcs11.ObjectClass.PRIVATE_KEY, label=place.label, id=place.id
            )
            public = self._session.get_key(pkcs11.ObjectClass.PUBLIC_KEY, label=place.label, id=place.id)
            point = bytes(public[pkcs11.Attribute.EC_POINT]).removeprefix(_OCTET_STRING)
        except OSError as error:
            self._close()
            raise KeyUnusable(f"pkcs11: {place.pin_file}: {error.strerror}") from None
        except (pkcs11.PKCS11Error, RuntimeError) as error:
            self._close()
            raise KeyUnusable(f"pkcs11: {type(error).__name__}") from None
        if len(point) != _KEY_BYTES:
            self._close()
            raise KeyUnusable("pkcs11: the key is not an Ed25519 key")
        return point

    def _close(self) -> None:
        session, self._session, self._private_key = self._session, None, None
        if session is not None:
            session.close()
