"""The seal of page tokens: callers can neither read nor forge nor alter the content of a token."""

from __future__ import annotations

import base64
import json
from binascii import Error as InvalidBase64
from collections.abc import Mapping
from typing import Any

from cryptography.fernet import Fernet, InvalidToken

from raas.domain.errors import Reason, refuse


class FernetPageSeal:
    """The PageSeal of the ports: encrypted and authenticated (Fernet: AES-128-CBC, HMAC-SHA256).

    `key` is 32 bytes, the same in every process on one store.
    """

    def __init__(self, key: bytes) -> None:
        self._fernet = Fernet(base64.urlsafe_b64encode(key))

    def seal(self, content: Mapping[str, Any]) -> str:
        """A token for `content` (JSON values)."""
        return self._fernet.encrypt(json.dumps(content, separators=(",", ":")).encode()).decode()

    def open(self, token: str) -> Mapping[str, Any]:
        """The content of a token made under the same key, accepted only byte for byte as it was given out.

        Raises Refused PAGE_TOKEN_INVALID.
        """
        try:
            # The decoder of base64 passes over foreign characters and spare bits.
            if base64.urlsafe_b64encode(base64.urlsafe_b64decode(token)) != token.encode():
                raise InvalidToken
            content: Mapping[str, Any] = json.loads(self._fernet.decrypt(token))
        except (InvalidToken, InvalidBase64, ValueError):
            raise refuse(Reason.PAGE_TOKEN_INVALID, "page_token") from None
        return content
