"""The budgets of a caller while one of its calls is served."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from raas.domain.errors import Reason, Refused
from raas.domain.numbers.niss import Niss
from raas.usecases.calls.call import Caller
from raas.usecases.limits.budgets import Budget, Budgets

_PLACE = re.compile(r"\w+\[(\d+)\]\.niss")


class CallBudget:
    """Counts the persons that a call shows, the unknown numbers that it asks for, and its wrong claims.

    Without budgets nothing is counted. `asked` has the numbers of the request by the path of their field;
    `batch` has those of a list of operations, by place.
    """

    __slots__ = ("_budgets", "_caller", "asked", "batch")

    def __init__(self, budgets: Budgets | None, caller: Caller) -> None:
        self._budgets = budgets
        self._caller = caller
        self.asked: dict[str, Niss] = {}
        self.batch: Sequence[Niss | None] = ()

    def require(self, numbers: Collection[Niss] = ()) -> None:
        """Before a call looks persons up: raise Refused LIMIT_EXCEEDED if a budget is used up.

        A refusal after the lookup would tell whether they exist. A caller may ask again for `numbers` that it
        was shown before on the same day.
        """
        if self._budgets is not None:
            self._budgets.require(self._caller.key, Budget.PERSONS_SHOWN, numbers)
            self._budgets.require(self._caller.key, Budget.UNKNOWN_NUMBERS, numbers)

    def require_unknown(self, numbers: Collection[Niss]) -> None:
        """Before operations are validated only: raise Refused LIMIT_EXCEEDED if unknown numbers are used up.

        It would tell which numbers exist, without a trace in the register.
        """
        if self._budgets is not None:
            self._budgets.require(self._caller.key, Budget.UNKNOWN_NUMBERS, numbers)

    def require_claims(self) -> None:
        """Before claims are compared: raise Refused LIMIT_EXCEEDED if the wrong claims are used up."""
        if self._budgets is not None:
            self._budgets.require(self._caller.key, Budget.WRONG_CLAIMS)

    async def show(self, numbers: Collection[Niss]) -> None:
        """Count persons before they are shown. Raises Refused LIMIT_EXCEEDED: then none may be."""
        if self._budgets is not None:
            await self._budgets.count(self._caller.key, Budget.PERSONS_SHOWN, numbers)

    async def count_unknown(self, numbers: Collection[Niss]) -> None:
        """Count unknown numbers before the answer tells. Raises Refused LIMIT_EXCEEDED: then it must not."""
        if self._budgets is not None:
            await self._budgets.count(self._caller.key, Budget.UNKNOWN_NUMBERS, numbers)

    async def count_wrong_claims(self, count: int) -> None:
        """Count claims that differ before the answer says so. Raises Refused LIMIT_EXCEEDED."""
        if self._budgets is not None:
            await self._budgets.count_wrong_claims(self._caller.key, count)

    async def count_refusal(self, refused: Refused) -> None:
        """Count the unknown numbers that a refusal names. Raises Refused LIMIT_EXCEEDED in its place."""
        unknown = [v.field for v in refused.violations if v.reason is Reason.NISS_UNKNOWN]
        if unknown:
            await self.count_unknown([number for field in unknown for number in self._numbers_at(field)])

    def _numbers_at(self, field: str) -> Collection[Niss]:
        number = self.asked.get(field)
        if number is None and (place := _PLACE.fullmatch(field)):
            number = self.batch[int(place[1])]
        # A field that is not known here: all numbers of the call, rather than none.
        return self.asked.values() if number is None else (number,)
