"""Search criteria beside an audit record: they can be erased, and the record stays provable.

The record holds a salted hash of the criteria. Without salt and content nobody can guess them from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from secrets import token_bytes

from raas.domain.audit.record import json_text
from raas.domain.json_value import JsonObject

_SALT_BYTES = 16


@dataclass(frozen=True, slots=True)
class Criteria:
    """Criteria as they are kept until they are erased: `content` is canonical JSON."""

    salt: bytes
    content: str

    @property
    def hash(self) -> bytes:
        """The hash that the record holds: SHA-256 of the salt followed by the content in UTF-8."""
        return sha256(self.salt + self.content.encode()).digest()


def salted_criteria(criteria: JsonObject) -> Criteria:
    """Criteria under a new random salt."""
    return Criteria(token_bytes(_SALT_BYTES), json_text(criteria))
