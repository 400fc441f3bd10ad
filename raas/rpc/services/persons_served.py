"""Whether this server serves persons."""

from __future__ import annotations

from raas.domain.errors import Reason, refuse
from raas.rpc.services.use_cases import PersonUseCases


class PersonsServed:
    """The use cases of PersonService, where this store is the authentic source."""

    def __init__(self, use_cases: PersonUseCases | None) -> None:
        self._use_cases = use_cases

    @property
    def use_cases(self) -> PersonUseCases:
        """The use cases. Raises Refused PERSONS_KEPT_ELSEWHERE where this store keeps no persons."""
        if self._use_cases is None:
            raise refuse(Reason.PERSONS_KEPT_ELSEWHERE)
        return self._use_cases
