"""The caller: the metadata of every call."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, fields

import grpc.aio

AUTHORIZATION = "authorization"

_METADATA = re.compile(r"[ -~]*")
_EXAMPLES = {
    "enterprise_number": "0999999922",
    "register": "0999999922",
    "language": "fr",
    "legal_context": "Law of 15 January 1990, art. 6",
    "ticket": "case 4711",
    "on_behalf_of": "0999999922",
    "end_user": "user-17",
}


@dataclass(frozen=True, slots=True)
class Caller:
    """The metadata of every call, and the register that requests name; see `RaasClient`."""

    enterprise_number: str | None = None
    register: str | None = None
    language: str = "en"
    legal_context: str | None = None
    ticket: str | None = None
    on_behalf_of: str | None = None
    end_user: str | None = None

    def __post_init__(self) -> None:
        """Raise TypeError or ValueError, naming the option, for what gRPC could not send."""
        for field in fields(self):
            value = getattr(self, field.name)
            if value is None:
                continue
            if not isinstance(value, str):
                kind = type(value).__name__
                raise TypeError(f"{field.name} is a text, such as {_EXAMPLES[field.name]!r}, not {kind}")
            if _METADATA.fullmatch(value) is None:
                raise ValueError(
                    f"{field.name} travels as metadata of gRPC, which takes printable ASCII only:"
                    f" write {_ascii(value)!r} for {value!r}"
                )

    @property
    def organisation(self) -> str | None:
        """The organisation whose register is meant where a request names none, as far as it is known here."""
        return self.on_behalf_of or self.enterprise_number

    def metadata(self, token: str | None = None) -> grpc.aio.Metadata:
        """The metadata of gRPC, with the token of the caller."""
        pairs = (
            (AUTHORIZATION, None if token is None else f"Bearer {token}"),
            ("raas-enterprise-number", self.enterprise_number),
            ("accept-language", self.language),
            ("raas-legal-context", self.legal_context),
            ("raas-ticket", self.ticket),
            ("raas-on-behalf-of", self.on_behalf_of),
            ("raas-end-user", self.end_user),
        )
        return grpc.aio.Metadata(*((key, value) for key, value in pairs if value is not None))


def _ascii(text: str) -> str:
    """The text without accents, with ? for other characters."""
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().replace("\n", " ") or "?"
