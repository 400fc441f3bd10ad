"""The metadata of a call that belong to RaaS."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from raas.domain.errors import Reason, Violation
from raas.domain.sentences import DEFAULT_LANGUAGE, choose_language
from raas.domain.text import text_violations

LEGAL_CONTEXT = "raas-legal-context"
TICKET = "raas-ticket"
ACCEPT_LANGUAGE = "accept-language"
CALL_ID = "raas-call-id"

_LIMITS = {LEGAL_CONTEXT: 64, TICKET: 36}
_LONGEST_ACCEPT_LANGUAGE = 256


@dataclass(slots=True)
class CallMetadata:
    """The metadata of a call; a value that is not valid is None, and its violation is in `faults`."""

    legal_context: str | None = None
    ticket: str | None = None
    language: str = DEFAULT_LANGUAGE
    faults: tuple[Violation, ...] = ()


def read_metadata(pairs: Iterable[tuple[str, str | bytes]]) -> CallMetadata:
    """The metadata of RaaS among all those of a call; a text that is given twice is a violation."""
    metadata = CallMetadata()
    for key, value in pairs:
        if key == LEGAL_CONTEXT:
            metadata.legal_context = _text(metadata, key, value, metadata.legal_context)
        elif key == TICKET:
            metadata.ticket = _text(metadata, key, value, metadata.ticket)
        elif key == ACCEPT_LANGUAGE and isinstance(value, str) and len(value) <= _LONGEST_ACCEPT_LANGUAGE:
            metadata.language = _language(value)
    return metadata


def _text(metadata: CallMetadata, key: str, value: str | bytes, earlier: str | None) -> str | None:
    field = f"metadata.{key}"
    if not isinstance(value, str):
        wrong = [Violation(field, Reason.VALUE_INVALID)]
    elif earlier is not None:
        wrong = [Violation(field, Reason.VALUE_INVALID, "DUPLICATE")]
    else:
        wrong = text_violations(field, value, _LIMITS[key])
    metadata.faults += tuple(wrong)
    return None if wrong or not isinstance(value, str) else value


_language = lru_cache(maxsize=256)(choose_language)
