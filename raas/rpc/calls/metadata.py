"""The metadata of a call that belong to RaaS."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from raas.domain.errors import Reason, Violation
from raas.domain.invalid import Invalid
from raas.domain.numbers.enterprise_number import EnterpriseNumber, parse_enterprise_number
from raas.domain.sentences import DEFAULT_LANGUAGE, choose_language
from raas.domain.text import text_violations

LEGAL_CONTEXT = "raas-legal-context"
TICKET = "raas-ticket"
END_USER = "raas-end-user"
ON_BEHALF_OF = "raas-on-behalf-of"
ACCEPT_LANGUAGE = "accept-language"
CALL_ID = "raas-call-id"

_LIMITS = {LEGAL_CONTEXT: 64, TICKET: 36, END_USER: 64}
_LONGEST_NUMBER = 64
_LONGEST_ACCEPT_LANGUAGE = 256


@dataclass(slots=True)
class CallMetadata:
    """The metadata of a call; a value that is not valid is None, and its violation is in `faults`.

    `unidentified`: the violations of the organisation on behalf of which a gateway calls. Without it nothing
    can be decided, so they are refused alone.
    """

    legal_context: str | None = None
    ticket: str | None = None
    end_user: str | None = None
    on_behalf_of: EnterpriseNumber | None = None
    language: str = DEFAULT_LANGUAGE
    faults: tuple[Violation, ...] = ()
    unidentified: tuple[Violation, ...] = ()


def read_metadata(pairs: Iterable[tuple[str, str | bytes]]) -> CallMetadata:
    """The metadata of RaaS among all those of a call; a text that is given twice is a violation."""
    metadata = CallMetadata()
    for key, value in pairs:
        if key == LEGAL_CONTEXT:
            metadata.legal_context = _text(metadata, key, value, metadata.legal_context)
        elif key == TICKET:
            metadata.ticket = _text(metadata, key, value, metadata.ticket)
        elif key == END_USER:
            metadata.end_user = _text(metadata, key, value, metadata.end_user)
        elif key == ON_BEHALF_OF:
            _read_on_behalf_of(metadata, value)
        elif key == ACCEPT_LANGUAGE and isinstance(value, str) and len(value) <= _LONGEST_ACCEPT_LANGUAGE:
            metadata.language = _language(value)
    return metadata


def _read_on_behalf_of(metadata: CallMetadata, value: str | bytes) -> None:
    field = f"metadata.{ON_BEHALF_OF}"
    if metadata.on_behalf_of is not None or metadata.unidentified:
        metadata.unidentified = (Violation(field, Reason.VALUE_INVALID, "DUPLICATE"),)
    elif not isinstance(value, str) or len(value) > _LONGEST_NUMBER:
        metadata.unidentified = (Violation(field, Reason.ENTERPRISE_NUMBER_MALFORMED),)
    else:
        try:
            metadata.on_behalf_of = parse_enterprise_number(value)
        except Invalid as invalid:
            metadata.unidentified = (Violation(field, Reason.ENTERPRISE_NUMBER_MALFORMED, invalid.sentence),)


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
