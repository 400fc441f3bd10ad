"""Stubs by buf.gen.yaml, where the plugins are installed: every call of the contract is there."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from raas.rpc.services.catalogue import SERVICES
from tests.e2e.grpc_commands import buf
from tests.e2e.servers import ROOT

_PLUGIN = re.compile(
    r"^  - (?:protoc_builtin|local): (\S+)\n    out: stubs/(\w+)\n(?:    .*\n)*", re.MULTILINE
)
_PROGRAMS = {"java": "protoc"}
"""The program behind a plugin that is built into another one."""


def template(language: str) -> tuple[str, set[str]]:
    """The part of buf.gen.yaml for one language, and the programs that it runs."""
    text = (ROOT / "buf.gen.yaml").read_text()
    plugins = list(_PLUGIN.finditer(text))
    chosen = [plugin for plugin in plugins if plugin[2] == language]
    assert chosen
    kept = text[: plugins[0].start()] + "".join(plugin[0] for plugin in chosen)
    return kept, {_PROGRAMS.get(plugin[1], plugin[1]) for plugin in chosen}


def generated(language: str, directory: Path, *more_programs: Path) -> Path:
    """The stubs of one language; skips where a plugin is not installed."""
    path = os.pathsep.join([*map(str, more_programs), os.environ["PATH"]])
    kept, programs = template(language)
    if missing := sorted(program for program in programs if shutil.which(program, path=path) is None):
        pytest.skip(f"needs {' and '.join(missing)} (docs/stubs.md), which this machine does not have")
    only = directory / "buf.gen.yaml"
    only.write_text(kept)
    done = subprocess.run(
        [buf(), "generate", "--template", only, "--output", directory],
        cwd=ROOT,
        env=os.environ | {"PATH": path},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return directory / "stubs" / language


def calls() -> set[tuple[str, ...]]:
    """Service and name of every call that is served."""
    return {(service.name, rpc.name) for service in SERVICES for rpc in service.methods}


def test_every_language_is_known() -> None:
    text = (ROOT / "buf.gen.yaml").read_text()
    assert [plugin[2] for plugin in _PLUGIN.finditer(text)] == ["java", "java", "go", "go", "typescript"]


def test_java(tmp_path: Path) -> None:
    stubs = generated("java", tmp_path) / "be" / "raas" / "v1"
    assert "package be.raas.v1;" in (stubs / "Mutation.java").read_text()
    for service, rpc in calls():
        assert f'"{rpc}"' in (stubs / f"{service}Grpc.java").read_text()


def test_go(tmp_path: Path) -> None:
    stubs = generated("go", tmp_path) / "raas" / "v1"
    services = "".join(path.read_text() for path in stubs.glob("*_grpc.pb.go"))
    assert (stubs / "mutation.pb.go").read_text().count("package raasv1") == 1
    for service, rpc in calls():
        assert f"/raas.v1.{service}/{rpc}" in services


@pytest.mark.timeout(420)
def test_typescript(node_directory: Path) -> None:
    stubs = generated("typescript", node_directory, node_directory / "node_modules" / ".bin") / "raas" / "v1"
    services = "".join(path.read_text() for path in stubs.glob("*.ts"))
    for service, rpc in calls():
        assert re.search(rf"@generated from rpc raas\.v1\.{service}\.{rpc}\n", services)
    # What was generated is right as TypeScript, in its strictest manner; the libraries are not ours to check.
    manner = "--noEmit --strict --skipLibCheck --target es2022 --module esnext --moduleResolution bundler"
    checked = subprocess.run(
        [node_directory / "node_modules" / ".bin" / "tsc", *manner.split(), *sorted(stubs.glob("*.ts"))],
        cwd=node_directory,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert checked.returncode == 0, checked.stdout
