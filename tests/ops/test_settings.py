"""Settings from the environment and from flags, and the error that names all invalid ones."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from raas.ops.addresses import is_loopback, split_address
from raas.ops.audit_settings import AuditPlaces
from raas.ops.settings import LogFormat, LogLevel, SettingsRefused, load_settings


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in (
        "LISTEN",
        "DATABASE_URL",
        "DATA_DIR",
        "NISS_PROFILE",
        "WORKERS",
        "AUTHENTIC_SOURCE",
        "AUTHENTIC_SOURCE_CALLER",
        "METRICS_LISTEN",
        "SHUTDOWN_SECONDS",
        "MAX_LINES",
        "ACCEPT_RECORD_TIMES_UNTIL",
        "LOG_FORMAT",
        "LOG_LEVEL",
    ):
        monkeypatch.delenv(f"RAAS_{name}", raising=False)
    monkeypatch.setenv("RAAS_DEVELOPMENT_IDENTITY", "1")
    return monkeypatch


def problems(**given: object) -> list[str]:
    with pytest.raises(SettingsRefused) as raised:
        load_settings(**given)
    first, *rest = str(raised.value).splitlines()
    assert first == "The server cannot start with these settings:"
    return [line.strip() for line in rest]


def test_settings_have_defaults() -> None:
    settings = load_settings()
    assert settings.listen == "127.0.0.1:50051"
    assert settings.database_url is None
    assert settings.data_dir == Path("var")
    assert settings.niss_profile == "production"
    assert settings.workers == 1
    assert (settings.authentic_source, settings.authentic_source_caller) == ("local", "0999999922")
    assert settings.metrics_listen is None
    assert settings.max_lines == 1_000
    assert settings.accept_record_times_until is None
    assert (settings.log_format, settings.log_level) == (LogFormat.JSON, LogLevel.INFO)


def test_flags_override_the_environment(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("RAAS_LISTEN", "127.0.0.1:1")
    environment.setenv("RAAS_WORKERS", "3")
    environment.setenv("RAAS_NISS_PROFILE", "test")
    environment.setenv("RAAS_LOG_FORMAT", "console")
    settings = load_settings(workers=2, listen=None)
    assert (settings.listen, settings.workers) == ("127.0.0.1:1", 2)
    assert (settings.niss_profile, settings.log_format) == ("test", LogFormat.CONSOLE)


def test_empty_variable_is_ignored(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("RAAS_DATABASE_URL", "")
    environment.setenv("RAAS_METRICS_LISTEN", "")
    settings = load_settings()
    assert (settings.database_url, settings.metrics_listen) == (None, None)


def test_settings_without_an_identity_are_refused(environment: pytest.MonkeyPatch) -> None:
    environment.delenv("RAAS_DEVELOPMENT_IDENTITY")
    (problem,) = problems()
    assert problem.startswith("RAAS_DEVELOPMENT_IDENTITY: there is no way to identify callers")
    assert problems(development_identity=False) == [problem]


@pytest.mark.parametrize("listen", ["0.0.0.0:50051", "[::]:50051", "192.168.1.2:50051", "example.org:50051"])
def test_development_identity_is_refused_on_other_than_loopback_addresses(listen: str) -> None:
    (problem,) = problems(listen=listen)
    assert problem.startswith("RAAS_DEVELOPMENT_IDENTITY: ")
    assert "LISTEN is not one" in problem


@pytest.mark.parametrize("listen", ["127.0.0.1:50051", "127.1.2.3:1", "[::1]:50051", "localhost:0"])
def test_loopback_addresses_are_recognised(listen: str) -> None:
    assert load_settings(listen=listen).listen == listen
    assert is_loopback(split_address(listen)[0])


def test_error_names_every_invalid_setting(
    environment: pytest.MonkeyPatch,
) -> None:
    environment.delenv("RAAS_DEVELOPMENT_IDENTITY")
    environment.setenv("RAAS_WORKERS", "many")
    environment.setenv("RAAS_LISTEN", "50051")
    environment.setenv("RAAS_NISS_PROFILE", "prod")
    environment.setenv("RAAS_DATABASE_URL", "mysql://user:secret@host/db")
    environment.setenv("RAAS_MAX_LINES", "0")
    said = problems(surprise=1)
    assert [line.split(":")[0] for line in said] == [
        "RAAS_LISTEN",
        "RAAS_DEVELOPMENT_IDENTITY",
        "RAAS_DATABASE_URL",
        "RAAS_NISS_PROFILE",
        "RAAS_WORKERS",
        "RAAS_MAX_LINES",
        "RAAS_SURPRISE",
    ]
    assert "secret" not in "".join(said)


def test_password_of_the_database_is_not_shown() -> None:
    settings = load_settings(database_url="postgresql://user:secret@host/db")
    assert settings.database_url is not None
    assert settings.database_url.get_secret_value() == "postgresql://user:secret@host/db"
    assert "secret" not in repr(settings)


@pytest.mark.parametrize(
    "source",
    [
        "local",
        "structure",
        "127.0.0.1:50052",
        "localhost:1",
        "[::1]:50052",
        "192.168.1.2:50051",
        "example.org:1",
    ],
)
def test_authentic_sources_are_accepted(source: str) -> None:
    assert load_settings(authentic_source=source).authentic_source == source


@pytest.mark.parametrize("source", ["remote", "LOCAL", "example.org", "127.0.0.1:0"])
def test_invalid_authentic_sources_are_refused(source: str) -> None:
    (problem,) = problems(authentic_source=source)
    assert problem.startswith("RAAS_AUTHENTIC_SOURCE: ")


def test_identity_for_the_authentic_source_goes_with_another_server_and_is_whole() -> None:
    told = problems(authentic_source_certificate="a.pem", authentic_source_legal_context="a law")
    assert [problem.partition(":")[0] for problem in told] == [
        "RAAS_AUTHENTIC_SOURCE_KEY",
        "RAAS_AUTHENTIC_SOURCE_CERTIFICATE",
        "RAAS_AUTHENTIC_SOURCE_LEGAL_CONTEXT",
    ]
    (problem,) = problems(authentic_source="127.0.0.1:1", authentic_source_key="a.key")
    assert problem.startswith("RAAS_AUTHENTIC_SOURCE_CERTIFICATE: a certificate and its key go together")
    (problem,) = problems(authentic_source="127.0.0.1:1", authentic_source_legal_context="Loi é")
    assert problem.startswith("RAAS_AUTHENTIC_SOURCE_LEGAL_CONTEXT: ")


def test_caller_of_the_authentic_source_must_be_an_enterprise_number() -> None:
    (problem,) = problems(authentic_source_caller="0999999923")
    assert problem == "RAAS_AUTHENTIC_SOURCE_CALLER: write a valid enterprise number, 10 digits"


@pytest.mark.parametrize("text", ["", "host", ":1", "host:", "host:x", "host:65536", "host:-1"])
def test_invalid_addresses_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="host:port"):
        split_address(text)


def test_accepted_record_times_need_a_time_zone(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("RAAS_ACCEPT_RECORD_TIMES_UNTIL", "2027-01-01T01:00:00+01:00")
    assert load_settings().accept_record_times_until == datetime(2027, 1, 1, tzinfo=UTC)
    environment.setenv("RAAS_ACCEPT_RECORD_TIMES_UNTIL", "2027-01-01T01:00:00")
    assert [line.split(":")[0] for line in problems()] == ["RAAS_ACCEPT_RECORD_TIMES_UNTIL"]


PROVEN = {
    "development_identity": False,
    "environment": "acceptance",
    "tls_certificate": "server.pem",
    "tls_key": "server.key",
    "tls_client_ca": "clients.pem",
    "listen_token": "127.0.0.1:50052",
    "token_issuer": "https://issuer.test",
    "token_keys": "https://issuer.test/keys",
    "administrators": "0999999922, 0244640631",
}

PRODUCTION = {
    "environment": "production",
    "embedded_in_production": True,
    "audit_keys": "keys",
    "audit_origin": "raas.example/audit",
    "audit_checkpoint_command": "keep --checkpoint",
    "journal": "journal",
}


def test_settings_of_proven_callers_are_accepted() -> None:
    settings = load_settings(**PROVEN)
    assert settings.administrators == ("0999999922", "0244640631")
    assert settings.token_algorithms == ("ES256", "PS256", "RS256", "Ed25519")


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"environment": None}, ["RAAS_ENVIRONMENT"]),
        ({"tls_certificate": None, "tls_key": None}, ["RAAS_TLS_CERTIFICATE", "RAAS_TLS_KEY"]),
        ({"token_issuer": None, "token_keys": None}, ["RAAS_TOKEN_ISSUER", "RAAS_TOKEN_KEYS"]),
        ({"token_keys": "http://issuer.test/keys"}, ["RAAS_TOKEN_KEYS"] * 2),
        ({"token_algorithms": "ES256,none"}, ["RAAS_TOKEN_ALGORITHMS"]),
        ({"tls_client_ca": None, "tls_patterns": "p.json"}, ["RAAS_TLS_PATTERNS"]),
        ({"tls_client_ca": None, "listen_token": None}, ["RAAS_DEVELOPMENT_IDENTITY"]),
        ({"administrators": "0999999922"}, ["RAAS_ADMINISTRATORS"]),
        ({"administrators": "0999999922 0999999922"}, ["RAAS_ADMINISTRATORS"]),
        ({**PRODUCTION, "embedded_in_production": False}, ["RAAS_EMBEDDED_IN_PRODUCTION"]),
        ({**PRODUCTION, "niss_profile": "test"}, ["RAAS_NISS_PROFILE"]),
        (
            {"environment": "production", "embedded_in_production": True},
            ["RAAS_AUDIT_KEYS", "RAAS_AUDIT_ORIGIN", "RAAS_JOURNAL", "RAAS_AUDIT_CHECKPOINTS"],
        ),
        ({"audit_origin": "two words"}, ["RAAS_AUDIT_ORIGIN"]),
        ({"audit_checkpoint_command": "'"}, ["RAAS_AUDIT_CHECKPOINT_COMMAND"]),
        (
            {"development_identity": True},
            [
                "RAAS_ENVIRONMENT",
                "RAAS_LISTEN_TOKEN",
                "RAAS_TLS_CERTIFICATE",
                "RAAS_TLS_KEY",
                "RAAS_TLS_CLIENT_CA",
                "RAAS_TOKEN_KEYS",
            ],
        ),
    ],
)
def test_settings_of_identity_that_contradict_each_other_are_refused(
    environment: pytest.MonkeyPatch, changes: dict[str, Any], named: list[str]
) -> None:
    environment.delenv("RAAS_NISS_PROFILE", raising=False)
    assert [line.split(":")[0] for line in problems(**{**PROVEN, **changes})] == named


def test_tokens_behind_a_proxy_need_no_certificate_with_allow_plaintext() -> None:
    without_tls = {**PROVEN, "tls_certificate": None, "tls_key": None, "tls_client_ca": None}
    assert load_settings(**without_tls, allow_plaintext=True).listen_token == "127.0.0.1:50052"


def test_audit_of_an_embedded_database_has_places_beside_it(tmp_path: Path) -> None:
    places = load_settings(data_dir=str(tmp_path / "var")).audit_places
    assert places == AuditPlaces(
        tmp_path / "var" / "audit-keys",
        True,
        tmp_path / "var-audit" / "checkpoints",
        None,
        tmp_path / "var-audit" / "journal",
    )
    given = load_settings(audit_keys="/k", audit_checkpoints="/c", journal="/j").audit_places
    assert given == AuditPlaces(Path("/k"), False, Path("/c"), None, Path("/j"))


def test_audit_of_another_database_has_the_places_of_the_settings_alone() -> None:
    settings = load_settings(database_url="postgresql://db/raas", audit_checkpoint_command="keep")
    assert settings.audit_places == AuditPlaces(None, False, None, "keep", None)
