"""The README of the client, typed in from top to bottom; and the examples, run."""

from __future__ import annotations

import ast
import contextlib
import inspect
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from raas_client import RaasClient
from tests.e2e.servers import ROOT, Server, raas, running_server

README = (ROOT / "clients/python/README.md").read_text()
DOCUMENTED_TARGET = "127.0.0.1:50051"
_BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_SAID = re.compile(r"#> (.*)$", re.MULTILINE)


@pytest.fixture(scope="module")
def demo_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server as `make run` starts it."""
    with running_server(tmp_path_factory.mktemp("demo"), "--authentic-source", "local") as server:
        raas("demo", "--target", server.target)
        yield server


@pytest.mark.timeout(300)
async def test_what_is_typed_says_what_is_written(
    demo_server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("ca.pem", "caller.pem", "caller.key"):
        (tmp_path / name).touch()
    names: dict[str, Any] = {}
    blocks = _BLOCK.findall(README)
    assert len(blocks) > 10
    for block in blocks:
        # As `python -m asyncio` compiles what is typed.
        program = compile(
            block.replace(DOCUMENTED_TARGET, demo_server.target),
            block,
            "exec",
            flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT,
        )
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            running = eval(program, names)
            if inspect.isawaitable(running):
                await running
        assert said.getvalue().splitlines() == _SAID.findall(block), block
    await names["client"].close()


def test_every_method_is_named() -> None:
    methods = {name for name in dir(RaasClient) if not name.startswith("_")}
    glance = README.partition("## Everything at a glance")[2]
    assert set(re.findall(r"`(\w+)`", glance)) == methods
