"""Every command in README.md and docs/operations.md, in order, has its documented output."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ALWAYS_EMBEDDED
from tests.e2e.grpc_commands import DOCUMENTED_TARGET, run_documented
from tests.e2e.servers import ROOT, clean_environment, free_port, serves
from tests.eventually import eventually

pytestmark = ALWAYS_EMBEDDED

_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_SERVER = re.compile(r"make run$|python server\.py")
_CTRL_C = "# Ctrl-C"
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
_DOCUMENTED_METRICS = "127.0.0.1:9464"
_START_SECONDS = 240
_STOP_SECONDS = 60


class Terminal:
    """A shell in a directory that looks like a clone where everything is installed already.

    One server runs at a time: starting another one first stops that with Ctrl-C.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._target = f"127.0.0.1:{free_port()}"
        self._metrics = f"127.0.0.1:{free_port()}"
        self._before = ""
        self._server: subprocess.Popen[bytes] | None = None
        for name in ("Makefile", "examples", "hatch_build.py", "protos", "pyproject.toml", "server.py"):
            directory.joinpath(name).symlink_to(ROOT / name)
        directory.joinpath(".venv").symlink_to(sys.prefix)
        directory.joinpath("server.log").touch()

    def run(self, command: str) -> str:
        """Run one command; returns its output. A server is left running once it is ready."""
        if command.startswith("grpcurl "):
            answer = run_documented(command, self._target)
            assert answer.went_well, answer.errors
            return answer.output
        if command.startswith(_CTRL_C):
            self.stop_server()
            return ""
        if _SERVER.search(command):
            self._serve(command)
            return ""
        if command.startswith(". "):
            self._before += f"{command}; "
        if command.startswith("raas watch "):
            return self._watch(command)
        done = subprocess.run(
            ["bash", "-c", self._before + self._here(command)],
            cwd=self._directory,
            env=clean_environment() | {"RAAS_TARGET": self._target},
            capture_output=True,
            text=True,
            timeout=240,
        )
        assert done.returncode == 0, (command, done.stdout, done.stderr)
        return done.stdout

    def log(self) -> str:
        """The output of the servers."""
        return (self._directory / "server.log").read_text()

    def stop_server(self) -> None:
        """Press Ctrl-C: signal all processes of the command."""
        if self._server is None:
            return
        os.killpg(self._server.pid, signal.SIGINT)
        self._server.wait(_STOP_SECONDS)
        self._server = None

    def _here(self, command: str) -> str:
        """The command with the addresses of this terminal."""
        return command.replace(DOCUMENTED_TARGET, self._target).replace(_DOCUMENTED_METRICS, self._metrics)

    def _watch(self, command: str) -> str:
        """Watch until a bookmark, then press Ctrl-C."""
        written = self._directory / "watched"
        with written.open("wb") as output:
            watching = subprocess.Popen(
                ["bash", "-c", f"{self._before}exec {command} --heartbeat 1"],
                cwd=self._directory,
                env=clean_environment() | {"RAAS_TARGET": self._target},
                stdout=output,
            )
        try:
            eventually(lambda: " BOOKMARK " in written.read_text(), _START_SECONDS)
        finally:
            watching.send_signal(signal.SIGINT)
            assert watching.wait(_STOP_SECONDS) == 0
        return written.read_text()

    def _serve(self, command: str) -> None:
        self.stop_server()
        assert not serves(self._target)
        # The installation is not repeated.
        command = self._here(command).replace("make ", "make --old-file=.venv/.installed ")
        suggested = self.log().count("Try:")
        with (self._directory / "server.log").open("ab") as log:
            self._server = subprocess.Popen(
                ["bash", "-c", self._before + command],
                cwd=self._directory,
                env=clean_environment() | {"RAAS_LISTEN": self._target},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        eventually(lambda: serves(self._target), _START_SECONDS)
        if "make " in command:
            eventually(lambda: self.log().count("Try:") == suggested + 1, _START_SECONDS)


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    with tempfile.TemporaryDirectory(prefix="raas-test-") as directory:
        # PostgreSQL may run as another user, who must be able to enter the directory.
        Path(directory).chmod(0o711)
        opened = Terminal(Path(directory))
        yield opened
        opened.stop_server()
        assert not Path(directory, "var", "elsewhere").exists()


@pytest.mark.timeout(600)
@pytest.mark.parametrize("page", ["README.md", "docs/operations.md"])
def test_documented_commands_give_the_documented_answers(terminal: Terminal, page: str) -> None:
    answer = ""
    for language, text in _BLOCK.findall((ROOT / page).read_text()):
        match language:
            case "sh":
                for command in text.splitlines():
                    answer = terminal.run(command)
            case "json":
                assert json.loads(answer) == json.loads(text)
            case "csv":
                assert answer == text
            case "text":
                assert _TIME.sub("TIME", answer) == _TIME.sub("TIME", text)
            case "toml":
                tomllib.loads(text)
            case "mermaid":
                pass
            case _:
                pytest.fail(f"unknown language of a block: {language}")


@pytest.mark.timeout(600)
def test_make_run_suggests_working_commands_and_creates_its_register_once(terminal: Terminal) -> None:
    terminal.run("make run")
    said = terminal.log().replace("\\\n", "").partition("Try:")[2].splitlines()
    consult, inscribe, import_file = (line.strip() for line in said if line.startswith("  "))
    assert json.loads(terminal.run(consult))["revision"] == "5967"
    assert json.loads(terminal.run(inscribe))["outcome"] == "INSCRIBE_OUTCOME_EXTENDED"
    assert terminal.run(import_file).startswith("12 rows: 11 applied, 1 unchanged, 0 rejected\n")
    before = terminal.run(consult)

    terminal.run("make run")
    assert terminal.run(consult) == before
