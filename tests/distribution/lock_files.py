"""The files in requirements/, and the requirements of pyproject.toml that they hold."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[2]
LOCKS = ROOT / "requirements"
PYPROJECT: Mapping[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())

EXTRAS: Mapping[str, tuple[str, ...]] = {
    "build": (),
    "develop": ("server", "dev"),
    "server": ("server", "hsm", "spreadsheets"),
    "trials": ("trials",),
    "fuzz": ("fuzz",),
}
"""The extras that each file holds."""

FOR_BUILDS = frozenset({"build", "develop"})
"""The files that also hold the build requirements."""

ENVIRONMENTS = tuple(
    {
        "python_version": version,
        "python_full_version": f"{version}.1",
        "sys_platform": system,
        "platform_system": {"linux": "Linux", "darwin": "Darwin"}[system],
        "platform_machine": machine,
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
        "os_name": "posix",
        "extra": "",
    }
    for version in ("3.11", "3.12", "3.13", "3.14")
    for system, machine in (("linux", "x86_64"), ("linux", "aarch64"), ("darwin", "arm64"))
)
"""The environments that are supported."""


@dataclass(frozen=True, slots=True)
class Pin:
    """A package of a lock file, in one version."""

    name: str
    version: Version
    marker: Marker | None
    hashes: tuple[str, ...]
    required_by: frozenset[str]

    def holds_in(self, environment: Mapping[str, str]) -> bool:
        return self.marker is None or self.marker.evaluate(dict(environment))


def lock_text(name: str) -> str:
    return (LOCKS / f"{name}.lock").read_text()


def pins(name: str) -> tuple[Pin, ...]:
    """The packages of requirements/`name`.lock, in their order."""
    blocks = re.split(r"^(?=[a-z0-9])", lock_text(name), flags=re.MULTILINE)[1:]
    return tuple(_pin(block) for block in blocks)


def _pin(block: str) -> Pin:
    requirement = Requirement(block.partition("\\")[0])
    (specifier,) = requirement.specifier
    assert specifier.operator == "=="
    hashes = tuple(re.findall(r"--hash=sha256:([0-9a-f]{64})(?= |$)", block, re.MULTILINE))
    comments = re.findall(r"^ +# +(?:via +)?(.+)$", block, re.MULTILINE)
    name, version = canonicalize_name(requirement.name), Version(specifier.version)
    return Pin(name, version, requirement.marker, hashes, frozenset(comments) - {"via"})


def requirements(name: str) -> tuple[Requirement, ...]:
    """The requirements of pyproject.toml that requirements/`name`.lock must meet."""
    project = PYPROJECT["project"]
    texts: list[str] = []
    if EXTRAS[name]:
        texts += project["dependencies"]
        texts += [text for extra in EXTRAS[name] for text in project["optional-dependencies"][extra]]
    if name in FOR_BUILDS:
        texts += [*PYPROJECT["build-system"]["requires"], *PYPROJECT["dependency-groups"]["build"]]
    return tuple(_expanded(map(Requirement, texts)))


def _expanded(found: Iterable[Requirement]) -> Iterator[Requirement]:
    for requirement in found:
        if requirement.name != PYPROJECT["project"]["name"]:
            yield requirement
            continue
        for extra in sorted(requirement.extras):
            yield from _expanded(map(Requirement, PYPROJECT["project"]["optional-dependencies"][extra]))
