"""The lock files are complete, hold hashes and no addresses, and follow pyproject.toml."""

from __future__ import annotations

import pytest
from packaging.utils import canonicalize_name

from tests.distribution.lock_files import ENVIRONMENTS, EXTRAS, LOCKS, lock_text, pins, requirements

each_lock = pytest.mark.parametrize("lock", EXTRAS)


def test_every_lock_file_is_known() -> None:
    assert {path.stem for path in LOCKS.iterdir()} == set(EXTRAS)


@each_lock
def test_lock_holds_hashes_of_every_package(lock: str) -> None:
    assert [pin.name for pin in pins(lock) if not pin.hashes] == []


@each_lock
def test_lock_holds_no_address(lock: str) -> None:
    lines = lock_text(lock).splitlines()
    assert [line for line in lines if "://" in line or "index" in line or "find-links" in line] == []


@each_lock
def test_lock_meets_every_requirement_in_every_environment(lock: str) -> None:
    held = pins(lock)
    missing = [
        (str(requirement), environment["python_version"], environment["platform_machine"])
        for environment in ENVIRONMENTS
        for requirement in requirements(lock)
        if requirement.marker is None or requirement.marker.evaluate(dict(environment))
        if [
            requirement.specifier.contains(pin.version)
            for pin in held
            if pin.name == canonicalize_name(requirement.name) and pin.holds_in(environment)
        ]
        != [True]
    ]
    assert missing == []


@each_lock
def test_lock_names_the_packages_that_pyproject_requires(lock: str) -> None:
    """A requirement that was removed from pyproject.toml is noticed too."""
    ours = {"raas (pyproject.toml)", "raas (pyproject.toml:build)", "-r .venv/build-system.txt"}
    required = {canonicalize_name(requirement.name) for requirement in requirements(lock)}
    assert {pin.name for pin in pins(lock) if pin.required_by & ours} == required


@each_lock
def test_locks_hold_the_same_versions(lock: str) -> None:
    develop = {(pin.name, pin.version): pin.hashes for pin in pins("develop")}
    names = {name for name, _ in develop}
    shared = [pin for pin in pins(lock) if pin.name in names]
    assert [pin.name for pin in shared if develop.get((pin.name, pin.version)) != pin.hashes] == []
