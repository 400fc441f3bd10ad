"""The person report: everything that a database holds about a person, for an access request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, Protocol

from raas.domain.calendar.day import day_text, period_text
from raas.domain.calendar.periods import Lines
from raas.domain.json_value import Json, JsonObject
from raas.domain.numbers.enterprise_number import EnterpriseNumber, enterprise_number_text
from raas.domain.numbers.niss import Niss, niss_text
from raas.domain.persons.record import Person
from raas.domain.persons.status import PersonStatus
from raas.domain.persons.stored_identity import identity_json
from raas.domain.registers.mutation import IdentityChange, Mutation
from raas.domain.registers.restriction import Restriction
from raas.usecases.calls.successors import unite
from raas.usecases.inspection.list_records import ListAuditRecords, ShownRecord
from raas.usecases.ports.authentic_source import AuthenticSource
from raas.usecases.ports.log import LogStore
from raas.usecases.ports.read_store import ReadStore
from raas.usecases.ports.restrictions import RestrictionStore
from raas.usecases.ports.subscriber_store import Subscriber, SubscriberStore

_PAGE = 1_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class StatusChange(NamedTuple):
    """The status of a number from an instant on."""

    niss: Niss
    time: datetime
    status: PersonStatus
    replaced_by: Niss | None


class PersonRecords(Protocol):
    """The records of numbers at the authentic source."""

    async def persons(self, nisses: Sequence[Niss]) -> Mapping[Niss, Person]:
        """The records of these numbers; an unknown one is absent."""

    async def status_changes(self, nisses: Sequence[Niss]) -> Sequence[StatusChange]:
        """All changes of the status of these numbers, oldest first."""


class PersonReport:
    """Brings the report together; what the person may not be shown yet is left out of the audit."""

    def __init__(
        self,
        records: PersonRecords,
        source: AuthenticSource,
        reads: ReadStore,
        logs: LogStore,
        subscribers: SubscriberStore,
        restrictions: RestrictionStore,
        audit: ListAuditRecords,
    ) -> None:
        self._records = records
        self._source = source
        self._reads = reads
        self._logs = logs
        self._subscribers = subscribers
        self._restrictions = restrictions
        self._audit = audit

    async def of(self, niss: Niss, now: datetime) -> JsonObject:
        """The report about the person that has this number, as JSON values."""
        numbers = (await unite(self._source, niss)).numbers
        persons = await self._records.persons(numbers)
        registers: list[JsonObject] = []
        presences = await self._audit.presences(numbers, None)
        ids = {identity.enterprise_number: identity.id for identity, _ in await self._reads.holders(numbers)}
        heads = await self._logs.heads(list(ids.values())) if ids else {}
        for number, presence in sorted(presences.items()):
            head, subscribers = heads[ids[number]], await self._all_subscribers(ids[number])
            in_log = [each for each in subscribers if each.log_id == head.log_id]
            registers.append(
                {
                    "register": enterprise_number_text(number),
                    "dossiers": [
                        {"niss": niss_text(who), "dossier_type": code, "periods": _lines(lines)}
                        for (who, code), lines in sorted(presence.now.items())
                    ],
                    "log_begins_after_revision": presence.oldest_revision,
                    "mutations": list(map(_mutation, presence.mutations)),
                    "deliveries": [
                        _delivery(subscriber, mutation)
                        for mutation in presence.mutations
                        for subscriber in in_log
                        if _was_told(subscriber, mutation)
                    ],
                    "restrictions": [
                        _restriction(each)
                        for each in await self._restrictions.of_register(ids[number])
                        if not set(numbers).isdisjoint(each.nisses)
                    ],
                }
            )
        return {
            "niss": niss_text(niss),
            "time": now.isoformat(),
            "numbers": [_number(each, persons.get(each)) for each in numbers],
            "status_changes": [
                {
                    "niss": niss_text(each.niss),
                    "time": each.time.isoformat(),
                    "status": each.status.name,
                    **_optional("replaced_by", each.replaced_by),
                }
                for each in await self._records.status_changes(numbers)
            ],
            "registers": registers,
            "audit": [_audited(each) async for each in self._audit.about(numbers)],
            "audit_may_be_incomplete": True,
        }

    async def _all_subscribers(self, register_id: int) -> Sequence[Subscriber]:
        found: list[Subscriber] = []
        after: tuple[str, str] | None = None
        while page := await self._subscribers.page(register_id, None, after, _PAGE):
            found += page
            after = (page[-1].key.caller, page[-1].key.name)
        return found


def _number(niss: Niss, person: Person | None) -> JsonObject:
    if person is None:
        return {"niss": niss_text(niss)}
    return {
        "niss": niss_text(niss),
        "register_of_origin": person.register_of_origin.name,
        "status": person.status.name,
        **_optional("replaced_by", person.replaced_by),
        **_optional("successor", person.successor),
        "version": person.version,
        "update_time": None if person.update_time is None else person.update_time.isoformat(),
        "identity": identity_json(person.identity),
        "source_dates": {field: day_text(day) for field, day in person.source_dates.items()},
    }


def _mutation(mutation: Mutation) -> JsonObject:
    form: dict[str, Json] = {
        "revision": mutation.revision,
        "kind": mutation.kind.name,
        "record_time": mutation.record_time.isoformat(),
        "actor": enterprise_number_text(mutation.stamp.actor),
        "call_id": str(mutation.stamp.call_id),
        **_optional("niss", mutation.niss),
    }
    if mutation.dossier_type is not None:
        form |= {
            "dossier_type": mutation.dossier_type,
            "before": _lines(mutation.before),
            "after": _lines(mutation.after),
        }
    if mutation.stamp.on_behalf_of is not None:
        form["on_behalf_of"] = enterprise_number_text(mutation.stamp.on_behalf_of)
    if isinstance(mutation.detail, IdentityChange):
        change = mutation.detail
        form["fields"] = list(change.fields)
        if change.before is not None:
            form["identity_before"] = identity_json(change.before)
        if change.after is not None:
            form["identity_after"] = identity_json(change.after)
    return form


def _was_told(subscriber: Subscriber, mutation: Mutation) -> bool:
    """Whether a subscriber acknowledged that it has this mutation."""
    types = {*mutation.dossier_types, mutation.dossier_type}
    return (
        mutation.revision <= subscriber.acknowledged_revision
        and (not subscriber.dossier_types or not types.isdisjoint(subscriber.dossier_types))
        and (not subscriber.kinds or mutation.kind in subscriber.kinds)
    )


def _delivery(subscriber: Subscriber, mutation: Mutation) -> JsonObject:
    return {
        "revision": mutation.revision,
        "caller": subscriber.key.caller,
        "subscriber": subscriber.key.name,
    }


def _restriction(restriction: Restriction) -> JsonObject:
    """A restriction, without the user of the operating system who made it."""
    form: dict[str, Json] = {
        "dossier_type": restriction.dossier_type,
        "periods": _lines(restriction.lines),
        "time": restriction.time.isoformat(),
        "reason": restriction.grounds.reason,
        "ticket": restriction.grounds.ticket,
    }
    if restriction.lift_time is not None:
        form["lift_time"] = restriction.lift_time.isoformat()
    return form


def _audited(shown: ShownRecord) -> JsonObject:
    record, actor = shown.found.record, shown.found.record.actor
    form: dict[str, Json] = {
        "time": (_EPOCH + record.time * _MICROSECOND).isoformat(),
        "rpc": record.rpc.removeprefix("/"),
        "outcome": record.outcome,
    }
    for name, number in (
        ("caller", actor.enterprise_number),
        ("on_behalf_of", actor.on_behalf_of),
        ("register", record.register),
    ):
        if number is not None:
            form[name] = enterprise_number_text(EnterpriseNumber(number))
    if record.legal_context is not None:
        form["legal_context"] = record.legal_context
    if record.call_id is not None:
        form["call_id"] = str(record.call_id)
    if shown.certainty is not None:
        form["certainty"] = shown.certainty.name
    return form


def _lines(lines: Lines) -> Sequence[JsonObject]:
    return [_present(*period_text(line)) for line in lines]


def _present(begin: str, end: str | None) -> JsonObject:
    return {"begin": begin} if end is None else {"begin": begin, "end": end}


def _optional(name: str, niss: Niss | None) -> JsonObject:
    return {} if niss is None else {name: niss_text(niss)}
