"""`raas migrate --distribute` says what it did, and refuses databases that are no cluster."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from raas.cli import command_line
from tests.conftest import CITUS_DSN, new_database
from tests.storage.schema.citus_double import cluster_dsn, install_extension


@pytest.fixture
def database(server_dsn: str) -> Iterator[str]:
    """The DSN of an empty database, of a coordinator once the stand-in for the extension is installed."""
    with new_database(server_dsn) as dsn:
        yield dsn if CITUS_DSN else cluster_dsn(dsn)


def migrate(*arguments: str) -> Result:
    return CliRunner().invoke(command_line(), ["migrate", *arguments])


def test_tables_distributed_now_and_before_are_named(database: str) -> None:
    if CITUS_DSN is None:
        install_extension(database)
    first = migrate("--database-url", database, "--distribute", "--shards", "3")
    assert first.exit_code == 0
    assert "distributed over 3 shards: register_head, dossier, " in first.stdout
    assert "copied to every node: register, dossier_type, " in first.stdout
    second = migrate("--database-url", database, "--distribute", "--json")
    assert second.exit_code == 0
    told = json.loads(second.stdout)
    assert told["complete"]
    assert (told["distribution"]["distributed"], told["distribution"]["shards"]) == ([], 3)
    assert {"register", "register_head"} <= set(told["distribution"]["before"])
    third = migrate("--database-url", database, "--distribute", "--shards", "4")
    assert (third.exit_code, "3 shards already" in third.stderr) == (1, True)


def test_tables_of_a_migrated_database_are_distributed(database: str) -> None:
    if CITUS_DSN is None:
        install_extension(database)
    assert migrate("--database-url", database).exit_code == 0
    done = migrate("--database-url", database, "--distribute", "--shards", "3")
    assert (done.exit_code, done.stderr) == (0, "")
    assert "distributed over 3 shards: register_head, dossier, " in done.stdout


@pytest.mark.skipif(CITUS_DSN is not None, reason="for a plain PostgreSQL")
def test_database_without_the_extension_is_refused_before_it_is_migrated(database: str) -> None:
    done = migrate("--database-url", database, "--distribute", "--json")
    assert done.exit_code == 1
    told = json.loads(done.stdout)
    assert not told["complete"]
    assert "found" not in told
    assert "has no extension citus" in done.stderr


def test_embedded_database_is_refused_and_not_created(tmp_path: Path) -> None:
    done = migrate("--data-dir", str(tmp_path / "var"), "--distribute")
    assert done.exit_code == 1
    assert "the embedded PostgreSQL is not a cluster" in done.stderr
    assert not (tmp_path / "var").exists()


def test_number_of_shards_needs_distribute() -> None:
    done = migrate("--shards", "3")
    assert done.exit_code == 2
    assert "--shards belongs to --distribute" in done.stderr
