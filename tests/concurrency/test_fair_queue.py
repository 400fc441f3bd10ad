"""The fair queue against a model: every owner keeps its order, and owners take turns."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from raas.concurrency.fair_queue import FairQueue


@dataclass(frozen=True)
class Item:
    owner: str
    number: int


@given(st.lists(st.sampled_from("abcd") | st.none()))
def test_owners_keep_their_order_and_take_turns(steps: list[str | None]) -> None:
    queue: FairQueue[Item] = FairQueue()
    waiting: dict[str, list[Item]] = {}
    last_turn: dict[str, int] = {}
    for step, owner in enumerate(steps):
        if owner is not None:
            item = Item(owner, step)
            if not waiting.get(owner):
                # An owner that comes waits for its turn like one that was just served.
                last_turn[owner] = step
            waiting.setdefault(owner, []).append(item)
            queue.append(item)
        elif len(queue):
            longest = min((o for o in waiting if waiting[o]), key=lambda o: last_turn[o])
            assert queue.peek() == waiting[longest][0]
            assert queue.take() == waiting[longest].pop(0)
            last_turn[longest] = step
        assert len(queue) == sum(map(len, waiting.values()))
        assert all(queue.has_of(o) == bool(waiting[o]) for o in waiting)
    assert sorted(queue, key=lambda item: item.number) == sorted(
        (item for items in waiting.values() for item in items), key=lambda item: item.number
    )


@given(st.lists(st.sampled_from("abc"), min_size=1), st.data())
def test_items_given_back_are_taken_again_in_the_same_order(owners: list[str], data: st.DataObject) -> None:
    queue: FairQueue[Item] = FairQueue()
    for number, owner in enumerate(owners):
        queue.append(Item(owner, number))
    taken = [queue.take() for _ in range(data.draw(st.integers(1, len(owners))))]
    rest = data.draw(st.integers(0, len(taken)))
    for item in reversed(taken[rest:]):
        queue.give_back(item)
    assert [queue.take() for _ in taken[rest:]] == taken[rest:]


def test_cleared_queue_is_empty() -> None:
    queue: FairQueue[Item] = FairQueue()
    queue.append(Item("a", 1))
    queue.clear()
    assert (len(queue), list(queue), queue.has_of("a")) == (0, [], False)
