"""The audit of calls: one record per call of an identified caller, kept before its answer leaves.

A refusal that needs no identity, or that protects the server from load, is only counted, so that a flood of
calls does not become a flood of records.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import Protocol

from raas.domain.audit.criteria import Criteria
from raas.domain.audit.record import Actor, AuditRecord, BulkRead, RecordKind, numbers_of_record
from raas.domain.errors import Reason, Refused, Violation, refuse
from raas.domain.json_value import JsonObject
from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.numbers.niss import Niss
from raas.usecases.calls.audit.scope import AuditScope
from raas.usecases.calls.call import Call
from raas.usecases.ports.errors import PortError, SourceUnavailable

OK = "OK"
CANCELLED = "CANCELLED"
COUNTED = frozenset(
    {Reason.UNAUTHENTICATED, Reason.LIMIT_EXCEEDED, Reason.OVERLOADED, Reason.AUDIT_UNAVAILABLE}
)
"""Refusals that are counted, not recorded one by one."""

Entry = tuple[AuditRecord, Criteria | None]
"""A record to keep, and the criteria beside it."""


class RecordKeeper(Protocol):
    """Keeps records in the chain of this process."""

    @property
    def unavailable(self) -> bool:
        """Whether calls must be refused, because what they do could not be proven."""

    @property
    def admits_bulk_reads(self) -> bool:
        """Whether the database has space for bulk reads."""

    async def keep(self, entries: Sequence[Entry], deadline: float = float("inf")) -> None:
        """Return once the records are committed. Raises Refused AUDIT_UNAVAILABLE."""

    def keep_later(self, entries: Sequence[Entry]) -> None:
        """Keep the records of a call of which nothing is answered any more, without waiting."""

    def count(self, actor: Actor, rpc: str, reason: str) -> None:
        """Count a refusal; `actor` has the caller, or the peer of a caller that is not identified."""


class CallAudit:
    """Records the calls of a server."""

    def __init__(self, keeper: RecordKeeper) -> None:
        self._keeper = keeper

    def begin(self) -> AuditScope:
        """The scope of a call that begins. Raises Refused AUDIT_UNAVAILABLE."""
        if self._keeper.unavailable:
            raise refuse(Reason.AUDIT_UNAVAILABLE)
        return AuditScope()

    def require_bulk_reads(self) -> None:
        """Raise Refused AUDIT_UNAVAILABLE while the rest of the space is kept for writes."""
        if not self._keeper.admits_bulk_reads:
            raise refuse(Reason.AUDIT_UNAVAILABLE, sentence="AUDIT_WITHOUT_SPACE")

    async def answered(self, call: Call) -> None:
        """Keep the record of a call that is about to be answered. Raises Refused AUDIT_UNAVAILABLE.

        The record of a write is kept already, by its transaction.
        """
        scope = call.audit
        if scope is None or scope.kept:
            return
        await self._keeper.keep(_entries(call, scope, OK), call.deadline)
        scope.closed = True

    async def refused(self, rpc: str, peer: str, call: Call | None, error: Exception) -> Exception:
        """Keep the record of a refusal; answers the error for the caller: this one, or AUDIT_UNAVAILABLE.

        The record of a call that a part of the server did not serve is kept as soon as that is possible.
        """
        reason = _reason(error)
        if call is None or reason in COUNTED:
            self._keeper.count(Actor(peer=peer) if call is None else _organisation(call), rpc, reason.name)
            return error
        scope = call.audit
        if scope is None or scope.closed:
            return error
        scope.closed = True
        entries = _entries(call, scope, reason.name, error)
        if isinstance(error, PortError):
            self._keeper.keep_later(entries)
            return error
        try:
            await self._keeper.keep(entries, call.deadline)
        except Refused as unavailable:
            return unavailable
        return error

    def abandoned(self, call: Call | None) -> None:
        """Keep the record of a call whose caller is gone, or that the server ends."""
        if call is None or call.audit is None or call.audit.closed:
            return
        call.audit.closed = True
        self._keeper.keep_later(_entries(call, call.audit, CANCELLED))

    async def reserve(self, call: Call, bulk: BulkRead) -> None:
        """Keep the record of what a stream may send from now on. Raises Refused AUDIT_UNAVAILABLE."""
        self.require_bulk_reads()
        scope = call.audit
        if scope is not None:
            record = call_record(
                call,
                OK,
                RecordKind.EXTENT,
                scope.register,
                scope.touched,
                (),
                bulk=bulk,
                details=scope.details,
            )
            await self._keeper.keep([(record, None)], call.deadline)

    async def part(self, call: Call, touched: Iterable[Niss], details: JsonObject) -> None:
        """Keep the record of one message of a stream before it is answered. Raises AUDIT_UNAVAILABLE."""
        scope = call.audit
        if scope is not None:
            record = call_record(
                call,
                OK,
                RecordKind.CALL,
                scope.register,
                touched,
                (),
                details={**(scope.details or {}), **details},
            )
            await self._keeper.keep([(record, None)], call.deadline)


def call_record(
    call: Call,
    outcome: str,
    kind: RecordKind,
    register: EnterpriseNumber | None,
    touched: Iterable[Niss],
    shown: Iterable[Niss],
    bulk: BulkRead | None = None,
    revision: int | None = None,
    criteria: Criteria | None = None,
    details: JsonObject | None = None,
) -> AuditRecord:
    """A record about a call, as of now."""
    return AuditRecord(
        kind,
        time.time_ns() // 1_000,
        actor_of(call),
        call.rpc,
        outcome,
        call.call_id,
        register,
        numbers_of_record(touched),
        numbers_of_record(shown),
        bulk,
        call.legal_context,
        call.ticket,
        revision,
        None,
        None if criteria is None else criteria.hash,
        details or {},
    )


def actor_of(call: Call) -> Actor:
    """The caller of a call, with its credential and its address."""
    caller, scope = call.caller, call.audit
    credential = caller.credential
    behalf = caller.on_behalf_of
    return Actor(
        caller.enterprise_number,
        caller.application,
        "development" if credential is None else f"{credential.kind.value}:{credential.fingerprint}",
        call.peer,
        scope.on_behalf_of if behalf is None and scope is not None else behalf,
        call.end_user,
    )


def write_record(
    call: Call,
    register: EnterpriseNumber,
    touched: Iterable[Niss],
    shown: Iterable[Niss],
    revision: int,
    details: JsonObject | None = None,
) -> AuditRecord | None:
    """The record that a write transaction keeps for its register; None = calls are not recorded."""
    scope = call.audit
    if scope is None:
        return None
    own = scope.details
    if details:
        own = {**(own or {}), **details}
    return call_record(call, OK, RecordKind.CALL, register, touched, shown, revision=revision, details=own)


def _entries(call: Call, scope: AuditScope, outcome: str, error: Exception | None = None) -> Sequence[Entry]:
    """The records of a call: one, or one for each of several registers."""
    if scope.by_register:
        return [
            (
                call_record(
                    call, outcome, RecordKind.CALL, register, part.touched, part.shown, details=part.details
                ),
                None,
            )
            for register, part in scope.by_register.items()
        ]
    shown = scope.shown
    if error is not None:
        shown = successors_in(error.violations) if isinstance(error, Refused) else ()
    record = call_record(
        call,
        outcome,
        RecordKind.CALL,
        scope.register,
        scope.touched,
        shown,
        scope.bulk,
        scope.revision,
        scope.criteria,
        scope.details,
    )
    return [(record, scope.criteria)]


def _reason(error: Exception) -> Reason:
    match error:
        case Refused(violations=[first, *_]):
            return first.reason
        case SourceUnavailable():
            return Reason.AUTHENTIC_SOURCE_UNAVAILABLE
        case PortError():
            return Reason.UNAVAILABLE
        case _:
            return Reason.INTERNAL


def successors_in(violations: Iterable[Violation]) -> Sequence[Niss]:
    """The numbers that a refusal shows."""
    named = (violation.values.get("successor") for violation in violations if violation.values)
    return [Niss(int(successor)) for successor in named if successor]


def _organisation(call: Call) -> Actor:
    caller = call.caller
    return Actor(caller.enterprise_number, caller.application, on_behalf_of=caller.on_behalf_of)
