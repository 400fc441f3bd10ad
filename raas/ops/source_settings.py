"""The settings of the authentic source."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from raas.ops.addresses import split_address
from raas.ops.identity_settings import EnterpriseNumberText, IdentitySettings, refuse_contradictions

LOCAL, STRUCTURE = "local", "structure"
"""The authentic sources that are not an address."""

_OF_ANOTHER_SERVER = ("ca", "certificate", "key", "server_name", "token_file", "legal_context")


def _source(text: str) -> str:
    if text not in (LOCAL, STRUCTURE):
        try:
            _, port = split_address(text)
        except ValueError:
            port = 0
        if port == 0:
            raise ValueError(f"write {LOCAL}, {STRUCTURE}, or the host:port of another server")
    return text


class SourceSettings(IdentitySettings):
    """The authentic source, and the identity of this server where it is another one."""

    authentic_source: Annotated[str, AfterValidator(_source)] = LOCAL
    """The source that says which NISS exist: `local` (the persons of this database), `structure` (every
    well-formed number exists), or the `host:port` of another RaaS server: by TLS, or, on this machine and
    without the settings of TLS, in plaintext."""
    authentic_source_caller: EnterpriseNumberText = "0999999922"
    """The enterprise number under which this server calls another one that has development identity."""
    authentic_source_ca: Path | None = None
    """The authorities of the certificate of the other server, a PEM file; absent = those of gRPC."""
    authentic_source_certificate: Path | None = None
    """The client certificate of this server, a PEM file; read again when it changes."""
    authentic_source_key: Path | None = None
    """The key of that certificate, an unencrypted PEM file."""
    authentic_source_server_name: str | None = None
    """The name in the certificate of the other server, if it is not the one in its address."""
    authentic_source_token_file: Path | None = None
    """The file that holds the token of this server; read again when it changes."""
    authentic_source_legal_context: Annotated[
        str | None, Field(max_length=64, pattern=r"^[ -~]+$", validate_default=True)
    ] = None
    """The legal context of calls to the other server, where the caller gave none."""

    @field_validator("authentic_source_legal_context")
    @classmethod
    def _of_another_server(cls, context: str | None, info: ValidationInfo) -> str | None:
        """Refuse half a certificate, and settings of another server where there is none."""
        given = {**info.data, "authentic_source_legal_context": context}
        problems = []
        certificate, key = (given.get(f"authentic_source_{name}") for name in ("certificate", "key"))
        if (certificate is None) != (key is None):
            missing = "key" if key is None else "certificate"
            problems.append((f"authentic_source_{missing}", "a certificate and its key go together"))
        if given.get("authentic_source") in (LOCAL, STRUCTURE):
            for name in _OF_ANOTHER_SERVER:
                if given.get(f"authentic_source_{name}") is not None:
                    text = "it goes with AUTHENTIC_SOURCE, the address of another server"
                    problems.append((f"authentic_source_{name}", text))
        refuse_contradictions(problems)
        return context
