"""Every command that works on the database is recorded in the audit before it acts, or does not run."""

from __future__ import annotations

import json
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import click
import psycopg
import pytest
import typer
from typer.testing import CliRunner

from raas.cli import command_line
from raas.maintenance import database as maintenance
from raas.usecases.admin.command_record import Command
from raas.wiring.commands import operator, recorded
from tests.citus import distribute_tables
from tests.conftest import CITUS_DSN, new_database
from tests.eventually import eventually
from tests.lock_waits import waiting_for

GROUNDS = ("--register", "0999999922", "--reason", "Wrong person", "--ticket", "T-1")
COMMANDS: dict[str, tuple[str, ...]] = {
    "audit export": (),
    "audit prove": ("00000000-0000-0000-0000-000000000001",),
    "audit remove": ("--before", "2020-01"),
    "audit verify": (),
    "erase": ("--niss", "85673003360"),
    "migrate": (),
    "person-report": ("85673003360",),
    "renew-log": ("--all",),
    "restore": ("--without-journal",),
    "retention": ("--execute",),
    "restrict": ("85673003360", "A", "2024-01-01", *GROUNDS),
    "restrictions lift": ("00000000-0000-0000-0000-000000000001", *GROUNDS),
    "restrictions list": GROUNDS[:2],
    "trim": ("--all", "--older-than", "12 months"),
}
"""Every command that opens the database, with arguments. A new one is recorded by `work_on_database`."""

OF_A_PERSON = ("erase", "person-report", "restrict")

RECORDS = """
SELECT rpc, kind, credential, peer, outcome, touched::text, details FROM audit_call
ORDER BY time, chain_index"""
COMMAND, BEGIN, SEAL = 4, 5, 6


def commands(group: Any, path: str = "") -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        whole = f"{path} {name}".strip()
        if hasattr(command, "commands"):
            yield from commands(command, whole)
        else:
            yield whole, command


@pytest.fixture(scope="module")
def database(server_dsn: str) -> Iterator[str]:
    with new_database(server_dsn) as dsn:
        yield dsn


def run(dsn: str, kept: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run a command in this process, whatever its exit status."""
    monkeypatch.setattr("raas.cli.database.connection.end_on_signals", lambda: None)
    monkeypatch.setenv("RAAS_AUDIT_KEYS", str(kept))
    monkeypatch.setenv("RAAS_AUDIT_CHECKPOINTS", str(kept))
    arguments = [*name.split(), *COMMANDS[name], "--database-url", dsn]
    CliRunner().invoke(command_line(), arguments)


def migrate(dsn: str) -> None:
    """Migrate the database; on a cluster its tables are distributed."""
    maintenance.migrate(dsn)
    if CITUS_DSN is not None:
        distribute_tables(dsn)


def records(dsn: str) -> list[Any]:
    with psycopg.connect(dsn) as connection:
        return connection.execute(RECORDS).fetchall()


def test_every_command_with_a_database_is_listed_here() -> None:
    root = typer.main.get_command(command_line())
    found = {
        name
        for name, command in commands(root)
        if name != "serve" and "database_url" in {parameter.name for parameter in command.params}
    }
    assert found == set(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_command_is_recorded(
    name: str, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    migrate(database)
    before = len(records(database))
    run(database, tmp_path, name, monkeypatch)
    begin, command, seal = records(database)[before:]
    assert [row[1] for row in (begin, command, seal)] == [BEGIN, COMMAND, SEAL]
    assert {row[0] for row in (begin, command, seal)} == {f"raas {name}"}
    who = operator()
    assert command[2:4] == (f"os:{who.user}", who.host)
    assert "85673003360" not in str(command[6])
    assert (command[5] == "{85673003360}") == (name in OF_A_PERSON)


def test_record_of_a_restriction_has_the_revisions(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    migrate(database)
    before = len(records(database))
    revisions = ("85673003360", "A", "--revision", "3", "--removed-by", "5", *GROUNDS)
    monkeypatch.setitem(COMMANDS, "restrict", revisions)
    run(database, tmp_path, "restrict", monkeypatch)
    _, command, _ = records(database)[before:]
    parameters = json.loads(command[6])
    assert (parameters["revision"], parameters["removed_by"]) == (3, 5)


def test_command_runs_with_the_settings_of_a_server_in_production(
    server_dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = {
        "ENVIRONMENT": "production",
        "LISTEN": "0.0.0.0:50051",
        "LISTEN_TOKEN": "0.0.0.0:50052",
        "TLS_CERTIFICATE": "server.pem",
        "TLS_KEY": "server.key",
        "TLS_CLIENT_CA": "clients.pem",
        "TOKEN_ISSUER": "https://issuer.test",
        "TOKEN_KEYS": "https://issuer.test/keys",
        "ADMINISTRATORS": "0999999922,0244640631",
        "AUDIT_ORIGIN": "raas.test/audit",
        "JOURNAL": "journal",
    }
    for name, value in settings.items():
        monkeypatch.setenv(f"RAAS_{name}", value)
    monkeypatch.delenv("RAAS_DEVELOPMENT_IDENTITY", raising=False)
    with new_database(server_dsn) as dsn:
        migrate(dsn)
        run(dsn, tmp_path, "trim", monkeypatch)
        assert [row[1] for row in records(dsn)] == [BEGIN, COMMAND, SEAL]


def test_migration_that_creates_the_audit_is_recorded_afterwards(
    server_dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with new_database(server_dsn) as dsn:
        run(dsn, tmp_path, "migrate", monkeypatch)
        assert [(row[0], row[1]) for row in records(dsn)] == [
            ("raas migrate", BEGIN),
            ("raas migrate", COMMAND),
            ("raas migrate", SEAL),
        ]
        (details,) = [json.loads(row[6]) for row in records(dsn) if row[1] == COMMAND]
        assert details["distribute"] is False


def test_interruption_waits_until_the_outcome_is_recorded(database: str) -> None:
    migrate(database)
    with (
        psycopg.connect(database) as blocker,
        psycopg.connect(database, autocommit=True) as observer,
        suppress(KeyboardInterrupt),
    ):

        def interrupt() -> None:
            eventually(lambda: waiting_for(blocker, observer) == 1)
            os.kill(os.getpid(), signal.SIGINT)
            blocker.rollback()

        interrupting = threading.Thread(target=interrupt)
        with recorded(database, "raas/audit", Command("raas trim", {"test": "interrupted"})):
            blocker.execute("LOCK TABLE audit_seal IN SHARE MODE")
            interrupting.start()
        interrupting.join()
    assert records(database)[-1][:2] == ("raas trim", SEAL)
    assert records(database)[-1][4] == "OK"


def test_command_that_cannot_be_recorded_does_not_run(
    server_dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with new_database(server_dsn) as dsn:
        migrate(dsn)
        with psycopg.connect(dsn) as connection:
            connection.execute("INSERT INTO register (enterprise_number, name) VALUES (999999922, 'R')")
            heads = "INSERT INTO register_head (register_id, record_time, checksum)"
            connection.execute(f"{heads} SELECT id, now(), '' FROM register")
            connection.execute("ALTER TABLE audit_process ADD CHECK (false) NOT VALID")
            log_id = connection.execute("SELECT log_id FROM register_head").fetchone()
        run(dsn, tmp_path, "renew-log", monkeypatch)
        with psycopg.connect(dsn) as connection:
            assert connection.execute("SELECT log_id FROM register_head").fetchone() == log_id
