"""The rules for free texts that are stored."""

from __future__ import annotations

import re

from raas.domain.errors import Reason, Violation

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
# Line and paragraph separators; the direction controls of Unicode (Bidi_Control); other characters without a
# glyph, except the joiners U+200C and U+200D, which some scripts need; noncharacters.
_INVISIBLE = re.compile(
    "[\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
    "\u00ad\u180e\u200b\u2060-\u2065\u206a-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e0fff\ufdd0-\ufdef\ufffe\uffff]"
)


def text_violations(field: str, text: str, limit: int) -> list[Violation]:
    """Everything wrong with a text that must have 1 to `limit` characters and be readable as it is stored.

    VALUE_INVALID if it is empty or blank, too long, or contains control characters, line separators,
    direction controls or other invisible characters.
    """
    return [*storable_text_violations(field, text, limit), *invisible_violations(field, text)]


def storable_text_violations(field: str, text: str, limit: int) -> list[Violation]:
    """The violations of a text that cannot be stored: `text_violations` without `invisible_violations`.

    Control characters (line breaks and NUL among them) break logs, files, the database and the canonical form
    of a mutation.
    """
    violations: list[Violation] = []
    if not text.strip():
        violations.append(Violation(field, Reason.VALUE_INVALID, "TEXT_EMPTY"))
    if len(text) > limit:
        violations.append(Violation(field, Reason.VALUE_INVALID, "TEXT_TOO_LONG", {"limit": str(limit)}))
    # Not looked for in the whole of a text that is far too long.
    if _CONTROL.search(text, 0, 2 * limit):
        violations.append(Violation(field, Reason.VALUE_INVALID, "CONTROL_CHARACTERS"))
    return violations


def invisible_violations(field: str, text: str) -> list[Violation]:
    """VALUE_INVALID if a text contains invisible characters: two texts that look alike could then differ."""
    if text.isascii() or _INVISIBLE.search(text) is None:
        return []
    return [Violation(field, Reason.VALUE_INVALID, "INVISIBLE_CHARACTERS")]


def has_letter(text: str) -> bool:
    """Whether a text contains a letter of any script."""
    return any(map(str.isalpha, text))
