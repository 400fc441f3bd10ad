"""ConfrontIdentity: compare what a caller believes about a person with the authentic source."""

from __future__ import annotations

from raas.domain.errors import Reason, refuse
from raas.domain.numbers.niss import Niss
from raas.domain.persons.confrontation import Verdict, confront
from raas.domain.persons.identity import IdentityClaim
from raas.usecases.calls.call import Call
from raas.usecases.limits.limits import CLAIMS_PER_PERSON, exceeded
from raas.usecases.limits.rate_limit import RateLimit
from raas.usecases.ports.persons import PersonStore

BURST, SECONDS = 30, 60.0
"""Confrontations per caller and person at once, and the seconds after which one more is allowed.

Enough for a clerk who tries spellings; guessing a birth date would take weeks.
"""


class ConfrontIdentity:
    """The use case ConfrontIdentity."""

    def __init__(self, store: PersonStore, attempts: RateLimit) -> None:
        self._store = store
        self._attempts = attempts

    async def confront(self, call: Call, niss: Niss, claim: IdentityClaim) -> tuple[tuple[str, Verdict], ...]:
        """The verdict on each claimed field, in the order of IdentityClaim; never a true value.

        The budget is that of the person, whichever of the numbers is used. Raises Refused LIMIT_EXCEEDED
        (too many for this caller and person), NISS_UNKNOWN.
        """
        person = (await self._store.finals([niss])).get(niss)
        number = niss if person is None else person.niss
        if wait := self._attempts.spend((call.caller.key, number)):
            raise exceeded(CLAIMS_PER_PERSON, self._attempts.burst, wait)
        if person is None:
            raise refuse(Reason.NISS_UNKNOWN, "niss")
        return confront(claim, person.identity)
