"""The settings that the supervisor hands to its workers."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from raas.ops.settings import load_settings
from raas.supervisor import settings_environment

OWN_DATABASE: dict[str, Any] = {
    "environment": "production",
    "listen": "127.0.0.1:50551",
    "tls_certificate": "server.pem",
    "tls_key": "server.key",
    "tls_client_ca": "clients.pem",
    "administrators": "0206731645,0316380841",
    "database_url": "postgresql://raas:secret@db/raas",
    "audit_keys": "/audit/keys",
    "audit_origin": "raas.example/audit",
    "audit_checkpoint_command": "keep --in 'two words'",
    "journal": "/audit/journal",
    "authentic_source": "structure",
    "workers": 2,
    "accept_record_times_until": datetime(2026, 7, 1, tzinfo=UTC),
}
EMBEDDED: dict[str, Any] = {
    "development_identity": True,
    "data_dir": "there",
    "workers": 3,
    "log_format": "console",
}


@pytest.mark.parametrize("flags", [OWN_DATABASE, EMBEDDED])
def test_worker_has_the_settings_that_its_supervisor_got_as_flags(
    monkeypatch: pytest.MonkeyPatch, flags: dict[str, Any]
) -> None:
    given = load_settings(**flags)
    for name, value in settings_environment(given).items():
        monkeypatch.setenv(name, value)
    assert load_settings() == given


def test_worker_on_a_database_given_as_a_flag_keeps_no_audit_beside_a_data_directory(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    flags = EMBEDDED | {"data_dir": str(tmp_path), "database_url": "postgresql://db/raas"}
    given = load_settings(**flags)
    for name, value in settings_environment(given).items():
        monkeypatch.setenv(name, value)
    places = load_settings().audit_places
    assert places == given.audit_places
    assert places.journal is None
