"""The bytes of the stream, held to the messages they stand for."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from raas.domain.calendar.day import OPEN, day_text
from raas.domain.calendar.periods import Period
from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.numbers.niss import Niss, niss_text
from raas.domain.persons.identity import Identity
from raas.domain.persons.stored_identity import identity_json
from raas.domain.registers.dossier_type import DossierType, IdentityChanges
from raas.domain.registers.mutation import (
    Detail,
    DossierTypeChange,
    IdentityChange,
    Mutation,
    MutationKind,
    NetworkEvent,
    Replacement,
    Stamp,
    lines_text,
)
from raas.domain.registers.stored_details import identity_change_json
from raas.domain.registers.stored_dossier_type import dossier_type_json
from raas.rpc.wire.mutations import columns as mutation_columns
from raas.rpc.wire.mutations.messages import mutation_message
from raas.rpc.wire.mutations.stream import StreamMessages, mutations_bytes
from raas.storage.rows.ranges import multirange_text
from raas.usecases.ports.log import LogEntry, LogPoint
from raas.usecases.ports.read_store import DossierView
from raas.v1 import mutation_stream_pb2 as v1
from raas.v1.mutation_pb2 import Mutation as Message
from tests.oracle import numbers
from tests.storage.seed import random_lines
from tests.usecases.persons.harness import WHOLE

NUMBER = EnterpriseNumber(999999922)
ANN, BOB = Niss(int(numbers.niss(1985, 67, 30, 33))), Niss(int(numbers.niss(2005, 61, 3, 33)))
AT = datetime(2026, 3, 4, 5, 6, 7, 890123, tzinfo=UTC)
LOG_ID = UUID(int=7)
HASH = bytes(range(100, 132))
CLOSED = DossierType(
    "A", {"fr": "É", "en": "E"}, "012", NUMBER, 738_000, 738_365, IdentityChanges.WHILE_INSCRIBED
)
OPEN_TYPE = DossierType("A", {})


def _mutation(**fields: Any) -> Mutation:
    defaults: dict[str, Any] = {
        "register": NUMBER,
        "revision": 300,
        "batch_last_revision": 305,
        "kind": MutationKind.INSCRIBED,
        "niss": ANN,
        "requested_niss": None,
        "dossier_type": "HEALTH_INSURANCE",
        "dossier_types": (),
        "before": (),
        "after": (Period(738_000, OPEN),),
        "record_time": AT,
        "stamp": Stamp(NUMBER, UUID(int=1)),
        "checksum": bytes(range(32)),
        "detail": None,
    }
    return Mutation(**defaults | fields)


def _entry(mutation: Mutation) -> LogEntry:
    """The mutation as the log keeps it."""
    stamp = mutation.stamp
    return LogEntry(
        mutation.revision,
        mutation.batch_last_revision,
        mutation.kind.value,
        mutation.niss,
        mutation.requested_niss,
        mutation.dossier_type,
        list(mutation.dossier_types) or None,
        multirange_text(mutation.before),
        multirange_text(mutation.after),
        mutation.record_time,
        stamp.actor,
        str(stamp.call_id),
        stamp.request_id,
        stamp.legal_context,
        stamp.ticket,
        stamp.application,
        stamp.on_behalf_of,
        mutation.checksum,
        _json(mutation.detail),
        *_beside(mutation.detail),
    )


def _json(detail: Detail | None) -> dict[str, Any] | None:
    match detail:
        case Replacement(replaced_niss=replaced, successor_niss=successor):
            return {"replaced_niss": niss_text(replaced), "successor_niss": niss_text(successor)}
        case DossierTypeChange(before=before, after=after):
            return {
                "before": None if before is None else dossier_type_json(before),
                "after": dossier_type_json(after),
            }
        case IdentityChange(fields=fields, content_hash=content_hash):
            return identity_change_json(content_hash.hex(), fields)
        case NetworkEvent(content_hash=content_hash):
            told = {name: getattr(detail, name) for name in ("service", "event_id", "type", "authorisation")}
            return {"content": content_hash.hex(), **told}
        case _:
            return None


def _beside(detail: Detail | None) -> tuple[dict[str, Any] | None, datetime | None]:
    """The content beside the log, and when it was erased."""
    if not isinstance(detail, IdentityChange | NetworkEvent):
        return None, None
    if detail.erased_time is not None:
        return None, detail.erased_time
    day = None if detail.effective_date is None else day_text(detail.effective_date)
    if isinstance(detail, NetworkEvent):
        return {"payload": detail.payload, "effective_date": day}, None
    assert detail.after is not None
    before = {} if detail.before is None else identity_json(detail.before)
    return {"before": before, "after": identity_json(detail.after), "effective_date": day}, None


def _news(detail: IdentityChange | NetworkEvent) -> Mutation:
    kind = MutationKind.IDENTITY_CHANGED if isinstance(detail, IdentityChange) else MutationKind.NETWORK_EVENT
    return _mutation(kind=kind, dossier_type=None, dossier_types=("A",), after=(), detail=detail)


MUTATIONS = [
    _mutation(),
    _mutation(kind=MutationKind.REMOVED, before=(Period(1, 2), Period(3, 700_000)), after=()),
    _mutation(revision=2**40, batch_last_revision=2**40, requested_niss=BOB),
    _mutation(stamp=Stamp(NUMBER, UUID(int=2), "request", "L" * 64, "ticket é")),
    _mutation(stamp=Stamp(NUMBER, UUID(int=3), application="urn:é", on_behalf_of=NUMBER)),
    _mutation(
        kind=MutationKind.NISS_REPLACED,
        niss=BOB,
        detail=Replacement(replaced_niss=BOB, successor_niss=ANN),
    ),
    _mutation(kind=MutationKind.NISS_CANCELLED, dossier_type=None, dossier_types=("A", "B"), after=()),
    _mutation(
        kind=MutationKind.DOSSIER_TYPE_CHANGED,
        niss=None,
        dossier_type=None,
        dossier_types=("A",),
        after=(),
        detail=DossierTypeChange(None, CLOSED),
    ),
    _mutation(
        kind=MutationKind.DOSSIER_TYPE_CHANGED,
        niss=None,
        dossier_type=None,
        dossier_types=("A",),
        after=(),
        detail=DossierTypeChange(CLOSED, OPEN_TYPE),
    ),
    _news(IdentityChange(("address", "death_date"), WHOLE, WHOLE, 738_000, HASH, None)),
    _news(IdentityChange(("last_name",), None, Identity(), None, HASH, None)),
    _news(IdentityChange(("last_name",), None, None, None, HASH, AT)),
    _news(
        NetworkEvent("service", "7", "type", "18/001", 738_000, {"a": [1, None], "b": {"c": "é"}}, HASH, None)
    ),
    _news(NetworkEvent("service", "7", "type", "18/001", None, None, HASH, AT)),
    _mutation(record_time=datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)),
    _mutation(revision=127, batch_last_revision=128, before=(Period(738_000, 738_001),)),
]


def _read(mutations: Sequence[Mutation]) -> list[Message]:
    """The mutations, read from their serialised form all at once."""
    return [*map(Message.FromString, mutations_bytes(NUMBER, [*map(_entry, mutations)]))]


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_the_bytes_of_a_mutation_are_those_of_its_message(mutation: Mutation) -> None:
    assert _read([mutation]) == [mutation_message(mutation)]


def test_mutations_serialised_together_equal_those_serialised_alone() -> None:
    mutations = [*MUTATIONS, *MUTATIONS[:3], *reversed(MUTATIONS)]
    assert _read(mutations) == [*map(mutation_message, mutations)]
    assert _read([]) == []


def test_erased_content_has_its_erasure_time_and_its_hash() -> None:
    erased = _news(IdentityChange(("last_name", "sex"), None, None, None, HASH, AT))
    change = _read([erased])[0].identity_change
    assert list(change.fields) == ["last_name", "sex"]
    assert change.content_hash == HASH
    assert change.content_erased_time.ToDatetime(UTC) == AT
    assert not any(change.HasField(name) for name in ("before", "after", "effective_date"))


def test_lines_are_encoded_as_periods() -> None:
    chance = random.Random(5)
    mutations = [_mutation(before=random_lines(chance), after=random_lines(chance)) for _ in range(300)]
    assert _read(mutations) == [*map(mutation_message, mutations)]


def test_lines_in_canonical_form_are_encoded_alike() -> None:
    chance = random.Random(7)
    mutations = [_mutation(before=random_lines(chance), after=random_lines(chance)) for _ in range(300)]
    entries = [
        _entry(m)._replace(before=lines_text(m.before), after=lines_text(m.after))
        # Both ways in one message.
        if chance.random() < 0.8
        else _entry(m)
        for m in mutations
    ]
    read = [*map(Message.FromString, mutations_bytes(NUMBER, entries))]
    assert read == [*map(mutation_message, mutations)]


def test_days_dropped_from_the_cache_are_encoded_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mutation_columns, "_DAYS_KEPT", 10)
    chance = random.Random(6)
    mutations = [_mutation(before=random_lines(chance), after=()) for _ in range(50)]
    assert _read(mutations) == [*map(mutation_message, mutations)]


@pytest.mark.parametrize("count", [1, 2, 40, 700])
def test_joined_entries_form_one_message(count: int) -> None:
    messages = StreamMessages()
    mutations = [_mutation(revision=revision) for revision in range(1, count + 1)]
    joined = b"".join(messages.entries(NUMBER, [_entry(mutation) for mutation in mutations]))
    response = v1.SubscribeResponse.FromString(messages.mutations(LOG_ID, joined, 12))
    expected = v1.SubscribeResponse(
        log_id=str(LOG_ID),
        mutations=v1.MutationsPart(
            mutations=[mutation_message(mutation) for mutation in mutations], through_revision=12
        ),
    )
    assert response == expected


def test_bookmark_has_the_revision_of_the_stream() -> None:
    data = StreamMessages().bookmark(LOG_ID, LogPoint(5, AT, b"c" * 32), snapshot_complete=True)
    bookmark = v1.SubscribeResponse.FromString(data).bookmark
    assert (bookmark.revision, bookmark.snapshot_complete, bookmark.checksum) == (5, True, b"c" * 32)
    assert bookmark.record_time.ToDatetime(UTC) == AT


def test_a_part_of_a_snapshot_has_dossiers_and_a_token() -> None:
    view = DossierView(ANN, "A", None, (Period(738_000, 738_031),), 4)
    data = StreamMessages().snapshot(LOG_ID, NUMBER, [view], "token", 9)
    response = v1.SubscribeResponse.FromString(data)
    assert (response.log_id, response.snapshot.resume_token, response.snapshot.revision) == (
        str(LOG_ID),
        "token",
        9,
    )
    (dossier,) = response.snapshot.dossiers
    assert (dossier.niss, dossier.revision, len(dossier.periods)) == (niss_text(ANN), 4, 1)


def test_instants_are_exact_to_the_microsecond() -> None:
    for microseconds in (0, 1, 999_999, 1_000_000):
        at = AT + timedelta(microseconds=microseconds)
        data = StreamMessages().bookmark(LOG_ID, LogPoint(1, at, b""), snapshot_complete=False)
        assert v1.SubscribeResponse.FromString(data).bookmark.record_time.ToDatetime(UTC) == at
