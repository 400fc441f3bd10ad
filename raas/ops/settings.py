"""The settings of a server: environment variables, and flags of the same names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    AwareDatetime,
    ByteSize,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)

from raas.domain.environment import Environment
from raas.domain.registers.dossier import MAX_LINES
from raas.ops.addresses import Address
from raas.ops.audit_settings import DEFAULT_ORIGIN, AuditPlaces, AuditSettings, audit_places
from raas.ops.identity_settings import PREFIX, refuse_contradictions
from raas.ops.limits_file import load_limits


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


def _limits_file(path: Path) -> Path:
    load_limits(path)
    return path


class Settings(AuditSettings):
    """All settings, validated; `load_settings` reads them."""

    database_url: SecretStr | None = None
    """`postgresql://…` of a PostgreSQL of version 15 or later; absent = the embedded one."""
    database_size: Annotated[ByteSize, Field(gt=0)] | None = None
    """The most bytes that the database may take, such as 500GB; absent = the disk of an embedded database."""
    data_dir: Path = Path("var")
    """Data directory of the embedded PostgreSQL."""
    niss_profile: Literal["production", "test"] = "production"
    """`test` also accepts the numbers of fictitious persons."""
    workers: Annotated[int, Field(ge=1, le=256)] = 1
    """Number of processes that share the port."""
    metrics_listen: Address | None = None
    """Address of the Prometheus metrics; absent = none. Worker n listens on the port plus n."""
    shutdown_seconds: Annotated[float, Field(gt=0, le=3_600)] = 10
    """Time that calls in progress have to end when the server stops."""
    max_lines: Annotated[int, Field(ge=1, le=100_000)] = MAX_LINES
    """The most lines a dossier may have."""
    limits: Annotated[Path, AfterValidator(_limits_file)] | None = None
    """The limits of callers, a TOML file (limits_file.py); absent = the defaults."""
    accept_record_times_until: AwareDatetime | None = None
    """Record times up to this instant are accepted, though they are ahead of the clock."""
    log_format: LogFormat = LogFormat.JSON
    log_level: LogLevel = LogLevel.INFO
    page_token_keys: str | None = None
    """The source of the keys of page tokens, `file:PATH` or `command:…`; absent = a key in the database."""
    embedded_in_production: Annotated[bool, Field(validate_default=True)] = False
    """Confirms that production runs on the embedded database."""

    @property
    def audit_places(self) -> AuditPlaces:
        """The places of the audit outside the database."""
        return audit_places(self, self.data_dir if self.database_url is None else None)

    @property
    def audit_log_name(self) -> str:
        """The name of the first log of the audit."""
        return self.audit_origin or DEFAULT_ORIGIN

    @field_validator("database_url")
    @classmethod
    def _postgresql_only(cls, url: SecretStr | None) -> SecretStr | None:
        if url is not None and not url.get_secret_value().startswith(("postgresql://", "postgres://")):
            raise ValueError("write it as postgresql://user:password@host/database")
        return url

    @field_validator("embedded_in_production")
    @classmethod
    def _production(cls, confirmed: bool, info: ValidationInfo) -> bool:
        if info.data.get("environment") is Environment.PRODUCTION:
            refuse_contradictions(_production_problems(confirmed, info.data))
        return confirmed


def _production_problems(confirmed: bool, given: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if given.get("niss_profile") == "test":
        yield "niss_profile", "production knows no fictitious persons"
    if given.get("database_url") is None and not confirmed:
        yield (
            "embedded_in_production",
            "production on the embedded database must be confirmed: set it to 1, or set DATABASE_URL",
        )
    for name, what in (
        ("audit_keys", "the keys that sign checkpoints of the audit"),
        ("audit_origin", "the name of the log of the audit"),
        ("journal", "the file of ended rights, blocks and erasures"),
    ):
        if given.get(name) is None:
            yield name, f"production needs {what}"
    if given.get("audit_checkpoints") is None and given.get("audit_checkpoint_command") is None:
        yield (
            "audit_checkpoints",
            "production needs a directory or a command that keeps checkpoints of the audit",
        )


class _CommandSettings(Settings):
    """The settings of a command on the database, which serves nobody and identifies no callers."""

    @field_validator("development_identity")
    @classmethod
    def _consistent(cls, development: bool, info: ValidationInfo) -> bool:
        return development


def load_settings(*, serving: bool = True, **given: Any) -> Settings:
    """The settings: the given value (None = not given), else the environment, else the default.

    Where nothing is served, settings that identify callers may be there or not. Raises SettingsRefused, which
    names every invalid setting but no value: a database URL may contain a password.
    """
    settings = Settings if serving else _CommandSettings
    try:
        return settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        sentences = (_problem(dict(each)) for each in error.errors())
        problems = "\n".join(f"  {line}" for sentence in sentences for line in sentence.splitlines())
        what = "The server cannot start" if serving else "The command cannot run"
        raise SettingsRefused(f"{what} with these settings:\n{problems}") from None


def _problem(error: dict[str, Any]) -> str:
    sentence = error["msg"].removeprefix("Value error, ")
    if sentence.startswith(PREFIX):
        # It names the settings itself.
        return str(sentence)
    name = str(error["loc"][0]).removeprefix(PREFIX.lower())
    return f"{PREFIX}{name.upper()}: {sentence}"
