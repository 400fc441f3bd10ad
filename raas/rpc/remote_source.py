"""The authentic source on another server of RaaS: its PersonService, asked in batches.

Numbers asked while a request is under way go together in the next one. States are cached for a short
while; unknown numbers are asked anew each time. A caller waits until the deadline at most: after it, and
whenever the other server does not answer, SourceUnavailable is raised.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Self

import grpc
import grpc.aio

from raas.concurrency.batch_loader import BatchLoader
from raas.concurrency.batch_queue import NotProcessed
from raas.concurrency.slices import slices
from raas.domain.calendar.day import parse_day
from raas.domain.numbers.enterprise_number import EnterpriseNumber, enterprise_number_text
from raas.domain.numbers.niss import Niss, niss_text
from raas.domain.persons.status import PersonState, PersonStatus
from raas.rpc.calls.identity import ENTERPRISE_NUMBER
from raas.rpc.wire.identities import claim_message
from raas.usecases.ports.errors import SourceUnavailable
from raas.usecases.ports.persons import Claim, Comparison
from raas.v1 import person_service_pb2 as v1
from raas.v1.person_service_pb2_grpc import PersonServiceStub

CHECKS_AT_ONCE = 1_000
DEADLINE_SECONDS = 2.0
KEPT_SECONDS = 30.0
KEPT = 100_000
"""Numbers remembered; the one unused for longest is forgotten first."""


_OPTIONS = (
    # A source that was away is asked again within a second of its return.
    ("grpc.initial_reconnect_backoff_ms", 200),
    ("grpc.min_reconnect_backoff_ms", 200),
    ("grpc.max_reconnect_backoff_ms", 1_000),
    # A network that fell silent is noticed, and another connection tried.
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.http2.ping_timeout_ms", 10_000),
)


class RemoteSource:
    """The AuthenticSource and the IdentitySource behind `channel`.

    `caller` is the enterprise number under which it is asked; there it needs the role PERSON_CHECKER.
    """

    in_store = False

    def __init__(
        self,
        channel: grpc.aio.Channel,
        caller: EnterpriseNumber,
        *,
        deadline_seconds: float = DEADLINE_SECONDS,
        kept_seconds: float = KEPT_SECONDS,
        kept: int = KEPT,
    ) -> None:
        self._channel = channel
        self._stub = PersonServiceStub(channel)
        self._metadata = ((ENTERPRISE_NUMBER, enterprise_number_text(caller)),)
        self._deadline_seconds = deadline_seconds
        self._kept_seconds = kept_seconds
        self._kept = kept
        self._known: OrderedDict[Niss, tuple[float, PersonState]] = OrderedDict()
        self._states: BatchLoader[Niss, PersonState | None] = BatchLoader(
            self._fetch_states, keys_per_fetch=CHECKS_AT_ONCE, concurrent_fetches=1
        )

    @classmethod
    def at(cls, target: str, caller: EnterpriseNumber) -> Self:
        """The source on the server at `target` (host:port), in plaintext: on the same machine only.

        Must be called in the event loop that will use it; `close` ends its connection.
        """
        return cls(grpc.aio.insecure_channel(target, options=_OPTIONS), caller)

    async def close(self) -> None:
        """Close the connection; calls that still wait raise SourceUnavailable."""
        await self._channel.close()

    async def states(self, nisses: Sequence[Niss]) -> Mapping[Niss, PersonState]:
        """The facts that the source has about these numbers; unknown numbers are absent.

        A state may be as old as it is kept. Raises SourceUnavailable.
        """
        states: dict[Niss, PersonState] = {}
        unknown = []
        for niss in dict.fromkeys(nisses):
            state = self._cached(niss)
            if state is None:
                unknown.append(niss)
            else:
                self._known.move_to_end(niss)
                states[niss] = state
        if unknown:
            states.update(await self._asked(unknown))
        return states

    async def numbers_of(self, nisses: Sequence[Niss]) -> Mapping[Niss, tuple[Niss, ...]]:
        """For each number all those of its person, asked anew each time. Raises SourceUnavailable."""
        numbers: dict[Niss, tuple[Niss, ...]] = {}
        for some in slices(nisses, CHECKS_AT_ONCE):
            checks = [v1.PersonCheck(niss=niss_text(niss), with_former_niss=True) for niss in some]
            states = await self._check(checks)
            numbers.update((niss, _numbers(niss, state)) for niss, state in zip(some, states, strict=True))
        return numbers

    async def compare(self, claims: Sequence[Claim]) -> Sequence[Comparison]:
        """One comparison per claim; true values are never sent.

        Raises SourceUnavailable.
        """
        found: list[Comparison] = []
        try:
            async with asyncio.timeout(self._deadline_seconds):
                for some in slices(claims, CHECKS_AT_ONCE):
                    checks = [
                        v1.PersonCheck(niss=niss_text(niss), identity=claim_message(claim))
                        for niss, claim in some
                    ]
                    found += [
                        Comparison(_final(niss, state), tuple(state.mismatches))
                        for (niss, _), state in zip(some, await self._check(checks), strict=True)
                    ]
        except TimeoutError:
            raise SourceUnavailable("the authentic source did not answer in time") from None
        return found

    async def _asked(self, nisses: Sequence[Niss]) -> Mapping[Niss, PersonState]:
        """The states of numbers that are not cached, in requests of at most CHECKS_AT_ONCE numbers."""
        try:
            async with asyncio.timeout(self._deadline_seconds):
                answers = await asyncio.gather(
                    *(self._states.of(some) for some in slices(nisses, CHECKS_AT_ONCE))
                )
        except (TimeoutError, NotProcessed):
            raise SourceUnavailable("the authentic source did not answer in time") from None
        states = zip(nisses, chain.from_iterable(answers), strict=True)
        return {niss: state for niss, state in states if state is not None}

    async def _fetch_states(self, nisses: Sequence[Niss]) -> Sequence[PersonState | None]:
        """One state per number, in their order; a number that was cached meanwhile is not asked again."""
        unknown = [niss for niss in dict.fromkeys(nisses) if self._cached(niss) is None]
        states = {niss: self._cached(niss) for niss in nisses}
        for some in slices(unknown, CHECKS_AT_ONCE):
            messages = await self._check([v1.PersonCheck(niss=niss_text(niss)) for niss in some])
            expires = time.monotonic() + self._kept_seconds
            for niss, message in zip(some, messages, strict=True):
                state = states[niss] = _state(message)
                if state is not None:
                    self._known[niss] = (expires, state)
                    self._known.move_to_end(niss)
        while len(self._known) > self._kept:
            self._known.popitem(last=False)
        return [states[niss] for niss in nisses]

    def _cached(self, niss: Niss) -> PersonState | None:
        expires, state = self._known.get(niss, (0.0, None))
        return state if expires > time.monotonic() else None

    async def _check(self, checks: Sequence[v1.PersonCheck]) -> Sequence[v1.PersonState]:
        try:
            answer: v1.CheckPersonsResponse = await self._stub.CheckPersons(
                v1.CheckPersonsRequest(checks=checks),
                metadata=self._metadata,
                timeout=self._deadline_seconds,
            )
        except grpc.aio.AioRpcError as error:
            # Its sentence may say more than anybody here may know.
            raise SourceUnavailable(f"the authentic source answered {error.code().name}") from None
        if len(answer.states) != len(checks):
            raise SourceUnavailable("the authentic source answered another question")
        return answer.states


def _state(message: v1.PersonState) -> PersonState | None:
    if not message.HasField("status"):
        return None
    return PersonState(
        PersonStatus(message.status),
        Niss(int(message.successor_niss)) if message.HasField("successor_niss") else None,
        parse_day(message.earliest_birth_day) if message.HasField("earliest_birth_day") else None,
        message.deceased,
    )


def _final(niss: Niss, message: v1.PersonState) -> Niss:
    return Niss(int(message.successor_niss)) if message.HasField("successor_niss") else niss


def _numbers(niss: Niss, message: v1.PersonState) -> tuple[Niss, ...]:
    final = _final(niss, message)
    former = sorted({niss, *(Niss(int(number)) for number in message.former_niss)} - {final})
    return final, *former
