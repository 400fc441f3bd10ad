"""Verification of the Merkle tree of an export against the checkpoints that were kept elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from raas.domain.audit.checkpoint import Checkpoint
from raas.domain.audit.findings import Fault, Finding
from raas.domain.audit.merkle import GrowingTree, is_consistent, tree_at_consistency
from raas.domain.audit.verify_checkpoints import KeptCheckpoint, consistency_of


class FollowedTree:
    """The tree of a log, compared with each checkpoint that it reaches.

    After a gap or a difference it goes on from the proof of consistency of a later checkpoint, so that each
    part of the log is judged by itself.
    """

    def __init__(self, checkpoints: Sequence[KeptCheckpoint], notes: Mapping[str, bytes]) -> None:
        self.leaf = 0
        """The number of the leaf that comes next."""
        self.proven: Checkpoint | None = None
        """The newest checkpoint that the tree has equalled."""
        self._checkpoints = checkpoints
        self._notes = notes
        self._next = 0
        self._tree: GrowingTree | None = GrowingTree()
        self._since = 0

    def append(self, hashed_leaf: bytes) -> None:
        """Add the next leaf."""
        if self._tree is not None:
            self._tree.append(hashed_leaf)
        self.leaf += 1

    def append_subtree(self, level: int, root: bytes) -> None:
        """Add leaves that were removed. Raises ValueError where no such subtree begins."""
        if self._tree is not None:
            self._tree.append_subtree(level, root)
        self.leaf += 1 << level

    def skip_to(self, leaf: int) -> None:
        """Leave out leaves that are missing."""
        self.leaf = leaf
        self._tree = None

    def covering(self) -> Checkpoint | None:
        """The first checkpoint that covers the next leaf."""
        return self._checkpoints[self._next].checkpoint if self._next < len(self._checkpoints) else None

    def compare(self, chains_equal: Callable[[int, bytes], bool]) -> Iterator[Finding]:
        """Everything that is wrong at the checkpoints that the tree has reached."""
        while (checkpoint := self.covering()) is not None and checkpoint.size <= self.leaf:
            self._next += 1
            if checkpoint.size < self.leaf:
                continue
            if self._tree is not None and self._tree.root() == checkpoint.root:
                self.proven = checkpoint
                if not chains_equal(checkpoint.chains, checkpoint.chains_root):
                    text = f"the chains are not as checkpoint {checkpoint.number} has them"
                    yield Finding(Fault.CHAINS_DIFFER, text, checkpoint=checkpoint.number)
            elif self._tree is not None:
                text = (
                    f"records {self._since} to {self.leaf - 1} of the log are not those that checkpoint "
                    f"{checkpoint.number} covers: they were replaced, or an older copy was put back"
                )
                yield Finding(Fault.HISTORY_REPLACED, text, leaf=self._since, checkpoint=checkpoint.number)
                self._tree = None
            if self._tree is None:
                self._tree = self._resumed(checkpoint)
            self._since = self.leaf

    def _resumed(self, checkpoint: Checkpoint) -> GrowingTree | None:
        """The tree at this checkpoint, from the proof of the next one; None where that has no proof of it."""
        later = self.covering()
        if later is None or later.number != checkpoint.number + 1 or not 0 < checkpoint.size < later.size:
            return None
        proof = consistency_of(self._checkpoints[self._next], self._notes)
        roots = checkpoint.size, later.size, checkpoint.root
        if proof is None or not is_consistent(*roots, later.root, proof):
            return None
        return tree_at_consistency(*roots, proof)
