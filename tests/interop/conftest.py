"""The packages of npm that the tests need, installed once, beside the project and not in it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.e2e.conftest import register, server

__all__ = ["register", "server"]

HERE = Path(__file__).parent
_SECONDS = 300


@pytest.fixture(scope="session")
def node_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory in which Node finds the packages of package-lock.json; skips where there is no Node."""
    if missing := [program for program in ("node", "npm") if shutil.which(program) is None]:
        pytest.skip(f"needs {' and '.join(missing)}, which this machine does not have")
    directory = tmp_path_factory.mktemp("node")
    for name in ("package.json", "package-lock.json", "client.js"):
        shutil.copy(HERE / name, directory)
    command = ("npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error")
    done = subprocess.run(command, cwd=directory, capture_output=True, text=True, timeout=_SECONDS)
    if done.returncode:
        pytest.skip(f"npm cannot install the packages here: {done.stderr.strip()[-500:]}")
    return directory
