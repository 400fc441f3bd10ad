"""The schemas that a server of this version accepts."""

from __future__ import annotations

import pytest

from raas.storage.schema.version import SchemaChange, SchemaVersion, compare

CONTRACTION = SchemaChange("1", "0.1", expansion=False)
EXPANSION, ANOTHER = SchemaChange("2", "0.2", expansion=True), SchemaChange("3", "0.2", expansion=True)
OF_NEXT_RELEASE = SchemaChange("4", "0.3", expansion=True)
CONTRACTION_OF_NEXT_RELEASE = SchemaChange("4", "0.3", expansion=False)
ALL = [CONTRACTION, EXPANSION, ANOTHER, OF_NEXT_RELEASE]


@pytest.mark.parametrize(
    ("known", "current", "usable"),
    [
        (ALL, None, False),
        (ALL, "4", True),
        (ALL, "3", True),
        (ALL, "2", False),  # of two releases before
        (ALL, "1", False),
        (ALL[:3], "2", True),
        (ALL[:3], "1", True),
        (ALL[:2], None, False),
        ([*ALL[:3], CONTRACTION_OF_NEXT_RELEASE], "3", False),
    ],
)
def test_older_schema_is_usable_after_expansions_of_one_release(
    known: list[SchemaChange], current: str | None, usable: bool
) -> None:
    version = compare(known, current, [])
    assert (version.is_usable, version.is_newer) == (usable, False)
    assert (version.is_needed, version.needed) == (current == known[-1].revision, known[-1].revision)


@pytest.mark.parametrize(
    ("known", "current", "applied", "usable"),
    [
        (ALL[:3], "4", ALL, True),
        (ALL[:2], "3", ALL[:3], True),
        (ALL[:1], "3", ALL[:3], True),
        (ALL[:2], "4", ALL, False),  # of two releases after
        (ALL[:3], "4", [*ALL[:3], CONTRACTION_OF_NEXT_RELEASE], False),
        (ALL[:3], "4", [], False),  # nothing was recorded
        (ALL[:3], "4", [CONTRACTION, OF_NEXT_RELEASE], False),  # another history
        (ALL[:3], "4", ALL[:3], False),  # the last change was not recorded
    ],
)
def test_newer_schema_is_usable_after_recorded_expansions_of_one_release(
    known: list[SchemaChange], current: str, applied: list[SchemaChange], usable: bool
) -> None:
    version = compare(known, current, applied)
    assert (version.is_usable, version.is_newer) == (usable, True)


def test_refusal_names_both_versions_and_the_remedy() -> None:
    assert compare(ALL, None, []).refusal == (
        "the database is at schema none, this version needs 4: run `raas migrate`"
    )
    assert SchemaVersion("5", "4", related=False).refusal == (
        "the database is at schema 5, this version needs 4: "
        "start the version of RaaS that migrated the database, or a later one"
    )
