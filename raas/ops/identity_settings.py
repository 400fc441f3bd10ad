"""The settings of the identification of callers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from raas.domain.environment import Environment
from raas.domain.invalid import Invalid
from raas.domain.numbers.enterprise_number import enterprise_number_text, parse_enterprise_number
from raas.identity.tokens import ALGORITHMS
from raas.ops.addresses import Address, is_loopback, split_address

PREFIX = "RAAS_"


def _enterprise_number(text: str) -> str:
    try:
        return enterprise_number_text(parse_enterprise_number(text))
    except Invalid:
        raise ValueError("write a valid enterprise number, 10 digits") from None


def _words(text: object) -> object:
    return tuple(text.replace(",", " ").split()) if isinstance(text, str) else text


def _algorithms(names: tuple[str, ...]) -> tuple[str, ...]:
    if not names or not set(names) <= set(ALGORITHMS):
        raise ValueError(f"choose from {', '.join(ALGORITHMS)}")
    return names


def _keys(text: str) -> str:
    if "://" in text and not text.startswith("https://"):
        raise ValueError("write an https:// URL or the path of a file")
    return text


EnterpriseNumberText = Annotated[str, AfterValidator(_enterprise_number)]
EnterpriseNumbers = Annotated[tuple[EnterpriseNumberText, ...], BeforeValidator(_words)]
Algorithms = Annotated[tuple[str, ...], BeforeValidator(_words), AfterValidator(_algorithms)]
KeysSource = Annotated[str, AfterValidator(_keys)]


class IdentitySettings(BaseSettings):
    """The listeners, and the identification of the callers on them."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_ignore_empty=True, frozen=True, extra="forbid", case_sensitive=False
    )

    listen: Address = "127.0.0.1:50051"
    """Address of the gRPC service: mutual TLS, or plaintext under development identity."""
    listen_token: Address | None = None
    """Address of the gRPC service for callers with bearer tokens; absent = none."""
    listen_health: Address | None = None
    """Address of the health service alone, in plaintext, for probes; absent = none."""
    connection_age_seconds: Annotated[int, Field(ge=1, le=86_400)] = 3_600
    """After so long, varied by a tenth, a connection of callers with credentials takes no new calls."""
    connection_grace_seconds: Annotated[int, Field(ge=1, le=86_400)] = 3_600
    """How long calls in flight may still take on such a connection; longer than the longest Export."""
    environment: Environment | None = None
    """The purpose of the server: production, acceptance or test; test under development identity."""
    tls_certificate: Path | None = None
    """The certificate chain of the server, a PEM file; read again when it changes."""
    tls_key: Path | None = None
    """The key of the certificate, an unencrypted PEM file."""
    tls_client_ca: Path | None = None
    """The authorities of client certificates, a PEM file; absent = no client certificates."""
    tls_patterns: Path | None = None
    """The patterns of organisation and application in client certificates, a JSON file; absent = Belgian."""
    token_issuer: str | None = None
    """The claim `iss` of accepted tokens."""
    token_audience: str = "raas"
    """The claim `aud` of accepted tokens."""
    token_keys: KeysSource | None = None
    """The JSON Web Key Set of the issuer: an https URL or a file."""
    token_algorithms: Annotated[Algorithms, NoDecode] = ALGORITHMS
    """The signature algorithms accepted, separated by commas."""
    token_organisation_claim: str = "enterprise_number"
    """The claim that names the organisation; nested claims with dots."""
    token_application_claim: str = "client_id"
    """The claim that names the application."""
    token_scope_prefix: str = "scope:cbss:api:raas:"
    """Scopes with this prefix narrow a token to the rights that they name."""
    token_skew_seconds: Annotated[int, Field(ge=0, le=300)] = 30
    """The accepted difference between the clocks of the issuer and of this server."""
    legal_contexts: bool | None = None
    """Whether persons, routing, checks and bulk reads need an allowed legal context; in production always."""
    allow_plaintext: bool = False
    """Serve LISTEN_TOKEN without TLS, behind a proxy that ends it."""
    administrators: Annotated[EnterpriseNumbers, NoDecode] = ()
    """The first administrators: two organisations at least, separated by commas."""
    development_identity: Annotated[bool, Field(validate_default=True)] = False
    """Callers name themselves and may do everything; on loopback addresses only."""

    @property
    def legal_contexts_required(self) -> bool:
        """Whether callers must name a legal context that the catalogue allows them."""
        return self.environment is Environment.PRODUCTION or bool(self.legal_contexts)

    @property
    def listeners(self) -> Mapping[str, str]:
        """The addresses on which the server listens, by the name of the setting."""
        certificates = self.development_identity or self.tls_client_ca is not None
        wanted = {
            "listen": self.listen if certificates else None,
            "listen_token": self.listen_token,
            "listen_health": self.listen_health,
        }
        return {name: address for name, address in wanted.items() if address is not None}

    @property
    def admissions_required(self) -> bool:
        """Whether organisations without a valid admission have no rights."""
        return self.environment is Environment.PRODUCTION

    @property
    def addresses(self) -> tuple[str, ...]:
        """The addresses on which the server listens."""
        return tuple(self.listeners.values())

    @field_validator("development_identity")
    @classmethod
    def _consistent(cls, development: bool, info: ValidationInfo) -> bool:
        """Refuse settings that contradict each other; settings that are invalid alone are refused before."""
        refuse_contradictions(_problems(development, info.data))
        return development


def refuse_contradictions(problems: Iterable[tuple[str, str]]) -> None:
    """Raise ValueError with a line for each problem: the name of a setting, and a sentence."""
    lines = [f"{PREFIX}{name.upper()}: {sentence}" for name, sentence in problems]
    if lines:
        raise ValueError("\n".join(lines))


def _problems(development: bool, given: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if development:
        yield from _development_problems(given)
        return
    certificates, tokens = given.get("tls_client_ca"), given.get("listen_token")
    if certificates is None and tokens is None:
        yield (
            "development_identity",
            "there is no way to identify callers: set TLS_CLIENT_CA for client certificates or "
            "LISTEN_TOKEN for tokens; for development, set this to 1, and callers name themselves",
        )
        return
    if given.get("environment") is None:
        yield "environment", "say what the server is used for: production, acceptance or test"
    if certificates is not None or not given.get("allow_plaintext"):
        yield from _missing(given, ("tls_certificate", "tls_key"), "a listener with TLS needs it")
    if given.get("tls_patterns") is not None and certificates is None:
        yield "tls_patterns", "it reads client certificates and goes with TLS_CLIENT_CA"
    if tokens is not None:
        yield from _missing(given, ("token_issuer", "token_keys"), "tokens cannot be verified without it")
    if len(set(given.get("administrators", ()))) < 2:
        yield "administrators", "name the first administrators: two organisations at least"


def _missing(given: Mapping[str, Any], names: Iterable[str], why: str) -> Iterator[tuple[str, str]]:
    return ((name, why) for name in names if given.get(name) is None)


def _development_problems(given: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    listen = given.get("listen")
    if listen is not None and not is_loopback(split_address(listen)[0]):
        yield (
            "development_identity",
            "callers may name themselves on a loopback address only, and LISTEN is not one",
        )
    if given.get("environment") not in (None, Environment.TEST):
        yield "environment", "callers that name themselves are for tests only"
    others = ("listen_token", "tls_certificate", "tls_key", "tls_client_ca", "tls_patterns", "token_keys")
    for name in others:
        if given.get(name) is not None:
            yield name, "it does not go together with callers that name themselves (DEVELOPMENT_IDENTITY)"
