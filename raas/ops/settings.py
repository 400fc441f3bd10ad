"""The settings of a server: environment variables, and flags of the same names."""

from __future__ import annotations

import ipaddress
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    AwareDatetime,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_settings import BaseSettings, SettingsConfigDict

from raas.domain.invalid import Invalid
from raas.domain.numbers.enterprise_number import enterprise_number_text, parse_enterprise_number
from raas.domain.registers.dossier import MAX_LINES

PREFIX = "RAAS_"
LOOPBACK_NAMES = ("localhost",)


class SettingsRefused(Exception):
    """The settings are invalid; the text names each invalid setting and the reason."""


class LogFormat(Enum):
    """The format of log lines."""

    JSON = "json"
    CONSOLE = "console"


class LogLevel(Enum):
    """The lowest level that is logged."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


LOCAL, STRUCTURE = "local", "structure"
"""The authentic sources that are not an address."""


def _address(text: str) -> str:
    split_address(text)
    return text


def split_address(text: str) -> tuple[str, int]:
    """Host and port of `host:port` or `[::1]:port`; port 0 lets the system choose. Raises ValueError."""
    host, _, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not host or not (port.isascii() and port.isdigit()) or int(port) > 65_535:
        raise ValueError("write it as host:port, such as 127.0.0.1:50051")
    return host, int(port)


def _source(text: str) -> str:
    """The data of persons travel to the other server in plaintext and must not leave the machine."""
    if text not in (LOCAL, STRUCTURE):
        try:
            host, port = split_address(text)
        except ValueError:
            raise ValueError(f"write {LOCAL}, {STRUCTURE}, or the host:port of another server") from None
        if not is_loopback(host) or port == 0:
            raise ValueError("the other server is called in plaintext, on a loopback address only")
    return text


def _enterprise_number(text: str) -> str:
    try:
        return enterprise_number_text(parse_enterprise_number(text))
    except Invalid:
        raise ValueError("write a valid enterprise number, 10 digits") from None


Address = Annotated[str, AfterValidator(_address)]


class Settings(BaseSettings):
    """All settings, validated; `load_settings` reads them."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_ignore_empty=True, frozen=True, extra="forbid", case_sensitive=False
    )

    listen: Address = "127.0.0.1:50051"
    """Address of the gRPC service."""
    database_url: SecretStr | None = None
    """`postgresql://…` of a PostgreSQL of version 15 or later; absent = the embedded one."""
    data_dir: Path = Path("var")
    """Data directory of the embedded PostgreSQL."""
    niss_profile: Literal["production", "test"] = "production"
    """`test` also accepts the numbers of fictitious persons."""
    development_identity: Annotated[bool, Field(validate_default=True)] = False
    """Callers name themselves and may do everything; on loopback addresses only."""
    workers: Annotated[int, Field(ge=1, le=256)] = 1
    """Number of processes that share the port."""
    authentic_source: Annotated[str, AfterValidator(_source)] = LOCAL
    """The source that says which NISS exist: `local` (the persons of this database), `structure` (every
    well-formed number exists), or the `host:port` of another RaaS server."""
    authentic_source_caller: Annotated[str, AfterValidator(_enterprise_number)] = "0999999922"
    """The enterprise number under which this server calls the other one."""
    metrics_listen: Address | None = None
    """Address of the Prometheus metrics; absent = none. Worker n listens on the port plus n."""
    shutdown_seconds: Annotated[float, Field(gt=0, le=3_600)] = 10
    """Time that calls in progress have to end when the server stops."""
    max_lines: Annotated[int, Field(ge=1, le=100_000)] = MAX_LINES
    """The most lines a dossier may have."""
    accept_record_times_until: AwareDatetime | None = None
    """Record times up to this instant are accepted, though they are ahead of the clock."""
    log_format: LogFormat = LogFormat.JSON
    log_level: LogLevel = LogLevel.INFO

    @field_validator("database_url")
    @classmethod
    def _postgresql_only(cls, url: SecretStr | None) -> SecretStr | None:
        if url is not None and not url.get_secret_value().startswith(("postgresql://", "postgres://")):
            raise ValueError("write it as postgresql://user:password@host/database")
        return url

    @field_validator("development_identity")
    @classmethod
    def _identity(cls, allowed: bool, earlier: ValidationInfo) -> bool:
        """Refuse a server that nobody can call, and callers without proof of identity from other machines."""
        if not allowed:
            raise ValueError(
                "there is no way to identify callers; set it to 1 for development: callers name themselves"
            )
        listen = earlier.data.get("listen")
        if listen is not None and not is_loopback(split_address(listen)[0]):
            raise ValueError(
                f"callers may name themselves on a loopback address only, and {PREFIX}LISTEN is not one"
            )
        return allowed


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach the host."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host in LOOPBACK_NAMES


def load_settings(**given: Any) -> Settings:
    """The settings: the given value (None = not given), else the environment, else the default.

    Raises SettingsRefused, which names every invalid setting but no value: a database URL may contain a
    password.
    """
    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        problems = "\n".join(f"  {_problem(dict(each))}" for each in error.errors())
        raise SettingsRefused(f"The server cannot start with these settings:\n{problems}") from None


def _problem(error: dict[str, Any]) -> str:
    sentence = error["msg"].removeprefix("Value error, ")
    if not error["loc"]:
        return str(sentence)
    name = str(error["loc"][0]).removeprefix(PREFIX.lower())
    return f"{PREFIX}{name.upper()}: {sentence}"
