"""A server on an older copy of its database: loopback addresses only, and no calls on others."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncEngine

from raas.ops.metrics import Metrics
from raas.ops.settings import Settings, load_settings
from raas.signing.destinations import CheckpointDirectory, LogDirectory, newest_kept_log
from raas.storage.audit.log import AuditLog
from raas.wiring.audit import AuditProof
from tests.usecases.proof.sample_log import full_log

UNUSED_LOG = AuditLog(30_000, "raas.example/unused")


async def kept_checkpoints(directory: Path) -> None:
    """Checkpoints of a later log than that of the database."""
    for number, note in enumerate((await full_log()).notes, 1):
        await CheckpointDirectory(directory / "log-30001").deliver(number, note)


def proof_of(dsn: str, reading: AsyncEngine, kept: Path, listen_token: str) -> tuple[Settings, AuditProof]:
    settings = load_settings(
        database_url=dsn,
        development_identity=False,
        environment="acceptance",
        allow_plaintext=True,
        listen_token=listen_token,
        token_issuer="https://issuer.test",
        token_keys="https://issuer.test/keys",
        administrators="0999999922, 0244640631",
        audit_checkpoints=str(kept),
    )
    return settings, AuditProof(settings, dsn, reading, UNUSED_LOG, Metrics())


async def test_server_on_an_older_copy_listens_on_loopback_addresses_only(
    dsn: str, reading_engine: AsyncEngine, tmp_path: Path
) -> None:
    await kept_checkpoints(tmp_path)
    settings, proof = proof_of(dsn, reading_engine, tmp_path, "192.0.2.1:50052")
    assert (await proof.confine(settings)).addresses == ("127.0.0.1:50052",)
    assert not proof.unavailable


async def test_running_server_refuses_calls_once_the_database_is_an_older_copy(
    dsn: str, reading_engine: AsyncEngine, tmp_path: Path
) -> None:
    settings, proof = proof_of(dsn, reading_engine, tmp_path, "192.0.2.1:50052")
    assert await proof.confine(settings) is settings
    assert not proof.unavailable
    await kept_checkpoints(tmp_path)
    await proof.look()
    assert proof.unavailable


async def test_directory_of_a_log_shows_later_logs_and_hides_earlier_ones(tmp_path: Path) -> None:
    notes = (await full_log()).notes
    assert newest_kept_log(tmp_path) == 0
    first, second = LogDirectory(tmp_path, 1), LogDirectory(tmp_path, 2)
    await first.deliver(1, notes[0])
    assert (newest_kept_log(tmp_path), await first.newest(), await second.newest()) == (1, notes[0], None)
    await second.deliver(1, notes[1])
    assert (newest_kept_log(tmp_path), await first.newest(), await second.newest()) == (2, notes[1], notes[1])
