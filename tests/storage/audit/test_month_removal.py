"""`raas audit remove` on a database with checkpoints: what remains is still provable."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import psycopg
import pytest
from typer.testing import CliRunner

from raas.cli import command_line
from raas.maintenance.database import migrate
from tests.conftest import CITUS_DSN, new_database
from tests.storage.audit.test_verification import LoggedDatabase, filled_database
from tests.usecases.proof.sample_log import ORIGIN

pytestmark = pytest.mark.skipif(CITUS_DSN is not None, reason="rows are written without naming their node")

OLD = """
SELECT (SELECT count(*) FROM audit_call WHERE time < '2026-02-01')
  + (SELECT count(*) FROM audit_write WHERE time < '2026-02-01')"""


def remove(logged: LoggedDatabase, *arguments: str, status: int = 0) -> Any:
    done = CliRunner().invoke(
        command_line(), ["audit", "remove", "--json", "--database-url", logged.dsn, *arguments]
    )
    assert done.exit_code == status, done.output
    return json.loads(done.stdout)


def old_records(logged: LoggedDatabase) -> int:
    with psycopg.connect(logged.dsn) as connection:
        ((number,),) = connection.execute(OLD).fetchall()
    return int(number)


def test_removed_months_leave_the_rest_of_the_audit_provable(
    server_dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("raas.cli.database.connection.end_on_signals", lambda: None)
    monkeypatch.setenv("RAAS_AUDIT_ORIGIN", ORIGIN)
    monkeypatch.setenv("RAAS_AUDIT_CHECKPOINTS", str(tmp_path))
    with new_database(server_dsn) as dsn:
        migrate(dsn)
        logged = asyncio.run(filled_database(dsn, tmp_path / "kept"))
        before = old_records(logged)
        assert before > 0
        assert remove(logged, "--before", "2026-01", status=1)["error"]["reason"] == "NO_CHECKPOINT"
        planned = remove(logged, "--before", "2026-02", "--dry-run")
        assert (planned["dry_run"], planned["removed_leaves"]) == (True, None)
        assert old_records(logged) == before
        removed = remove(logged, "--before", "2026-02")
        assert removed["removed_leaves"] == before
        assert removed["partitions"] == planned["partitions"]
        assert old_records(logged) == 0
        result = logged.verified()
        assert result.findings == ()
        # The records of the three commands are left, three each.
        assert (result.removed, result.records) == (before, 9)

        # A year of three digits is no later month than those of the partitions that are left.
        removed = remove(logged, "--before", "0216-12")
        assert (removed["partitions"], removed["removed_leaves"]) == ([], before)
        assert logged.verified().findings == ()
