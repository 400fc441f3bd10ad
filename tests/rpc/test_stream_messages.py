"""The bytes of the stream, held to the messages they stand for."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from raas.domain.day import OPEN
from raas.domain.dossier_type import DossierType, IdentityChanges
from raas.domain.dossier_type_json import dossier_type_json
from raas.domain.enterprise_number import EnterpriseNumber
from raas.domain.mutation import Detail, DossierTypeChange, Mutation, MutationKind, Replacement, Stamp
from raas.domain.niss import Niss, niss_text
from raas.domain.periods import Lines, Period
from raas.rpc.wire.mutations import mutation_message
from raas.rpc.wire.stream_messages import StreamMessages, mutation_bytes
from raas.storage.period_text import multirange_text
from raas.usecases.ports import DossierView
from raas.usecases.stream_ports import LogEntry, Mark
from raas.v1 import mutation_stream_pb2 as v1
from raas.v1.mutation_pb2 import Mutation as Message
from tests.oracle import numbers
from tests.storage.rows import random_lines

NUMBER = EnterpriseNumber(999999922)
ANN, BOB = Niss(int(numbers.niss(1985, 67, 30, 33))), Niss(int(numbers.niss(2005, 61, 3, 33)))
AT = datetime(2026, 3, 4, 5, 6, 7, 890123, tzinfo=UTC)
LOG_ID = UUID(int=7)
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
        None,
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
        mutation.checksum,
        _json(mutation.detail),
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
        case _:
            return None


@pytest.mark.parametrize(
    "mutation",
    [
        _mutation(),
        _mutation(kind=MutationKind.REMOVED, before=(Period(1, 2), Period(3, 700_000)), after=()),
        _mutation(revision=2**40, batch_last_revision=2**40, requested_niss=BOB),
        _mutation(stamp=Stamp(NUMBER, UUID(int=2), "request", "L" * 64, "ticket é")),
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
        _mutation(record_time=datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)),
    ],
)
def test_the_bytes_of_a_mutation_are_those_of_its_message(mutation: Mutation) -> None:
    assert Message.FromString(mutation_bytes(NUMBER, _entry(mutation))) == mutation_message(mutation)


def test_any_lines_are_written_as_their_periods() -> None:
    chance = random.Random(5)
    for _ in range(300):
        before: Lines = random_lines(chance)
        mutation = _mutation(before=before, after=random_lines(chance))
        assert Message.FromString(mutation_bytes(NUMBER, _entry(mutation))) == mutation_message(mutation)


@pytest.mark.parametrize("count", [1, 2, 40, 700])
def test_entries_joined_are_a_message_of_them(count: int) -> None:
    messages = StreamMessages()
    mutations = [_mutation(revision=revision) for revision in range(1, count + 1)]
    joined = b"".join(messages.entry(NUMBER, _entry(mutation)) for mutation in mutations)
    response = v1.SubscribeResponse.FromString(messages.mutations(LOG_ID, joined, 12))
    expected = v1.SubscribeResponse(
        log_id=str(LOG_ID),
        mutations=v1.MutationsPart(
            mutations=[mutation_message(mutation) for mutation in mutations], through_revision=12
        ),
    )
    assert response == expected


def test_a_bookmark_says_where_the_stream_is() -> None:
    data = StreamMessages().bookmark(LOG_ID, Mark(5, AT, b"c" * 32), snapshot_complete=True)
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
        data = StreamMessages().bookmark(LOG_ID, Mark(1, at, b""), snapshot_complete=False)
        assert v1.SubscribeResponse.FromString(data).bookmark.record_time.ToDatetime(UTC) == at
