"""Every exception of ours can be copied and pickled: batch loaders share errors between callers."""

from __future__ import annotations

import copy
import importlib
import pickle
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import grpc
import pytest

import raas
import raas_client
from raas.cli.imports.errors import ImportRefused
from raas.domain.errors import Reason, Refused, Violation
from raas.domain.invalid import Invalid
from raas.storage.embedded.errors import DataDirectoryInUse, OtherMajorVersion
from raas_client import errors as client_errors

VIOLATIONS = (
    Violation("niss", Reason.NISS_REPLACED, values={"successor": "1"}),
    Violation("", Reason.REQUIRED),
)

SAMPLES: Mapping[type[Exception], Callable[[], Exception]] = {
    Refused: lambda: Refused(VIOLATIONS),
    Invalid: lambda: Invalid(Reason.VALUE_INVALID, "TEXT_TOO_LONG", limit="5"),
    DataDirectoryInUse: lambda: DataDirectoryInUse(Path("/data"), 7),
    OtherMajorVersion: lambda: OtherMajorVersion(Path("/data"), "15", 18),
    ImportRefused: lambda: ImportRefused("FILE_MISSING", "there is no such file"),
    client_errors.CallFailed: lambda: client_errors.CallFailed("gone", grpc.StatusCode.UNAVAILABLE),
    client_errors.DeadlineExceeded: lambda: client_errors.DeadlineExceeded(
        "late", grpc.StatusCode.DEADLINE_EXCEEDED
    ),
    client_errors.ChainBroken: lambda: client_errors.ChainBroken(7),
}
"""Instances of the classes whose constructor takes other arguments than one text."""


def exception_classes() -> Iterator[type[Exception]]:
    for package in (raas, raas_client):
        for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
            if module.name.endswith("__main__") or ".migrations" in module.name:
                continue
            for value in vars(importlib.import_module(module.name)).values():
                if (
                    isinstance(value, type)
                    and issubclass(value, Exception)
                    and value.__module__ == module.name
                ):
                    yield value


def sample(kind: type[Exception]) -> Exception:
    if kind in SAMPLES:
        return SAMPLES[kind]()
    if issubclass(kind, client_errors.Refused):
        violation = client_errors.Violation("niss", "NISS_REPLACED", "replaced", {"successor": "1"})
        return kind(
            "refused",
            reason="NISS_REPLACED",
            status=grpc.StatusCode.FAILED_PRECONDITION,
            violations=[violation],
            metadata={"successor": "1"},
            call_id="c",
            retry_after=1.5,
        )
    try:
        return kind("what went wrong")
    except TypeError:
        return kind()


@pytest.mark.parametrize(
    "duplicate", [copy.copy, copy.deepcopy, lambda error: pickle.loads(pickle.dumps(error))]
)
def test_every_exception_survives_copying_and_pickling(duplicate: Callable[[Exception], Exception]) -> None:
    # Imported here and not while tests are collected: pytest rewrites the plugin of the client first.
    kinds = set(exception_classes())
    assert set(SAMPLES) < kinds
    for kind in kinds:
        error = sample(kind)
        again = duplicate(error)
        assert again is not error
        assert type(again) is kind
        assert (str(again), again.args, vars(again)) == (str(error), error.args, vars(error)), kind
