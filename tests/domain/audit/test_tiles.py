"""Tiles: a tree that grows part by part gives the roots and proofs of the whole tree."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from raas.domain.audit.merkle import (
    GrowingTree,
    LeafRange,
    inclusion_ranges,
    inclusion_root,
    is_consistent,
    leaf_hash,
    range_root,
)
from raas.domain.audit.tiles import (
    WIDTH,
    TilePart,
    TilePlace,
    TreeEdge,
    edge_of,
    edge_places,
    grow,
    node_in,
    places_of,
)

HASHES = [leaf_hash(n.to_bytes(4, "big")) for n in range(70_000)]
"""More than a full tile of level 1."""


class Store:
    """Parts that are only ever added."""

    def __init__(self) -> None:
        self.tiles: dict[TilePlace, list[bytes]] = {}

    def add(self, parts: Sequence[TilePart]) -> None:
        for part in parts:
            tile = self.tiles.setdefault(part.place, [])
            assert len(tile) == part.start
            tile.extend(part.hashes)
            assert len(tile) <= WIDTH


def root_of(size: int) -> bytes:
    tree = GrowingTree()
    for hashed in HASHES[:size]:
        tree.append(hashed)
    return tree.root()


@settings(max_examples=25)
@given(st.lists(st.integers(0, 700), min_size=1, max_size=6))
def test_growth_in_steps_gives_roots_and_consistency_proofs(steps: list[int]) -> None:
    store, edge, root = Store(), TreeEdge(), root_of(0)
    for step in steps:
        growth = grow(edge, HASHES[edge.size : edge.size + step])
        store.add(growth.parts)
        assert growth.root == root_of(edge.size + step)
        assert is_consistent(edge.size, growth.edge.size, root, growth.root, growth.consistency)
        # A process that starts here reads the same edge from the store.
        assert edge_of(growth.edge.size, store.tiles) == growth.edge
        edge, root = growth.edge, growth.root
    if edge.size:
        for leaf in {0, edge.size // 2, edge.size - 1}:
            ranges = inclusion_ranges(leaf, edge.size)
            read = {place: store.tiles[place] for place in places_of(ranges)}
            proof = [range_root(each, node_in(read)) for each in ranges]
            assert inclusion_root(leaf, edge.size, HASHES[leaf], proof) == root


def test_three_levels_of_tiles_prove_and_keep_earlier_edges() -> None:
    store = Store()
    first = grow(TreeEdge(), HASHES[:65_530])
    store.add(first.parts)
    second = grow(first.edge, HASHES[65_530:])
    store.add(second.parts)
    assert second.root == root_of(70_000)
    widths = {place: len(tile) for place, tile in store.tiles.items() if len(tile) < WIDTH}
    # The example of C2SP tlog-tiles.
    assert widths == {TilePlace(0, 273): 112, TilePlace(1, 1): 17, TilePlace(2, 0): 1}
    assert edge_places(70_000) == (TilePlace(0, 273), TilePlace(1, 1), TilePlace(2, 0))
    assert edge_of(65_530, store.tiles) == first.edge
    assert range_root(LeafRange(0, 65_530), node_in(store.tiles)) == first.root


def test_proof_at_900_million_leaves_needs_few_tiles() -> None:
    size = 900_000_001
    for leaf in (0, 123_456_789, size - 2):
        assert len(places_of(inclusion_ranges(leaf, size))) <= 8


def test_missing_hashes_are_refused() -> None:
    growth = grow(TreeEdge(), HASHES[:300])
    tiles = {part.place: list(part.hashes) for part in growth.parts}
    with pytest.raises(ValueError, match="tile 1 of level 0"):
        edge_of(301, tiles)
    with pytest.raises(KeyError):
        range_root(LeafRange(0, 301), node_in(tiles))
