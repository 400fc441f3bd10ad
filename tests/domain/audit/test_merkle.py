"""The Merkle tree against the vectors of Certificate Transparency and against a naive oracle."""

from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from raas.domain.audit.merkle import (
    EMPTY_ROOT,
    GrowingTree,
    LeafRange,
    Node,
    Subtree,
    consistency_ranges,
    inclusion_ranges,
    inclusion_root,
    is_consistent,
    leaf_hash,
    node_hash,
    range_root,
    subtrees,
    tree_at_consistency,
)

# The leaves, roots and proofs of the tests of Certificate Transparency (transparency-dev/merkle).
LEAVES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
_96 = "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7"
_5F = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e"
_6B = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"
_BC = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"
_CA = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0"
_0E = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a"

INCLUSION = [
    (0, 1, []),
    (0, 8, [_96, _5F, _6B]),
    (5, 8, [_BC, _CA, ROOTS[4]]),
    (2, 3, [ROOTS[2]]),
    (1, 5, [ROOTS[1], _5F, _BC]),
]
CONSISTENCY = [(1, 1, []), (1, 8, [_96, _5F, _6B]), (6, 8, [_0E, _CA, ROOTS[4]]), (2, 5, [_5F, _BC])]


def naive_root(leaves: list[bytes]) -> bytes:
    """MTH of RFC 6962, section 2.1, word for word."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return sha256(b"\x00" + leaves[0]).digest()
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return sha256(b"\x01" + naive_root(leaves[:k]) + naive_root(leaves[k:])).digest()


def naive_inclusion(leaf: int, leaves: list[bytes]) -> list[bytes]:
    """PATH of RFC 6962, section 2.1.1."""
    if len(leaves) == 1:
        return []
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    if leaf < k:
        return [*naive_inclusion(leaf, leaves[:k]), naive_root(leaves[k:])]
    return [*naive_inclusion(leaf - k, leaves[k:]), naive_root(leaves[:k])]


def naive_consistency(old: int, leaves: list[bytes], whole: bool = True) -> list[bytes]:
    """SUBPROOF of RFC 6962, section 2.1.2."""
    if old == len(leaves):
        return [] if whole else [naive_root(leaves)]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    if old <= k:
        return [*naive_consistency(old, leaves[:k], whole), naive_root(leaves[k:])]
    return [*naive_consistency(old - k, leaves[k:], False), naive_root(leaves[:k])]


def in_leaves(leaves: list[bytes]) -> Node:
    def node(subtree: Subtree) -> bytes:
        level, index = subtree
        return naive_root(leaves[index << level : (index + 1) << level])

    return node


def tree_of(leaves: list[bytes]) -> GrowingTree:
    tree = GrowingTree()
    for leaf in leaves:
        tree.append(leaf_hash(leaf))
    return tree


sizes = st.integers(1, 70)


def leaves_of(size: int) -> list[bytes]:
    return [n.to_bytes(2, "big") for n in range(size)]


@pytest.mark.parametrize("size", range(9))
def test_roots_are_those_of_certificate_transparency(size: int) -> None:
    leaves = [bytes.fromhex(leaf) for leaf in LEAVES[:size]]
    assert tree_of(leaves).root().hex() == ROOTS[size]
    assert range_root(LeafRange(0, size), in_leaves(leaves)).hex() == ROOTS[size]
    assert naive_root(leaves).hex() == ROOTS[size]


@pytest.mark.parametrize(("leaf", "size", "proof"), INCLUSION)
def test_inclusion_proofs_are_those_of_certificate_transparency(
    leaf: int, size: int, proof: list[str]
) -> None:
    leaves = [bytes.fromhex(each) for each in LEAVES[:size]]
    made = [range_root(each, in_leaves(leaves)).hex() for each in inclusion_ranges(leaf, size)]
    assert made == proof
    root = inclusion_root(leaf, size, leaf_hash(leaves[leaf]), list(map(bytes.fromhex, proof)))
    assert root is not None
    assert root.hex() == ROOTS[size]


@pytest.mark.parametrize(("old", "new", "proof"), CONSISTENCY)
def test_consistency_proofs_are_those_of_certificate_transparency(
    old: int, new: int, proof: list[str]
) -> None:
    leaves = [bytes.fromhex(each) for each in LEAVES[:new]]
    if old < new:
        made = [range_root(each, in_leaves(leaves)).hex() for each in consistency_ranges(old, new)]
        assert made == proof
    roots = bytes.fromhex(ROOTS[old]), bytes.fromhex(ROOTS[new])
    assert is_consistent(old, new, *roots, list(map(bytes.fromhex, proof)))


@given(sizes, st.data())
def test_inclusion_proof_equals_the_oracle_and_proves_its_leaf_alone(size: int, data: st.DataObject) -> None:
    leaves = leaves_of(size)
    leaf = data.draw(st.integers(0, size - 1))
    proof = [range_root(each, in_leaves(leaves)) for each in inclusion_ranges(leaf, size)]
    assert proof == naive_inclusion(leaf, leaves)
    root = naive_root(leaves)
    assert inclusion_root(leaf, size, leaf_hash(leaves[leaf]), proof) == root
    other = data.draw(st.integers(0, size + 1))
    if other != leaf:
        assert inclusion_root(other, size, leaf_hash(leaves[leaf]), proof) != root
    assert inclusion_root(leaf, size, leaf_hash(b"other"), proof) != root
    assert inclusion_root(leaf, size, leaf_hash(leaves[leaf]), [*proof, root]) is None


@given(sizes, sizes, st.data())
def test_consistency_proof_equals_the_oracle_and_proves_its_trees_alone(
    one: int, other: int, data: st.DataObject
) -> None:
    old, new = sorted((one, other))
    leaves = leaves_of(new)
    proof = (
        [range_root(each, in_leaves(leaves)) for each in consistency_ranges(old, new)] if old < new else []
    )
    assert proof == naive_consistency(old, leaves)
    roots = naive_root(leaves[:old]), naive_root(leaves)
    assert is_consistent(old, new, *roots, proof)
    assert not is_consistent(old, new, roots[0], leaf_hash(b"other"), proof)
    assert not is_consistent(old, new, leaf_hash(b"other"), roots[1], proof)
    if proof:
        at = data.draw(st.integers(0, len(proof) - 1))
        assert not is_consistent(old, new, *roots, [*proof[:at], leaf_hash(proof[at]), *proof[at + 1 :]])
        assert not is_consistent(old, new, *roots, proof[:-1])


@given(sizes, sizes)
def test_tree_resumed_from_a_consistency_proof_grows_as_the_whole_tree(one: int, other: int) -> None:
    old, new = sorted((one, other))
    if old == new:
        new += 1
    leaves = leaves_of(new)
    proof = naive_consistency(old, leaves)
    tree = tree_at_consistency(old, new, naive_root(leaves[:old]), proof)
    assert tree.root() == naive_root(leaves[:old])
    for leaf in leaves[old:]:
        tree.append(leaf_hash(leaf))
    assert (tree.size, tree.root()) == (new, naive_root(leaves))


@given(sizes, st.integers(0, 30))
def test_tree_of_subtrees_has_the_root_of_its_leaves(removed: int, kept: int) -> None:
    leaves = leaves_of(removed + kept)
    tree = GrowingTree()
    for subtree in subtrees(LeafRange(0, removed)):
        tree.append_subtree(subtree.level, in_leaves(leaves)(subtree))
    for leaf in leaves[removed:]:
        tree.append(leaf_hash(leaf))
    assert tree.root() == naive_root(leaves)


def test_subtree_is_refused_where_none_begins() -> None:
    tree = tree_of(leaves_of(1))
    with pytest.raises(ValueError, match="multiple"):
        tree.append_subtree(1, node_hash(EMPTY_ROOT, EMPTY_ROOT))


def test_proofs_outside_the_tree_are_refused() -> None:
    assert inclusion_root(3, 3, EMPTY_ROOT, []) is None
    assert inclusion_root(-1, 3, EMPTY_ROOT, []) is None
    assert is_consistent(0, 3, EMPTY_ROOT, leaf_hash(b""), [])
    assert not is_consistent(0, 3, leaf_hash(b""), leaf_hash(b""), [])
    assert not is_consistent(4, 3, EMPTY_ROOT, EMPTY_ROOT, [])
