"""A caller with a restricted mandate gets the answers of a register that holds the visible dossiers alone."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from raas.domain.rights.view import Content
from raas.v1 import mutation_stream_pb2 as stream_v1
from raas.v1.mutation_pb2 import Mutation
from tests.rpc.views.answers import Answers
from tests.rpc.views.questions import Questions, mutations_until
from tests.rpc.views.worlds import HIDDEN, PERSONS, VISIBLE, Action, World, Worlds, two_worlds

_PERSON = st.integers(0, PERSONS - 1)
_TYPES = st.lists(st.sampled_from((*VISIBLE, *HIDDEN)), min_size=1, max_size=4, unique=True).map(tuple)
_PERIODS = st.sampled_from(
    [("2024-01-01", "2024-01-31"), ("2024-01-10", "2024-02-20"), ("2023-06-01", "2024-01-14")]
)
_ACTIONS = st.one_of(
    st.builds(
        Action,
        st.sampled_from(["inscribe", "inscribe", "remove"]),
        st.lists(_PERSON, min_size=1, max_size=2, unique=True).map(tuple),
        _TYPES,
        _PERIODS,
    ),
    st.builds(Action, st.just("replace"), st.tuples(_PERSON, _PERSON)),
    st.builds(Action, st.sampled_from(["restore", "cancel"]), st.tuples(_PERSON)),
    st.builds(Action, st.just("identify"), st.tuples(_PERSON), text=st.sampled_from(["ONE", "TWO", "THREE"])),
    st.builds(Action, st.just("create_type"), types=st.just(("LATER",))),
    st.builds(
        Action,
        st.just("update_type"),
        types=_TYPES.map(lambda t: t[:1]),
        text=st.sampled_from(["one", "two"]),
    ),
)
_LAST = Action("inscribe", (PERSONS,), ("A",), ("2030-01-01", "2030-01-31"))
"""Makes the last mutation a visible one, so that streams need not wait for a bookmark."""

_CONTENTS = st.sampled_from([frozenset[Content](), frozenset({Content.IDENTITY})])


class Bench:
    """Two servers, and the event loop on which they run."""

    def __init__(self, runner: asyncio.Runner, worlds: Worlds) -> None:
        self._runner = runner
        self.worlds = worlds

    def run(self, actions: Sequence[Action], contents: frozenset[Content]) -> None:
        """Compare the worlds before, while and after the actions take place."""
        self._runner.run(asyncio.wait_for(self._run(actions, contents), 60))

    async def _run(self, actions: Sequence[Action], contents: frozenset[Content]) -> None:
        worlds = self.worlds
        await worlds.begin(contents)
        async with AsyncExitStack() as stack:
            live = [await _Live.open(stack, world) for world in (worlds.real, worlds.oracle)]
            owners = await _Live.open(stack, worlds.real, as_owner=True)
            for action in actions:
                await worlds.act(action)
            await worlds.act(_LAST)
            recorded = [await _recorded(world) for world in (worlds.real, worlds.oracle)]
            latest = [mutations[-1].revision for mutations in recorded]
            answers = [Answers(recorded[0]), Answers(None)]
            # While both streamed: nothing that was serialised for one caller reaches the other.
            assert await owners.through(latest[0]) == recorded[0][owners.begun :]
            found = [await each.through(revision) for each, revision in zip(live, latest, strict=True)]
            plain = [[a.plain(m) for m in of] for a, of in zip(answers, found, strict=True)]
            assert plain[0] == plain[1]
            _assert_no_resume_point_inside_a_group(live[0].resume_points, recorded[0])
        questions = [
            Questions(world, a, revision, worlds.times)
            for world, a, revision in zip((worlds.real, worlds.oracle), answers, latest, strict=True)
        ]
        assert await _collected(questions[0]) == await _collected(questions[1])
        written = [[each async for each in of.written()] for of in questions]
        # Rows written here are visible: they come after all others.
        assert _without_revisions(written[0]) == _without_revisions(written[1])


class _Live:
    """A stream that is open while mutations are written."""

    def __init__(self, call: Any, begun: int) -> None:
        self._call = call
        self.begun = begun
        self.resume_points: list[int] = []

    @classmethod
    async def open(cls, stack: AsyncExitStack, world: World, *, as_owner: bool = False) -> _Live:
        """A stream of new mutations, which has sent its first bookmark."""
        request = stream_v1.SubscribeRequest(register=world.owner, latest=stream_v1.LatestStart())
        call = world.stream.Subscribe(request, metadata=world.by_owner if as_owner else world.by_friend)
        stack.callback(call.cancel)
        bookmark = (await call.read()).bookmark
        assert bool(bookmark.checksum) is (as_owner or world.seen is None)
        return cls(call, bookmark.revision)

    async def through(self, revision: int) -> list[Mutation]:
        """The mutations through a revision."""
        found: list[Mutation] = []
        while not self.resume_points or self.resume_points[-1] < revision:
            message = await self._call.read()
            found += message.mutations.mutations
            self.resume_points.append(message.mutations.through_revision)
        return found


async def _recorded(world: World) -> Sequence[Mutation]:
    """All mutations, as the owner reads them."""
    request = stream_v1.SubscribeRequest(after_revision=0)
    latest = await world.stream.ListMutations(stream_v1.ListMutationsRequest(), metadata=world.by_owner)
    call = world.stream.Subscribe(request, metadata=world.by_owner)
    mutations = await mutations_until(call, latest.latest_revision)
    call.cancel()
    return mutations


async def _collected(questions: Questions) -> list[Any]:
    """Every answer of a world."""
    found = [each async for each in questions.all()]
    found.append(("snapshot", await questions.snapshot()))
    for after in questions.answers.revisions(questions.latest)[:-1:3]:
        found.append(("streamed", await questions.streamed(after)))
    found.append(("of a type", await questions.streamed(0, ("A",))))
    return found


def _assert_no_resume_point_inside_a_group(points: Sequence[int], mutations: Sequence[Mutation]) -> None:
    last_of_group = {mutation.revision: mutation.batch_last_revision for mutation in mutations}
    assert [point for point in points if last_of_group.get(point, point) != point] == []


def _without_revisions(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_revisions(each) for name, each in value.items() if name != "revision"}
    if isinstance(value, list | tuple):
        return [_without_revisions(each) for each in value]
    return value


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        worlds = runner.run(stack.enter_async_context(two_worlds()))
        yield Bench(runner, worlds)
        runner.run(stack.aclose())


@pytest.mark.timeout(600)
@settings(max_examples=12)
@given(actions=st.lists(_ACTIONS, min_size=4, max_size=12), contents=_CONTENTS)
def test_restricted_caller_sees_the_register_as_if_it_held_the_visible_types_alone(
    bench: Bench, actions: Sequence[Action], contents: frozenset[Content]
) -> None:
    bench.run(actions, contents)
