"""The limits of claims of identity: callers must not find out an identity by trying."""

from __future__ import annotations

from raas.domain.errors import Refused
from raas.domain.numbers.niss import Niss
from raas.usecases.calls.call import CallerKey
from raas.usecases.limits.budgets import Budget, Budgets
from raas.usecases.limits.limits import CLAIMS_PER_PERSON, exceeded
from raas.usecases.limits.rate_limit import RateLimit

BURST, SECONDS = 30, 60.0
"""Claims per caller and person at once, and the seconds after which one more is allowed.

Enough for a clerk who tries spellings; guessing a birth date would take weeks.
"""


class ClaimLimits:
    """Claims about one person, counted by `attempts`, and wrong claims about all persons on a day."""

    def __init__(self, attempts: RateLimit, budgets: Budgets | None = None) -> None:
        self._attempts = attempts
        self._budgets = budgets

    def refusal(self, caller: CallerKey, person: Niss) -> Refused | None:
        """The refusal of one more claim about this person; None = it is allowed, and not counted yet."""
        wait = self._attempts.wait((caller, person))
        return exceeded(CLAIMS_PER_PERSON, self._attempts.burst, wait) if wait else None

    def count(self, caller: CallerKey, person: Niss) -> None:
        """Count a claim about this person."""
        self._attempts.spend((caller, person))

    def require(self, caller: CallerKey) -> None:
        """Raise Refused LIMIT_EXCEEDED if the caller has used up its wrong claims of the day."""
        if self._budgets is not None:
            self._budgets.require(caller, Budget.WRONG_CLAIMS)

    async def count_wrong(self, caller: CallerKey, count: int) -> None:
        """Count wrong claims of the day. Raises Refused LIMIT_EXCEEDED if they use up the budget."""
        if self._budgets is not None:
            await self._budgets.count_wrong_claims(caller, count)
