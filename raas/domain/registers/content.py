"""Contents: facts about people that stand beside the log, so that they can be erased and it cannot.

The log holds the hash of a content. A content that was not erased can be proved to be the one that was
recorded; one that was erased leaves a number that says nothing, for the salt went with it.
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
    """A content as it now is: either its body, or the instant at which it was erased."""

    body: Mapping[str, Any] | None
    erased_time: datetime | None


def content_hash(salt: bytes, body: Mapping[str, Any]) -> bytes:
    """SHA-256 of the salt followed by the body as JSON in UTF-8.

    The JSON is canonical: names sorted, no blanks, letters as they are. The body holds texts, whole
    numbers, true, false, null, lists and objects; no fractions, which have no one spelling.
    """
    text = json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return sha256(salt + text.encode()).digest()
