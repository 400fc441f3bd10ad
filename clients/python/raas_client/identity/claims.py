"""The claims of a token, read without verification: only the server can verify them."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from datetime import UTC, datetime

_YEAR_10000 = 253_402_300_800


def read_claims(token: str) -> Mapping[str, object]:
    """The claims of a JSON Web Token; none where the token has another form."""
    parts = token.split(".")
    if len(parts) != 3:
        return {}
    try:
        claims = json.loads(urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except ValueError:
        return {}
    return claims if isinstance(claims, dict) else {}


def expiry_of(token: str) -> float | None:
    """The claim `exp`, in seconds of the epoch; None = not known."""
    expiry = read_claims(token).get("exp")
    if isinstance(expiry, bool) or not isinstance(expiry, int | float) or not 0 < expiry < _YEAR_10000:
        return None
    return float(expiry)


def instant_text(seconds: float) -> str:
    """An instant for people, such as 2026-11-30T12:00:00Z."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
