"""A restore of yesterday's copy of the embedded database: noticed, confined, completed."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from raas.domain.audit.checkpoint import parse_checkpoint
from raas.domain.audit.note import parse_note
from raas.ops.settings import load_settings
from tests.conftest import GIVEN_DSN
from tests.e2e.registers import TYPES, TestRegister, new_register
from tests.e2e.servers import Server, raas
from tests.eventually import eventually

pytestmark = pytest.mark.skipif(GIVEN_DSN is not None, reason="the embedded database is copied")

ADMIN, BLOCKED = "0999999922", "ab" * 32

MISTAKE = ("85673003360", TYPES[0], "2024-01-01", "2024-03-31")
GROUNDS = ("--reason", "Wrong person", "--ticket", "T-1")


async def mistaken(register: TestRegister) -> None:
    """Inscribe somebody by mistake, and remove the inscription."""
    async with register.client() as client:
        await client.inscribe(*MISTAKE)
        await client.remove(*MISTAKE)


def command(server: Server, *words: str, status: int = 0) -> Any:
    """The JSON of a command on the server or on its database."""
    done = raas(*words, "--json", environment=server.environment, status=status)
    return json.loads(done.stdout) if done.stdout else done.stderr


def newest_checkpoint(kept: Path) -> tuple[str, int]:
    """Origin and number of the newest checkpoint in a directory."""
    newest = max(kept.glob("[0-9]" * 6 + "/*.note"), default=None)
    if newest is None:
        return "", 0
    checkpoint = parse_checkpoint(parse_note(newest.read_bytes()).text)
    return checkpoint.origin, checkpoint.number


@pytest.fixture
def directory() -> Iterator[Path]:
    """A directory that the user of PostgreSQL can reach, so that the cluster is in the data directory."""
    with tempfile.TemporaryDirectory(prefix="raas-test-") as name:
        Path(name).chmod(0o711)
        yield Path(name)


def copy(source: Path, target: Path) -> None:
    """Copy a directory with its owners and permissions, as docs/operations.md does."""
    subprocess.run(["cp", "-a", source, target], check=True)


@pytest.mark.timeout(300)
def test_restore_of_an_older_copy_is_completed_from_the_journal(directory: Path) -> None:
    server = Server(directory, None, "--audit-checkpoint-seconds", "1")
    kept = load_settings(data_dir=str(directory / "var"), development_identity=True).audit_places.checkpoints
    assert kept is not None
    server.start()
    try:
        with psycopg.connect(server.dsn) as connection:
            migrated = (
                "SELECT count(*) FROM audit_call WHERE rpc = 'raas serve' AND details LIKE '%migrated%'"
            )
            assert connection.execute(migrated).fetchone() == (1,)
        command(server, "erase")
        server_of = ("--target", server.target, "--enterprise-number", ADMIN)
        register = new_register(server)
        asyncio.run(mistaken(register))
        eventually(lambda: newest_checkpoint(kept)[1] >= 1, 60)
        server.stop()
        copy(directory / "var", directory / "backup")
        copied = newest_checkpoint(kept)[1]

        server.start()
        raas("blocks", "add", "stolen", "--fingerprint", BLOCKED, *server_of, environment=server.environment)
        command(server, "erase", "--niss", "85673003360")
        restricted = command(server, "restrict", *MISTAKE, "--register", register.number, *GROUNDS)[
            "restriction"
        ]
        eventually(lambda: newest_checkpoint(kept)[1] > copied, 60)
        server.stop()

        shutil.rmtree(directory / "var")
        copy(directory / "backup", directory / "var")

        refused = raas("restore", "--journal", "missing", environment=server.environment, status=1)
        assert "--without-journal" in refused.stderr
        restored = command(server, "restore")
        assert (restored["credentials_blocked"], restored["inscriptions_restricted"]) == (1, 1)
        (again,) = command(server, "restrictions", "list", "--register", register.number)["restrictions"]
        assert again == restricted | {"time": again["time"]}
        assert restored["unreadable_lines"] == 0
        assert (restored["audit_log"], restored["previous_audit_log"]) == ("raas/audit/2", "raas/audit")
        assert copied <= restored["last_checkpoint"] < newest_checkpoint(kept)[1]
        assert "nothing was done" in command(server, "restore", status=1)["error"]["messages"][0]

        server.start()
        assert "stolen" in raas("blocks", "list", *server_of, environment=server.environment).stdout
        eventually(lambda: newest_checkpoint(kept / "log-2") > ("raas/audit/2", 0), 60)
        verified = command(server, "audit", "verify")
        assert (verified["sound"], verified["origin"]) == (True, "raas/audit/2")
        assert verified["other_origins"] == ["raas/audit"]
    finally:
        server.discard()
