"""The authentic source on another server of RaaS: its PersonService, asked in batches.

While a request is under way, further numbers are collected for the next one, by caller and legal context.
States are cached for a short while; unknown numbers are asked anew each time. A caller waits until the
deadline at most: after it, and whenever the other server does not answer, SourceUnavailable is raised.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import NamedTuple, Self

import structlog

from raas.concurrency.batch_loader import BatchLoader
from raas.concurrency.batch_queue import NotProcessed
from raas.concurrency.slices import slices
from raas.domain.calendar.day import parse_day
from raas.domain.numbers.enterprise_number import EnterpriseNumber, enterprise_number_text
from raas.domain.numbers.niss import Niss, niss_text
from raas.domain.persons.status import PersonState, PersonStatus
from raas.rpc.calls.context import current
from raas.rpc.wire.persons.identities import claim_message
from raas.usecases.ports.errors import SourceUnavailable
from raas.usecases.ports.persons import Claim, Comparison
from raas.v1 import person_service_pb2 as v1
from raas_client import (
    CallFailed,
    CredentialUnavailable,
    Keepalive,
    Patience,
    RaasClient,
    RaasError,
    Refused,
    Retries,
    Tls,
    Token,
)

_log = structlog.get_logger("raas.rpc")

CHECKS_AT_ONCE = 1_000
DEADLINE_SECONDS = 2.0
KEPT_SECONDS = 30.0
KEPT = 100_000
"""Numbers remembered; the one unused for longest is forgotten first."""

_IDENTITY = frozenset({"UNAUTHENTICATED", "CREDENTIAL_EXPIRED", "ROLE_MISSING", "SCOPE_MISSING"})
"""Refusals that concern this server, not the persons."""


# A network that fell silent is noticed, and another connection tried.
_KEEPALIVE = Keepalive(seconds=30, timeout_seconds=10)
# Longer than any deadline: a failure is answered at once, and the next call tries again.
_ONCE = Retries(first_pause_seconds=3_600, longest_pause_seconds=3_600)


class Origin(NamedTuple):
    """The call for which persons are asked: recorded by the other server, never decided upon."""

    on_behalf_of: str | None = None
    """The enterprise number of its caller, or of the organisation for which a gateway calls."""
    legal_context: str | None = None


_Key = tuple[Origin, Niss]


class RemoteSource:
    """The AuthenticSource and the IdentitySource behind `client`, which is asked once within its deadline.

    There the caller that the client presents needs the role PERSON_CHECKER. `legal_context` is that of calls
    without one of their own. Must be made in the event loop that will use it; `close` ends its connection.
    """

    in_store = False

    def __init__(
        self,
        client: RaasClient,
        *,
        legal_context: str | None = None,
        deadline_seconds: float = DEADLINE_SECONDS,
        kept_seconds: float = KEPT_SECONDS,
        kept: int = KEPT,
    ) -> None:
        self._client = client.acting(patience=Patience(call_seconds=deadline_seconds))
        self._legal_context = legal_context
        self._deadline_seconds = deadline_seconds
        self._kept_seconds = kept_seconds
        self._kept = kept
        self._refused: str | None = None
        """The last refusal of the identity of this server that was logged."""
        self._known: OrderedDict[Niss, tuple[float, PersonState]] = OrderedDict()
        self._states: BatchLoader[_Key, PersonState | None] = BatchLoader(
            self._fetch_states, keys_per_fetch=CHECKS_AT_ONCE, concurrent_fetches=1
        )

    @classmethod
    def at(
        cls,
        target: str,
        caller: EnterpriseNumber,
        *,
        tls: Tls | None = None,
        token: Token | None = None,
        legal_context: str | None = None,
    ) -> Self:
        """The source on the server at `target` (host:port); without `tls` on the same machine only.

        `caller` is the enterprise number under which a server with development identity is asked. Raises
        OSError and ValueError for files that cannot be used.
        """
        client = RaasClient(
            target,
            enterprise_number=enterprise_number_text(caller),
            tls=tls,
            token=token,
            retries=_ONCE,
            keepalive=_KEEPALIVE,
        )
        return cls(client, legal_context=legal_context)

    async def close(self) -> None:
        """Close the connection; calls that still wait raise SourceUnavailable."""
        await self._client.close()

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
            states = await self._check(checks, self._origin())
            numbers.update((niss, _numbers(niss, state)) for niss, state in zip(some, states, strict=True))
        return numbers

    async def compare(self, claims: Sequence[Claim]) -> Sequence[Comparison]:
        """One comparison per claim; true values are never sent.

        Raises SourceUnavailable.
        """
        found: list[Comparison] = []
        origin = self._origin()
        try:
            async with asyncio.timeout(self._deadline_seconds):
                for some in slices(claims, CHECKS_AT_ONCE):
                    checks = [
                        v1.PersonCheck(niss=niss_text(niss), identity=claim_message(claim))
                        for niss, claim in some
                    ]
                    found += [
                        Comparison(_final(niss, state), tuple(state.mismatches))
                        for (niss, _), state in zip(some, await self._check(checks, origin), strict=True)
                    ]
        except TimeoutError:
            raise SourceUnavailable("the authentic source did not answer in time") from None
        return found

    async def _asked(self, nisses: Sequence[Niss]) -> Mapping[Niss, PersonState]:
        """The states of numbers that are not cached, in requests of at most CHECKS_AT_ONCE numbers."""
        origin = self._origin()
        keys = [(origin, niss) for niss in nisses]
        try:
            async with asyncio.timeout(self._deadline_seconds):
                answers = await asyncio.gather(
                    *(self._states.of(some) for some in slices(keys, CHECKS_AT_ONCE))
                )
        except (TimeoutError, NotProcessed):
            raise SourceUnavailable("the authentic source did not answer in time") from None
        states = zip(nisses, chain.from_iterable(answers), strict=True)
        return {niss: state for niss, state in states if state is not None}

    async def _fetch_states(self, keys: Sequence[_Key]) -> Sequence[PersonState | None]:
        """One state per key, in their order; a number that was cached meanwhile is not asked again.

        The numbers of one origin go together, since a request tells one origin.
        """
        states = {niss: self._cached(niss) for _, niss in keys}
        asked: dict[Origin, list[Niss]] = {}
        for origin, niss in dict.fromkeys(keys):
            if states[niss] is None:
                asked.setdefault(origin, []).append(niss)
        requests = [(origin, some) for origin, own in asked.items() for some in slices(own, CHECKS_AT_ONCE)]
        for found in await asyncio.gather(*(self._ask(origin, some) for origin, some in requests)):
            states.update(found)
        while len(self._known) > self._kept:
            self._known.popitem(last=False)
        return [states[niss] for _, niss in keys]

    async def _ask(self, origin: Origin, nisses: Sequence[Niss]) -> Mapping[Niss, PersonState | None]:
        messages = await self._check([v1.PersonCheck(niss=niss_text(niss)) for niss in nisses], origin)
        expires = time.monotonic() + self._kept_seconds
        states = {niss: _state(message) for niss, message in zip(nisses, messages, strict=True)}
        for niss, state in states.items():
            if state is not None:
                self._known[niss] = (expires, state)
                self._known.move_to_end(niss)
        return states

    def _cached(self, niss: Niss) -> PersonState | None:
        expires, state = self._known.get(niss, (0.0, None))
        return state if expires > time.monotonic() else None

    def _origin(self) -> Origin:
        """The origin of the call that this task serves."""
        context = current(None)
        if context is None:
            return Origin(None, self._legal_context)
        call = context.call
        number = enterprise_number_text(call.caller.acts_as)
        return Origin(number, call.legal_context or self._legal_context)

    async def _check(self, checks: Sequence[v1.PersonCheck], origin: Origin) -> Sequence[v1.PersonState]:
        client = self._client.acting(legal_context=origin.legal_context)
        try:
            states = await client.check_persons(checks, on_behalf_of=origin.on_behalf_of)
        except (Refused, CallFailed, CredentialUnavailable) as error:
            self._log_refusal(error)
            # Its sentence may say more than anybody here may know.
            status = "nothing" if isinstance(error, CredentialUnavailable) else error.status.name
            raise SourceUnavailable(f"the authentic source answered {status}") from None
        self._refused = None
        if len(states) != len(checks):
            raise SourceUnavailable("the authentic source answered another question")
        return states

    def _log_refusal(self, error: RaasError) -> None:
        """Tell the operator, once, that the other server does not accept the identity of this one."""
        if isinstance(error, CallFailed) and not hasattr(error, "__notes__"):
            return
        if isinstance(error, Refused) and error.reason not in _IDENTITY:
            return
        cause = " ".join((str(error), *getattr(error, "__notes__", ())))
        if cause != self._refused:
            self._refused = cause
            _log.error("the authentic source does not accept this server", cause=cause)


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
