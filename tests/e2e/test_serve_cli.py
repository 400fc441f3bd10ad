"""`raas serve` and `raas migrate`: their errors."""

from __future__ import annotations

import json
import os
import re
import signal
from base64 import b64encode
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

from raas.app import CONNECTIONS
from tests.conftest import ALWAYS_EMBEDDED, GIVEN_DSN, new_database
from tests.e2e.servers import Server, clean_environment, free_port, raas, running_server
from tests.eventually import eventually


def environment(directory: Path, **settings: str) -> dict[str, str]:
    return clean_environment() | {
        "RAAS_LISTEN": f"127.0.0.1:{free_port()}",
        "RAAS_DATA_DIR": str(directory / "var"),
        **settings,
    }


def test_serve_without_an_identity_is_refused(tmp_path: Path) -> None:
    done = raas("serve", environment=environment(tmp_path), status=1)
    assert "RAAS_DEVELOPMENT_IDENTITY" in done.stderr
    assert not (tmp_path / "var").exists()


def test_serve_names_every_invalid_setting(tmp_path: Path) -> None:
    wrong = environment(tmp_path, RAAS_DEVELOPMENT_IDENTITY="1", RAAS_WORKERS="0")
    done = raas("serve", "--niss-profile", "fantasy", "--listen", "here", environment=wrong, status=1)
    for name in ("RAAS_WORKERS", "RAAS_NISS_PROFILE", "RAAS_LISTEN"):
        assert name in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", [("serve",), ("migrate",), ("erase",)])
def test_unreadable_database_url_is_refused_without_showing_it(
    tmp_path: Path, command: tuple[str, ...]
) -> None:
    given = environment(
        tmp_path, RAAS_DEVELOPMENT_IDENTITY="1", RAAS_DATABASE_URL="postgresql://u:secret@[bad"
    )
    done = raas(*command, environment=given, status=1)
    assert done.stderr == "raas: the URI of the database cannot be read\n"


def test_flag_of_serve_overrides_the_environment(tmp_path: Path) -> None:
    set_so = environment(tmp_path, RAAS_DEVELOPMENT_IDENTITY="1")
    done = raas("serve", "--no-development-identity", environment=set_so, status=1)
    assert "RAAS_DEVELOPMENT_IDENTITY" in done.stderr


def test_crash_in_native_code_leaves_the_lines_of_code_in_the_log(tmp_path: Path) -> None:
    with running_server(tmp_path) as server:
        os.kill(server.pid, signal.SIGSEGV)
        eventually(lambda: not server.running)
        written = server.log.read_text()
    assert "Fatal Python error" in written
    # The lines of a greenlet begin in the greenlet: often the event loop, sometimes a statement.
    assert re.search(r'\(most recent call first\):\n  File ".+", line [0-9]+ in ', written)


def test_serve_on_a_port_in_use_is_refused(server: Server, tmp_path: Path) -> None:
    taken = environment(tmp_path, RAAS_DEVELOPMENT_IDENTITY="1", RAAS_LISTEN=server.target)
    for flags in ((), ("--demo",), ("--workers", "2")):
        done = raas("serve", *flags, environment=taken, status=1)
        assert done.stderr.splitlines()[-1].startswith("raas: ")
        assert server.target in done.stderr or "in use" in done.stderr


@pytest.mark.skipif(GIVEN_DSN is not None, reason="the server of this run has no directory of its own")
def test_serve_on_a_data_directory_in_use_is_refused(server: Server) -> None:
    second = server.environment | {"RAAS_LISTEN": f"127.0.0.1:{free_port()}"}
    done = raas("serve", environment=second, status=1)
    assert f"is in use by process {server.pid}" in done.stderr


def test_serve_on_a_database_that_is_not_migrated_is_refused(tmp_path: Path, server_dsn: str) -> None:
    with new_database(server_dsn) as dsn:
        given = environment(tmp_path, RAAS_DEVELOPMENT_IDENTITY="1", RAAS_DATABASE_URL=dsn)
        assert "raas migrate" in raas("serve", environment=given, status=1).stderr
        assert "before: empty" in raas("migrate", environment=given).stdout
        found = json.loads(raas("migrate", "--json", environment=given).stdout)
        assert found["found"] == found["now"]
        assert_page_token_keys_are_read(tmp_path, dsn, given)
    assert not (tmp_path / "var").exists()


def assert_page_token_keys_are_read(directory: Path, dsn: str, given: dict[str, str]) -> None:
    """A server takes the keys of page tokens from outside the database, and does not start without them."""
    keys = directory / "page-tokens.keys"
    flags = ("--page-token-keys", f"file:{keys}")
    done = raas("serve", *flags, environment=given, status=1)
    assert "No such file" in done.stderr
    assert "Traceback" not in done.stderr
    keys.touch(mode=0o600)
    keys.write_bytes(b64encode(bytes(32)) + b"\n")
    server = Server(directory, dsn, *flags)
    server.start()
    assert server.stop() == 0
    with psycopg.connect(dsn) as connection:
        assert connection.execute("SELECT count(*) FROM secret").fetchone() == (0,)


def test_serve_with_more_workers_than_connections_is_refused(tmp_path: Path, server_dsn: str) -> None:
    with new_database(server_dsn) as dsn, psycopg.connect(server_dsn, autocommit=True) as connection:
        connection.execute(f'ALTER DATABASE "{make_url(dsn).database}" CONNECTION LIMIT 30')
        given = environment(tmp_path, RAAS_DEVELOPMENT_IDENTITY="1", RAAS_DATABASE_URL=dsn)
        raas("migrate", environment=given)
        done = raas("serve", "--workers", "2", environment=given, status=1)
    missing = 2 * CONNECTIONS - 30
    assert f"set RAAS_WORKERS to at most 1, or raise the limit by {missing}" in done.stderr
    assert "Traceback" not in done.stderr


@ALWAYS_EMBEDDED
def test_migrate_works_on_the_embedded_database_with_and_without_a_server(tmp_path: Path) -> None:
    alone = environment(tmp_path)
    first = json.loads(raas("migrate", "--json", environment=alone).stdout)
    assert first["found"] is None
    server = Server(tmp_path)
    server.start()
    beside = json.loads(raas("migrate", "--json", environment=server.environment).stdout)
    assert beside == {"complete": True, "found": first["now"], "now": first["now"]}
    assert server.stop() == 0
