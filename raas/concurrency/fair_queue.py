"""A queue in which owners take turns: a greedy one delays its own items only."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Hashable, Iterator
from typing import Generic, Protocol, TypeVar


class Owned(Protocol):
    """An item of somebody; None is an owner like any other."""

    owner: Hashable


Item = TypeVar("Item", bound=Owned)


class FairQueue(Generic[Item]):
    """Items in the order of their owner; each owner gives one item in its turn."""

    __slots__ = ("_count", "_turns")

    def __init__(self) -> None:
        self._turns: OrderedDict[Hashable, deque[Item]] = OrderedDict()
        """The items of every owner that has some; the owners in the order of their turns."""
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Item]:
        """All items, by owner."""
        return (item for items in self._turns.values() for item in items)

    def has_of(self, owner: Hashable) -> bool:
        """Whether the owner has an item here."""
        return owner in self._turns

    def append(self, item: Item) -> None:
        """Add an item after those of its owner, whose turn is the last one if it has none yet."""
        items = self._turns.get(item.owner)
        if items is None:
            items = self._turns[item.owner] = deque()
        items.append(item)
        self._count += 1

    def give_back(self, item: Item) -> None:
        """Put an item that was taken before all others; the last one taken is given back first."""
        items = self._turns.get(item.owner)
        if items is None:
            items = self._turns[item.owner] = deque()
        items.appendleft(item)
        self._turns.move_to_end(item.owner, last=False)
        self._count += 1

    def peek(self) -> Item:
        """The item that `take` returns next; there must be one."""
        return next(iter(self._turns.values()))[0]

    def take(self) -> Item:
        """Remove the next item; the next turn is that of the next owner."""
        owner, items = next(iter(self._turns.items()))
        item = items.popleft()
        self._count -= 1
        if not items:
            del self._turns[owner]
        elif len(self._turns) > 1:
            self._turns.move_to_end(owner)
        return item

    def clear(self) -> None:
        """Remove all items."""
        self._turns.clear()
        self._count = 0
