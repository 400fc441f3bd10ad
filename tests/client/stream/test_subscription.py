"""Refusals of a subscription, filters of checkpoints, and the log."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from raas.v1.mutation_pb2 import MutationKind
from raas_client import (
    AfterRevision,
    Checkpoint,
    CheckpointTable,
    FileCheckpoints,
    FilterChanged,
    MemoryCheckpoints,
    Mutations,
    RevisionExpired,
)
from raas_client.reasons import RevisionInFuture
from raas_client.testing import FakeRegister
from tests.client.registers import ANN, TYPES, opened

INSCRIBED = MutationKind.MUTATION_KIND_INSCRIBED
REMOVED = MutationKind.MUTATION_KIND_REMOVED


@pytest.mark.parametrize("seconds", [0, -1, 301])
async def test_heartbeat_outside_its_bounds_is_refused_at_once(fake: FakeRegister, seconds: int) -> None:
    async with fake.client() as client:
        with pytest.raises(ValueError, match="heartbeat_seconds is 1 to 300"):
            client.subscribe(heartbeat_seconds=seconds)
        with pytest.raises(ValueError, match="heartbeat_seconds is 1 to 300"):
            async with client.mirror(heartbeat_seconds=seconds):
                pass


async def test_refusal_is_not_logged_as_a_lost_server(
    fake: FakeRegister, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "raas_client")
    async with fake.client() as client, opened(client.subscribe(AfterRevision(1_000))) as events:
        with pytest.raises(RevisionInFuture):
            await anext(events)
    assert caplog.text == ""


async def kept(fake: FakeRegister, **filters: Any) -> Checkpoint:
    """The checkpoint of a subscription with these filters after an inscription under HEALTH."""
    async with fake.client() as client:
        before = (await client.get_register()).revision
        await client.inscribe(ANN, "HEALTH", "2024-01-01")
        async with opened(client.subscribe(AfterRevision(before), **filters)) as events:
            return (await anext(events)).checkpoint


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"dossier_types": ["HEALTH"]}, {}),
        ({"dossier_types": ["HEALTH"]}, {"dossier_types": ["HEALTH", "PENSION"]}),
        ({"kinds": [INSCRIBED]}, {"kinds": [REMOVED]}),
    ],
)
async def test_checkpoint_of_another_filter_is_refused(
    fake: FakeRegister, before: dict[str, Any], after: dict[str, Any]
) -> None:
    checkpoint = await kept(fake, **before)
    async with fake.client() as client:
        for start in ({"start": checkpoint}, {"checkpoints": MemoryCheckpoints(checkpoint)}):
            arguments: dict[str, Any] = {**start, **after}
            async with opened(client.subscribe(**arguments)) as events:
                with pytest.raises(FilterChanged, match="other dossier types or kinds"):
                    await anext(events)


@pytest.mark.parametrize(
    "types", [["PENSION", "HEALTH"], ["HEALTH", "PENSION"], ["HEALTH", "PENSION", "HEALTH"]]
)
async def test_checkpoint_of_the_same_filter_in_another_order_is_taken(
    fake: FakeRegister, types: Sequence[str]
) -> None:
    checkpoint = await kept(fake, dossier_types=["HEALTH", "PENSION"])
    async with fake.client() as client:
        await client.inscribe(ANN, "PENSION", "2024-01-01")
        async with opened(client.subscribe(checkpoint, dossier_types=types)) as events:
            event = await anext(events)
    assert isinstance(event, Mutations)
    assert [each.dossier_type for each in event.mutations] == ["PENSION"]


async def test_checkpoint_without_a_filter_hash_is_taken_under_any_filter(
    fake: FakeRegister, tmp_path: Path
) -> None:
    checkpoint = await kept(fake, dossier_types=["HEALTH"])
    path = tmp_path / "place.json"
    # As earlier versions wrote it.
    path.write_text(f'{{"log_id": "{checkpoint.log_id}", "revision": {len(TYPES)}, "resume_token": null}}')
    async with fake.client() as client:
        for start in (
            {"start": replace(checkpoint, filter_hash=None)},
            {"checkpoints": FileCheckpoints(path)},
        ):
            arguments: dict[str, Any] = start
            async with opened(client.subscribe(heartbeat_seconds=1, **arguments)) as events:
                await anext(events)


async def test_filter_hash_is_kept_in_files_and_tables(fake: FakeRegister, tmp_path: Path) -> None:
    checkpoint = await kept(fake, kinds=[INSCRIBED])
    assert checkpoint.filter_hash is not None
    store = FileCheckpoints(tmp_path / "place.json")
    await store.save(checkpoint)
    table = CheckpointTable("billing", sqlite3.paramstyle)
    with closing(sqlite3.connect(":memory:")) as database:
        cursor = database.cursor()
        table.create(cursor)
        table.save(cursor, checkpoint)
        loaded = [await store.load(), table.load(cursor)]
    assert [each and each.filter_hash for each in loaded] == [checkpoint.filter_hash] * 2


async def test_checkpoint_of_a_trimmed_log_is_still_told_as_such(fake: FakeRegister) -> None:
    checkpoint = await kept(fake, dossier_types=["HEALTH"])
    async with fake.client() as client:
        await client.inscribe(ANN, "PENSION", "2024-01-01")
        fake.trim(checkpoint.revision + 1)
        async with opened(client.subscribe(checkpoint, dossier_types=["HEALTH"])) as events:
            with pytest.raises(RevisionExpired):
                await anext(events)
