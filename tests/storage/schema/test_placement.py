"""Every table has a placement, and the keys of distributed tables contain the register."""

from __future__ import annotations

import pytest
from sqlalchemy import PrimaryKeyConstraint, Table, UniqueConstraint

from raas.storage.schema.placement import PLACEMENTS, Placement
from raas.storage.schema.tables import metadata


def test_every_table_has_one_placement() -> None:
    assert set(PLACEMENTS) == set(metadata.tables)


@pytest.mark.parametrize(
    "table",
    [metadata.tables[name] for name, placement in PLACEMENTS.items() if placement is Placement.DISTRIBUTED],
    ids=lambda table: str(table.name),
)
def test_every_key_of_a_distributed_table_contains_the_register(table: Table) -> None:
    keys = [each for each in table.constraints if isinstance(each, PrimaryKeyConstraint | UniqueConstraint)]
    unique = [index for index in table.indexes if index.unique]

    assert keys
    assert all("register_id" in key.columns for key in (*keys, *unique))
    assert not table.foreign_keys
    # A worker draws no number from a sequence.
    assert all(column.identity is None for column in table.columns)
