"""The seal of page tokens: callers can neither read nor forge nor alter the content of a token."""

from __future__ import annotations

import base64
import json
import time
from binascii import Error as InvalidBase64
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from raas.domain.errors import Reason, refuse
from raas.usecases.ports.audit.proof import KeyUnusable

KEY_BYTES = 32
_MOST_KEYS = 16


def parse_page_keys(text: bytes) -> Sequence[bytes]:
    """The keys in a text: one a line, 32 bytes in base64, the newest first. Raises KeyUnusable."""
    try:
        keys = [base64.b64decode(line, validate=True) for line in text.split()]
    except InvalidBase64:
        raise KeyUnusable("page tokens: write one key a line, in base64") from None
    if not 1 <= len(keys) <= _MOST_KEYS:
        raise KeyUnusable(f"page tokens: write 1 to {_MOST_KEYS} keys")
    if any(len(key) != KEY_BYTES for key in keys):
        raise KeyUnusable(f"page tokens: a key has {KEY_BYTES} bytes")
    return keys


VALID_SECONDS = 24 * 3600
"""How long a token is accepted: whoever obtains an old one learns nothing from it."""


class FernetPageSeal:
    """The PageSeal of the ports: encrypted and authenticated (Fernet: AES-128-CBC, HMAC-SHA256).

    `keys` are 32 bytes each, the same in every process on one store. The first one seals, all of them open.
    `clock` is in seconds since 1970.
    """

    def __init__(self, *keys: bytes, clock: Callable[[], float] = time.time) -> None:
        self._fernet = MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in keys])
        self._clock = clock

    def seal(self, content: Mapping[str, Any]) -> str:
        """A token for `content` (JSON values)."""
        data = json.dumps(content, separators=(",", ":")).encode()
        return self._fernet.encrypt_at_time(data, int(self._clock())).decode()

    def open(self, token: str) -> Mapping[str, Any]:
        """The content of a token made under the same key less than VALID_SECONDS ago.

        It is accepted only byte for byte as it was given out.

        Raises Refused PAGE_TOKEN_INVALID.
        """
        try:
            # The decoder of base64 passes over foreign characters and spare bits.
            if base64.urlsafe_b64encode(base64.urlsafe_b64decode(token)) != token.encode():
                raise InvalidToken
            content: Mapping[str, Any] = json.loads(
                self._fernet.decrypt_at_time(token, VALID_SECONDS, int(self._clock()))
            )
        except (InvalidToken, InvalidBase64, ValueError):
            raise refuse(Reason.PAGE_TOKEN_INVALID, "page_token") from None
        return content
