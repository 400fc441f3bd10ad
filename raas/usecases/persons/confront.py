"""ConfrontIdentity: compare what a caller believes about a person with the authentic source."""

from __future__ import annotations

from raas.domain.errors import Reason, refuse
from raas.domain.numbers.niss import Niss
from raas.domain.persons.confrontation import Verdict, confront
from raas.domain.persons.identity import IdentityClaim
from raas.usecases.calls.call import Call
from raas.usecases.limits.claim_limits import ClaimLimits
from raas.usecases.ports.persons import PersonStore


class ConfrontIdentity:
    """The use case ConfrontIdentity."""

    def __init__(self, store: PersonStore, limits: ClaimLimits) -> None:
        self._store = store
        self._limits = limits

    async def confront(self, call: Call, niss: Niss, claim: IdentityClaim) -> tuple[tuple[str, Verdict], ...]:
        """The verdict on each claimed field, in the order of IdentityClaim; never a true value.

        The budget is that of the person, whichever of the numbers is used. Raises Refused LIMIT_EXCEEDED
        (too many for this caller and person, or too many wrong ones on one day), NISS_UNKNOWN.
        """
        caller = call.caller.key
        self._limits.require(caller)
        person = (await self._store.finals([niss])).get(niss)
        number = niss if person is None else person.niss
        if refusal := self._limits.refusal(caller, number):
            raise refusal
        self._limits.count(caller, number)
        if person is None:
            raise refuse(Reason.NISS_UNKNOWN, "niss")
        verdicts = confront(claim, person.identity)
        await self._limits.count_wrong(caller, any(verdict is Verdict.MISMATCH for _, verdict in verdicts))
        return verdicts
