"""The seal of page tokens: nobody outside reads, forges or alters what a token carries."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

from cryptography.fernet import Fernet, InvalidToken

from raas.domain.errors import Reason, refuse


class FernetPageSeal:
    """The PageSeal of ports.py: encrypted and authenticated (Fernet: AES-128-CBC, HMAC-SHA256).

    `key` is 32 bytes, the same in every process on one store.
    """

    def __init__(self, key: bytes) -> None:
        self._fernet = Fernet(base64.urlsafe_b64encode(key))

    def seal(self, content: Mapping[str, Any]) -> str:
        """A token for `content` (JSON values)."""
        return self._fernet.encrypt(json.dumps(content, separators=(",", ":")).encode()).decode()

    def open(self, token: str) -> Mapping[str, Any]:
        """The content of a token made under the same key. Raises Refused PAGE_TOKEN_INVALID."""
        try:
            content: Mapping[str, Any] = json.loads(self._fernet.decrypt(token.encode()))
        except (InvalidToken, UnicodeEncodeError):
            raise refuse(Reason.PAGE_TOKEN_INVALID, "page_token") from None
        return content
