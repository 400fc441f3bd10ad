"""`raas export` against a running server: filters, earlier states, complete files."""

from __future__ import annotations

import gzip
import json
import lzma
import signal
import socket
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.conftest import ABOUT_COMMANDS
from tests.e2e.registers import TestRegister, new_register
from tests.e2e.servers import ROOT, Server, clean_environment, free_port, raas
from tests.eventually import eventually

pytestmark = ABOUT_COMMANDS

ANN, BOB = "85673003360", "17670303353"
HEADER = "niss,dossier_type,begin,end\n"
ROWS = (
    f"{BOB},CHILD_BENEFIT,2017-07-03,\n",
    f"{BOB},PENSION,2030-01-01,2030-01-01\n",
    f"{ANN},PENSION,2020-01-01,2020-12-31\n",
    f"{ANN},PENSION,2022-01-01,\n",
)


@pytest.fixture(scope="module")
def filled(server: Server, tmp_path_factory: pytest.TempPathFactory) -> TestRegister:
    """A register with the lines ROWS, inscribed in that order after its types were created."""
    register = new_register(server)
    path = tmp_path_factory.mktemp("filled") / "rows.csv"
    path.write_text(HEADER + "".join(ROWS))
    raas("import", str(path), *register.arguments)
    return register


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ((), ROWS),
        (("--niss", ANN), ROWS[2:]),
        (("--niss", ANN, "--niss", BOB, "--dossier-type", "PENSION"), ROWS[1:]),
        (("--dossier-type", "CHILD_BENEFIT"), ROWS[:1]),
        (("--active-on", "2020-06-30"), (ROWS[0], *ROWS[2:])),
        (("--overlaps", "2030-01-01..2030-01-02", "--niss", BOB), ROWS[:2]),
        (("--overlaps", "..2019-12-31"), ROWS[:1]),
        (("--overlaps", "2031-01-01.."), (ROWS[0], *ROWS[2:])),
        (("--ends-between", "2020-12-01..2020-12-31"), ROWS[2:]),
        (("--at-revision", "6"), ROWS[:1]),
        (("--at-revision", "0"), ()),
        (("--active-on", "1900-01-01"), ()),
    ],
)
def test_export_writes_what_matches(
    filled: TestRegister, arguments: tuple[str, ...], expected: tuple[str, ...]
) -> None:
    assert raas("export", *filled.arguments, *arguments).stdout == HEADER + "".join(expected)


def test_export_at_an_instant_writes_the_state_as_known_then(filled: TestRegister) -> None:
    before = filled.state().create_time.ToDatetime(UTC) - timedelta(seconds=1)
    assert raas("export", *filled.arguments, "--at-time", before.isoformat()).stdout == HEADER
    now = datetime.now(UTC).isoformat()
    assert raas("export", *filled.arguments, "--at-time", now).stdout == HEADER + "".join(ROWS)


def test_export_of_the_register_of_another_organisation(filled: TestRegister, register: TestRegister) -> None:
    done = raas("export", *register.arguments, "--register", filled.number)
    assert done.stdout == HEADER + "".join(ROWS)


@pytest.mark.parametrize(
    ("name", "unpack"), [("x.csv", bytes), ("x.csv.gz", gzip.decompress), ("x.csv.xz", lzma.decompress)]
)
def test_export_replaces_a_file(filled: TestRegister, tmp_path: Path, name: str, unpack: type[bytes]) -> None:
    path = tmp_path / name
    path.write_text("what was there before")
    done = raas("export", str(path), "--json", *filled.arguments)
    assert unpack(path.read_bytes()).decode() == HEADER + "".join(ROWS)
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]
    result = json.loads(done.stdout)
    assert result.pop("seconds") > 0
    assert result == {"complete": True, "dossiers": 3, "lines": 4, "revision": 9}


def test_export_to_the_device_of_standard_output(filled: TestRegister) -> None:
    assert raas("export", "/dev/stdout", *filled.arguments).stdout == HEADER + "".join(ROWS)


def test_refused_export_leaves_the_file_alone(filled: TestRegister, tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("what was there before")
    done = raas("export", str(path), "--json", "--at-revision", "99", *filled.arguments, status=1)
    assert json.loads(done.stdout)["error"]["reason"] == "REVISION_IN_FUTURE"
    assert "REVISION_IN_FUTURE" in done.stderr
    assert path.read_text() == "what was there before"
    assert list(tmp_path.iterdir()) == [path]


def test_refused_export_reports_everything_wrong(filled: TestRegister) -> None:
    done = raas("export", "--niss", "1", "--active-on", "2024-13-01", *filled.arguments, status=1)
    assert "niss[0]: " in done.stderr
    assert "active_on: " in done.stderr
    assert done.stdout == HEADER


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--active-on", "2024-01-01", "--overlaps", "2024-01-01.."), "one of --active-on"),
        (("--at-revision", "1", "--at-time", "2024-01-01T00:00:00Z"), "one of --at-revision"),
        (("--overlaps", "2024-01-01"), "BEGIN..END"),
        (("--at-time", "yesterday"), "--at-time"),
        (("--at-time", "2024-01-01T00:00:00"), "offset from UTC"),
        (("--json",), "--json needs a FILE"),
    ],
)
def test_invalid_command_line_is_refused(arguments: tuple[str, ...], sentence: str) -> None:
    assert sentence in raas("export", *arguments, status=2).stderr


def test_export_fails_when_no_server_answers() -> None:
    done = raas("export", "--target", f"127.0.0.1:{free_port()}", "--patience", "0.5", status=1)
    assert "connect" in done.stderr.lower()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_interrupted_export_leaves_no_file(tmp_path: Path, number: signal.Signals) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        target = f"127.0.0.1:{silent.getsockname()[1]}"
        process = subprocess.Popen(
            [sys.executable, "-m", "raas.cli", "export", str(tmp_path / "x.csv"), "--target", target],
            cwd=ROOT,
            env=clean_environment(),
            stderr=subprocess.PIPE,
            text=True,
        )
        silent.settimeout(60)
        # It has opened its file and waits for a server, in its event loop.
        connection, _ = silent.accept()
        with connection:
            assert len(list(tmp_path.iterdir())) == 1
            process.send_signal(number)
            _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert errors == "raas: interrupted; nothing was exported\n"
    assert list(tmp_path.iterdir()) == []


def test_sigterm_ends_a_command_that_ignores_sigint(tmp_path: Path) -> None:
    target = f"127.0.0.1:{free_port()}"
    # As a shell script starts a command in the background.
    command = f"trap '' INT; exec {sys.executable} -m raas.cli export {tmp_path}/x.csv --target {target}"
    process = subprocess.Popen(["bash", "-c", command], cwd=ROOT, env=clean_environment())
    eventually(lambda: len(list(tmp_path.iterdir())) == 1, 60)
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 130
    assert list(tmp_path.iterdir()) == []
