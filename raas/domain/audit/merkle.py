"""The Merkle tree of RFC 6962 (RFC 9162, section 2.1) over SHA-256: roots and proofs.

Every element of a proof is the root over a range of leaves whose beginning is aligned: it is computed from
at most two perfect subtrees per level, which `node` looks up, so that a proof needs no leaf data.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import NamedTuple

EMPTY_ROOT = sha256(b"").digest()


class Subtree(NamedTuple):
    """A perfect subtree: the leaves from `number << level` to before `(number + 1) << level`."""

    level: int
    number: int


class LeafRange(NamedTuple):
    """The leaves from `first` to before `end`; a proof holds the root over each of its ranges."""

    first: int
    end: int


Node = Callable[[Subtree], bytes]
"""Looks up the root of a perfect subtree."""


def leaf_hash(data: bytes) -> bytes:
    """The hash of a leaf."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node."""
    return sha256(b"\x01" + left + right).digest()


def subtrees(leaves: LeafRange) -> Iterator[Subtree]:
    """The perfect subtrees of a range with an aligned beginning, from left to right, the largest first."""
    first, end = leaves
    while first < end:
        level = (end - first).bit_length() - 1
        yield Subtree(level, first >> level)
        first += 1 << level


def range_root(leaves: LeafRange, node: Node) -> bytes:
    """The root over a range with an aligned beginning, such as all leaves, or an element of a proof."""
    roots = [node(subtree) for subtree in subtrees(leaves)]
    if not roots:
        return EMPTY_ROOT
    root = roots.pop()
    while roots:
        root = node_hash(roots.pop(), root)
    return root


def inclusion_ranges(leaf: int, size: int) -> list[LeafRange]:
    """The ranges of the proof that a leaf is in the tree of `size` leaves, from the leaf upwards."""
    first, end = 0, size
    found = []
    while end - first > 1:
        middle = first + _split(end - first)
        if leaf < middle:
            found.append(LeafRange(middle, end))
            end = middle
        else:
            found.append(LeafRange(first, middle))
            first = middle
    return found[::-1]


def consistency_ranges(old: int, new: int) -> list[LeafRange]:
    """The ranges of the proof that the tree of `new` leaves begins with that of `old`; 0 < old <= new."""
    first, end = 0, new
    found = []
    whole = True
    while end != old:
        middle = first + _split(end - first)
        if old <= middle:
            found.append(LeafRange(middle, end))
            end = middle
        else:
            found.append(LeafRange(first, middle))
            first = middle
            whole = False
    if not whole:
        found.append(LeafRange(first, end))
    return found[::-1]


def inclusion_root(leaf: int, size: int, hashed_leaf: bytes, proof: Sequence[bytes]) -> bytes | None:
    """The root of the tree of `size` leaves that this inclusion proof gives; None = no proof of this leaf."""
    if not 0 <= leaf < size:
        return None
    ranges = inclusion_ranges(leaf, size)
    if len(proof) != len(ranges):
        return None
    root = hashed_leaf
    for leaves, sibling in zip(ranges, proof, strict=True):
        root = node_hash(root, sibling) if leaf < leaves.first else node_hash(sibling, root)
    return root


def is_consistent(old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether the proof shows that the tree of `new` leaves begins with the tree of `old` leaves."""
    if not 0 <= old <= new:
        return False
    if old in (0, new):
        return not proof and (old_root == (EMPTY_ROOT if old == 0 else new_root))
    ranges = consistency_ranges(old, new)
    if len(proof) != len(ranges):
        return False
    # The perfect subtree at the end of the old tree: an element of the proof unless it is the whole old tree.
    parts = iter(zip(ranges, proof, strict=True))
    begin = next(parts)[1] if ranges[0].end == old else old_root
    of_old = of_new = begin
    for leaves, sibling in parts:
        if leaves.end <= old:
            of_old, of_new = node_hash(sibling, of_old), node_hash(sibling, of_new)
        else:
            of_new = node_hash(of_new, sibling)
    return of_old == old_root and of_new == new_root


@dataclass(slots=True)
class GrowingTree:
    """A tree that grows at its end and keeps one hash per perfect subtree: about log2 of its size."""

    size: int = 0
    _roots: list[bytes] | None = None

    def append(self, hashed_leaf: bytes) -> None:
        """Add a leaf, by its hash."""
        self.append_subtree(0, hashed_leaf)

    def append_subtree(self, level: int, root: bytes) -> None:
        """Add `1 << level` leaves, by the root over them. Raises ValueError where no such subtree begins."""
        if self.size & ((1 << level) - 1):
            raise ValueError("a perfect subtree begins at a multiple of its size")
        roots = self._roots = self._roots or []
        position = self.size >> level
        while position & 1:
            root = node_hash(roots.pop(), root)
            position >>= 1
        roots.append(root)
        self.size += 1 << level

    def root(self) -> bytes:
        """The root of the tree as it is now."""
        roots = list(self._roots or ())
        if not roots:
            return EMPTY_ROOT
        root = roots.pop()
        while roots:
            root = node_hash(roots.pop(), root)
        return root


def tree_at_consistency(old: int, new: int, old_root: bytes, proof: Sequence[bytes]) -> GrowingTree:
    """The tree of `old` leaves, from a proof that `is_consistent` has accepted; 0 < old < new."""
    ranges = consistency_ranges(old, new)
    roots = [root for leaves, root in zip(ranges, proof, strict=True) if leaves.end <= old]
    return GrowingTree(old, roots[::-1] if roots else [old_root])


def _split(size: int) -> int:
    """The largest power of two below `size`, for a size of at least 2."""
    return 1 << ((size - 1).bit_length() - 1)
