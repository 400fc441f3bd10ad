"""The README as a stranger follows it: every command, in order, on one new installation."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.e2e.grpc_commands import DOCUMENTED_TARGET, run_documented
from tests.e2e.servers import ROOT, clean_environment, free_port, poll, serves

_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_START_SECONDS = 60
_SERVERS = ("make run", "RAAS_DEVELOPMENT_IDENTITY=1 python server.py")


@dataclass
class Terminal:
    """A shell in a directory that looks like the clone, with this environment as its .venv.

    The address that the README names is that of a server started in this terminal.
    """

    directory: Path
    servers: list[subprocess.Popen[bytes]] = field(default_factory=list)
    target: str = ""
    activated: bool = False

    def run(self, command: str) -> str:
        """Run a command of the README; answers its output. A server is left running."""
        if command in _SERVERS:
            self._serve(command)
            return ""
        if command == ". .venv/bin/activate":
            self.activated = True
            return ""
        if command.startswith("grpcurl "):
            answer = run_documented(command, self.target)
            assert answer.went_well, answer.errors
            return answer.output
        done = self._shell(command.replace(DOCUMENTED_TARGET, self.target))
        assert done.returncode == 0, (command, done.stdout, done.stderr)
        return done.stdout

    def _shell(self, command: str) -> subprocess.CompletedProcess[str]:
        first = ". .venv/bin/activate; " if self.activated else ""
        return subprocess.run(
            ["bash", "-c", first + command],
            cwd=self.directory,
            env=clean_environment() | {"RAAS_TARGET": self.target},
            capture_output=True,
            text=True,
            timeout=60,
        )

    def _serve(self, command: str) -> None:
        """Start what the command starts, on a port and in a directory of its own."""
        self.target = f"127.0.0.1:{free_port()}"
        data = self.directory / f"var-{len(self.servers)}"
        own = {"RAAS_LISTEN": self.target, "RAAS_DATA_DIR": str(data)}
        # All is installed already, in another place than .venv.
        installed = Path(sys.prefix)
        make = f"make --old-file={installed}/.installed VENV={installed} "
        with (self.directory / "server.log").open("ab") as log:
            process = subprocess.Popen(
                ["bash", "-c", f". {installed}/bin/activate; exec {command.replace('make ', make)}"]
                if command.startswith("make ")
                else ["bash", "-c", f". {installed}/bin/activate; {command}"],
                cwd=ROOT,
                env=clean_environment() | own,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.servers.append(process)
        poll(lambda: serves(self.target), _START_SECONDS)
