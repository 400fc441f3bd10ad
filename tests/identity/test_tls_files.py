"""TLS files: renewed while the server runs, never half."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from structlog.testing import capture_logs

from raas.identity import tls_files
from raas.identity.development import Authority, Issued
from raas.identity.patterns import BELGIAN
from raas.identity.tls_files import TlsFiles, TlsRefused
from tests.eventually import eventually_async


class Files:
    """The three files in a folder."""

    def __init__(self, folder: Path) -> None:
        self.certificate, self.key, self.authorities = folder / "c.pem", folder / "k.pem", folder / "ca.pem"
        self.authority = Authority("Clients")
        self.put(self.authority.server(["localhost"]))
        self.authorities.write_bytes(self.authority.pem)

    def put(self, issued: Issued) -> None:
        for path, pem in ((self.certificate, issued.certificate_pem), (self.key, issued.key_pem)):
            new = path.with_suffix(".new")
            new.write_bytes(pem)
            new.replace(path)

    def open(self) -> TlsFiles:
        return TlsFiles(self.certificate, self.key, self.authorities, BELGIAN)


def overwrite(path: Path, content: bytes) -> None:
    """Write a file in place, a second later: the file system may date two writes alike."""
    later = path.stat().st_mtime_ns + 1_000_000_000
    path.write_bytes(content)
    os.utime(path, ns=(later, later))


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


def test_renewed_files_are_used(files: Files) -> None:
    opened = files.open()
    before = opened.current()
    assert opened.current() is before
    renewed = files.authority.server(["localhost"])
    files.put(renewed)
    assert opened.current().certificate == renewed.certificate_pem != before.certificate


def test_a_certificate_without_its_key_is_not_used_until_the_key_has_arrived(files: Files) -> None:
    opened = files.open()
    before = opened.current()
    renewed = files.authority.server(["localhost"])
    overwrite(files.certificate, renewed.certificate_pem)
    assert opened.current() is before
    overwrite(files.key, renewed.key_pem)
    assert opened.current().certificate == renewed.certificate_pem


def test_new_authorities_replace_the_old_ones(files: Files) -> None:
    opened = files.open()
    other = Authority("Others")
    overwrite(files.authorities, other.pem)
    client = other.client("0999999922", "app")
    assert opened.current().reader.read(client.certificate_pem, 0).application == "app"


@pytest.mark.parametrize("damage", ["missing", "garbage"])
@pytest.mark.parametrize("which", ["certificate", "key", "authorities"])
def test_damaged_files_are_refused_at_the_start_and_ignored_later(
    files: Files, which: str, damage: str
) -> None:
    opened = files.open()
    before = opened.current()
    path: Path = getattr(files, which)
    path.unlink()
    if damage == "garbage":
        path.write_bytes(b"garbage")
    assert opened.current() is before
    with pytest.raises(TlsRefused, match=path.name):
        files.open()


def test_key_that_others_may_read_is_named_in_a_warning(files: Files) -> None:
    for mode, warned in ((0o600, False), (0o640, False), (0o644, True)):
        files.key.chmod(mode)
        with capture_logs() as lines:
            files.open().warn_of_readable_key()
        named = [line["path"] for line in lines if line["log_level"] == "warning"]
        assert named == ([str(files.key)] if warned else [])


@contextmanager
def ordinary_user() -> Iterator[None]:
    """Permissions of files hold, also where the tests run as root."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(65_534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


def test_key_that_could_not_be_read_is_used_once_its_permissions_are_given() -> None:
    # The directories of pytest are closed to other users.
    with TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        files = Files(Path(name))
        opened = files.open()
        before = opened.current()
        files.put(renewed := files.authority.server(["localhost"]))
        files.key.chmod(0)
        with ordinary_user(), capture_logs() as lines:
            assert opened.current() is before
        assert [line["cause"] for line in lines] == [f"{files.key}: Permission denied"]
        assert opened.refused
        files.key.chmod(0o644)
        assert opened.current().certificate == renewed.certificate_pem
        assert not opened.refused


async def test_files_are_looked_at_without_a_connection(
    files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tls_files, "LOOK_SECONDS", 0.01)
    opened = files.open()
    watching = asyncio.create_task(opened.watch())
    overwrite(files.authorities, Authority("Others").pem)
    await eventually_async(lambda: opened.material.client_authorities == files.authorities.read_bytes())
    files.certificate.unlink()
    await eventually_async(lambda: opened.refused)
    watching.cancel()
    await asyncio.wait([watching])
