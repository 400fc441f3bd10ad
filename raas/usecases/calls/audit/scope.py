"""The parts of an audit record that the serving of a call brings together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

from raas.domain.audit.criteria import Criteria
from raas.domain.audit.record import BulkRead
from raas.domain.json_value import Json, JsonObject
from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.numbers.niss import Niss


class RegisterPart(NamedTuple):
    """The part of a call on several registers that concerns one of them."""

    touched: Iterable[Niss]
    shown: Iterable[Niss] = ()
    details: JsonObject | None = None


@dataclass(slots=True)
class AuditScope:
    """The audit record of a call while it is collected. A call without one is not recorded."""

    register: EnterpriseNumber | None = None
    touched: Iterable[Niss] = ()
    """Numbers of the request."""
    shown: Iterable[Niss] = ()
    """Numbers of the answer."""
    bulk: BulkRead | None = None
    revision: int | None = None
    """The revision of the register after a write, or that a read was answered from."""
    by_register: Mapping[EnterpriseNumber, RegisterPart] | None = None
    """For a call on several registers: one record per register, so that each owner sees the caller."""
    on_behalf_of: EnterpriseNumber | None = None
    """The organisation for which the caller asks, where the request names it."""
    criteria: Criteria | None = None
    details: dict[str, Json] | None = None
    """The rights by which the call was decided, and what else belongs to it."""
    kept: bool = False
    """Whether the transaction of the write has kept the record of the answer."""
    closed: bool = False
    """Whether the record of the outcome is kept, or on its way."""

    def note(self, **details: Json) -> None:
        """Add details."""
        self.details = {**(self.details or {}), **details}

    def read_bulk(
        self, which: JsonObject, first: int | None = None, last: int | None = None, count: int = 0
    ) -> None:
        """Record the answer as one about many persons."""
        self.bulk = BulkRead(which, first, last, count)

    def sent(self, count: int, revisions: tuple[int, int] | None = None) -> None:
        """Add a message of a stream, about to be sent, to the bulk answer."""
        bulk = self.bulk
        if bulk is None:
            return
        first, last = bulk.first_revision, bulk.last_revision
        if revisions is not None:
            first, last = revisions[0] if first is None else first, revisions[1]
        self.bulk = replace(bulk, first_revision=first, last_revision=last, count=bulk.count + count)
