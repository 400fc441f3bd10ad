"""Contents: facts about people, stored beside the log, so that they can be erased while the log stays.

The log holds the hash of a content. The hash proves that a stored content is the recorded one. After
erasure it reveals nothing, because the salt is erased too.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

SALT_BYTES = 16


@dataclass(frozen=True, slots=True)
class Content:
    """A content: either its body, or the instant at which it was erased."""

    body: Mapping[str, Any] | None
    erased_time: datetime | None


def content_hash(salt: bytes, body: Mapping[str, Any]) -> bytes:
    """SHA-256 of the salt followed by the body as JSON in UTF-8.

    The JSON is canonical: names sorted, no blanks, letters as they are. The body holds texts, whole
    numbers, true, false, null, lists and objects; no fractions, which can be written in several ways.
    """
    text = json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return sha256(salt + text.encode()).digest()
