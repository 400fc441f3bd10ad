"""Generates raas/v1/ from protos/ at every build and editable install, so that the stubs are never stale."""

from __future__ import annotations

import os
import sys
import sysconfig
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

OUT = "raas/v1"


def generate(root: Path) -> None:
    """Compile every proto below `root`/protos into modules and type stubs below `root`/raas/v1."""
    import grpc_tools
    from grpc_tools import protoc

    for stale in (root / OUT).glob("*_pb2*"):
        stale.unlink()
    bundled = Path(grpc_tools.__file__).parent / "_proto"
    files = sorted(str(p) for p in (root / "protos" / "raas").rglob("*.proto"))
    # A build without isolation runs without the programs of its environment (protoc-gen-mypy) on the PATH.
    os.environ["PATH"] = os.pathsep.join([os.environ.get("PATH", os.defpath), sysconfig.get_path("scripts")])
    # The proto package has the name of the Python package, so that the generated imports are valid.
    flags = [f"--{kind}_out={root}" for kind in ("python", "mypy", "grpc_python", "mypy_grpc")]
    if protoc.main(["protoc", f"-I{root / 'protos'}", f"-I{bundled}", *flags, *files]) != 0:
        sys.exit("protos/ did not compile; see the messages above")


class StubsHook(BuildHookInterface[Any]):
    """Runs `generate` before files are collected."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Generate the stubs before the files of the build are collected."""
        generate(Path(self.root))
