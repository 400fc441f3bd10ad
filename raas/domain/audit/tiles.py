"""Tiles: the hashes of the Merkle tree as they are stored, 256 to a tile, as C2SP tlog-tiles has them.

Tile `n` of level 0 holds the hashes of the leaves from 256 n on. Each hash of a tile of level `l + 1` is the
root over one full tile of level `l`. All other nodes are computed from these, so that a proof in a tree of
900 million leaves needs at most 8 tiles, and removing the tiles of level 0 of a month leaves all other proofs
whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from raas.domain.audit.merkle import (
    LeafRange,
    Node,
    Subtree,
    consistency_ranges,
    node_hash,
    range_root,
    subtrees,
)

WIDTH = 256
_BITS = 8


class TilePlace(NamedTuple):
    """The place of a tile: its level, and its number in that level."""

    level: int
    tile: int


@dataclass(frozen=True, slots=True)
class TilePart:
    """Consecutive hashes of one tile, from its hash number `start` on; a store only ever adds parts."""

    place: TilePlace
    start: int
    hashes: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class TreeEdge:
    """The last, partial tile of each level (0 to 255 hashes): all that is needed to grow a tree."""

    size: int = 0
    levels: tuple[tuple[bytes, ...], ...] = ()

    @property
    def places(self) -> tuple[TilePlace, ...]:
        """The places of these tiles."""
        return edge_places(self.size)


@dataclass(frozen=True, slots=True)
class Growth:
    """A tree that has grown: its edge, the parts to store, its root and the consistency proof."""

    edge: TreeEdge
    parts: tuple[TilePart, ...]
    root: bytes
    consistency: tuple[bytes, ...]
    """Proves that the tree begins with the tree before; empty if that was empty or nothing was added."""


def edge_places(size: int) -> tuple[TilePlace, ...]:
    """The places of the last tile of each level of a tree, from level 0 up."""
    places = []
    level = 0
    while size >> (_BITS * level):
        places.append(TilePlace(level, size >> (_BITS * (level + 1))))
        level += 1
    return tuple(places)


def edge_of(size: int, tiles: Mapping[TilePlace, Sequence[bytes]]) -> TreeEdge:
    """The edge of a tree of `size` leaves, from its stored tiles at `edge_places`.

    Hashes beyond this size, of a later checkpoint, are left out. Raises ValueError where hashes are missing.
    """
    levels = []
    for place in edge_places(size):
        width = (size >> (_BITS * place.level)) % WIDTH
        hashes = tuple(tiles.get(place, ()))[:width]
        if len(hashes) != width:
            raise ValueError(f"hashes of tile {place.tile} of level {place.level} are missing")
        levels.append(hashes)
    return TreeEdge(size, tuple(levels))


def grow(edge: TreeEdge, hashed_leaves: Iterable[bytes]) -> Growth:
    """The tree after these leaves are added; takes time for the new leaves only."""
    tiles: dict[TilePlace, list[bytes]] = {}
    starts: dict[TilePlace, int] = {}

    def add(level: int, position: int, hashed: bytes) -> None:
        place = TilePlace(level, position // WIDTH)
        tile = tiles.get(place)
        if tile is None:
            tile = tiles[place] = []
            starts[place] = 0
        tile.append(hashed)
        if len(tile) == WIDTH:
            add(level + 1, place.tile, _perfect_root(tile))

    for place, hashes in zip(edge.places, edge.levels, strict=True):
        tiles[place], starts[place] = list(hashes), len(hashes)
    size = edge.size
    for hashed in hashed_leaves:
        add(0, size, hashed)
        size += 1
    parts = tuple(
        TilePart(place, starts[place], tuple(tile[starts[place] :]))
        for place, tile in sorted(tiles.items())
        if len(tile) > starts[place]
    )
    node = node_in(tiles)
    proof = consistency_ranges(edge.size, size) if 0 < edge.size < size else ()
    return Growth(
        edge_of(size, tiles),
        parts,
        range_root(LeafRange(0, size), node),
        tuple(range_root(leaves, node) for leaves in proof),
    )


def places_of(ranges: Iterable[LeafRange]) -> frozenset[TilePlace]:
    """The tiles that hold the hashes of a proof with these ranges."""
    return frozenset(_place(subtree)[0] for leaves in ranges for subtree in subtrees(leaves))


def node_in(tiles: Mapping[TilePlace, Sequence[bytes]]) -> Node:
    """Looks up perfect subtrees in these tiles. Raises KeyError where a tile or a hash is missing."""

    def node(subtree: Subtree) -> bytes:
        place, start, width = _place(subtree)
        hashes = tiles[place][start : start + width]
        if len(hashes) != width:
            raise KeyError(place)
        return _perfect_root(hashes)

    return node


def _place(subtree: Subtree) -> tuple[TilePlace, int, int]:
    """The tile of a subtree, and the hashes of the tile from which its root is computed."""
    level, height = divmod(subtree.level, _BITS)
    first = subtree.number << height
    return TilePlace(level, first // WIDTH), first % WIDTH, 1 << height


def _perfect_root(hashes: Sequence[bytes]) -> bytes:
    while len(hashes) > 1:
        hashes = [node_hash(*pair) for pair in zip(hashes[::2], hashes[1::2], strict=True)]
    return hashes[0]
