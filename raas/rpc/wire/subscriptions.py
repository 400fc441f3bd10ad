"""Requests and answers of MutationStream, except the streamed messages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar
from uuid import UUID

from google.protobuf.duration_pb2 import Duration

from raas.domain.errors import Reason, Violation
from raas.domain.numbers.enterprise_number import enterprise_number_text
from raas.domain.registers.mutation import MutationKind
from raas.domain.rights.identity_fields import IdentityFields
from raas.domain.rights.view import RegisterView
from raas.rpc.wire.dossiers import resolved_messages
from raas.rpc.wire.fields import (
    Faults,
    NissRules,
    check_page_size,
    read_codes,
    read_enum,
    read_niss,
    read_optional_number,
    read_revision,
    read_text,
    within_limit,
)
from raas.rpc.wire.mutations.columns import timestamp_of
from raas.rpc.wire.mutations.stream import StreamMessages
from raas.usecases.calls.call import CallerKey, caller_key
from raas.usecases.feed.list_mutations import MutationPage, MutationQuery
from raas.usecases.feed.serialize import shown_entries
from raas.usecases.feed.start_position import (
    DEFAULT_HEARTBEAT_SECONDS,
    Acknowledged,
    AfterRevision,
    Latest,
    Snapshot,
    Start,
    SubscribeRequest,
)
from raas.usecases.ports.subscriber_store import Subscriber
from raas.v1 import mutation_stream_pb2 as v1
from raas.v1 import subscriber_pb2

SUBSCRIBER_LIMIT = 64
HEARTBEAT_SECONDS = 1, 300

_NamesLog = TypeVar("_NamesLog", v1.SubscribeRequest, v1.ListMutationsRequest, v1.AcknowledgeRequest)


def read_subscription(request: v1.SubscribeRequest, faults: Faults) -> SubscribeRequest:
    """The subscription asked for; without a start, from the latest revision."""
    start = _start(request, faults)
    subscriber = None
    if request.HasField("subscriber"):
        subscriber = read_text("subscriber", request.subscriber, SUBSCRIBER_LIMIT, faults)
    elif isinstance(start, Acknowledged):
        faults.append(Violation("subscriber", Reason.REQUIRED))
    heartbeat = DEFAULT_HEARTBEAT_SECONDS
    if request.HasField("heartbeat_interval"):
        heartbeat = _heartbeat(request.heartbeat_interval, faults)
    return SubscribeRequest(
        start,
        read_log_id(request, faults),
        subscriber,
        read_codes("dossier_types", request.dossier_types, faults),
        _kinds(request.kinds, faults),
        heartbeat,
    )


def read_listing(request: v1.ListMutationsRequest, rules: NissRules, faults: Faults) -> MutationQuery:
    """The listing asked for."""
    check_page_size(request.page_size, faults)
    return MutationQuery(
        read_revision("after_revision", request.after_revision, faults),
        read_codes("dossier_types", request.dossier_types, faults),
        _kinds(request.kinds, faults),
        read_niss("niss", request.niss, rules, faults) if request.HasField("niss") else None,
        request.page_size,
        read_log_id(request, faults),
        request.page_token,
    )


def read_subscriber(text: str, faults: Faults) -> str:
    """The name of a subscriber, in a mandatory field."""
    if not text:
        faults.append(Violation("subscriber", Reason.REQUIRED))
        return ""
    return read_text("subscriber", text, SUBSCRIBER_LIMIT, faults) or ""


def read_log_id(request: _NamesLog, faults: Faults) -> UUID | None:
    """The id of the log to which the caller's revisions belong; None when it is absent."""
    if not request.HasField("log_id"):
        return None
    try:
        return UUID(request.log_id)
    except ValueError:
        faults.append(Violation("log_id", Reason.VALUE_INVALID))
        return None


def listing_bytes(
    answer: MutationPage, view: RegisterView, identity: IdentityFields, messages: StreamMessages
) -> bytes:
    """The answer of ListMutations, serialised, without what the caller may not see."""
    rest = v1.ListMutationsResponse(
        through_revision=answer.through_revision,
        latest_revision=answer.head.latest.revision,
        log_id=str(answer.head.log_id),
        resolved=resolved_messages(answer.resolved),
        next_page_token=answer.next_page_token,
    )
    register = answer.head.register
    written = messages.entries(register, answer.entries)
    kinds = [entry.kind for entry in answer.entries]
    return b"".join(shown_entries(written, kinds, view, identity, messages)) + rest.SerializeToString()


def read_subscriber_caller(request: v1.DeleteSubscriberRequest, faults: Faults) -> CallerKey | None:
    """The caller that owns the subscriber; None = the caller itself."""
    application = ""
    organisation = read_optional_number("subscriber_caller", request, faults)
    if not request.HasField("subscriber_caller") and (
        request.HasField("subscriber_application") or request.HasField("subscriber_on_behalf_of")
    ):
        faults.append(Violation("subscriber_caller", Reason.REQUIRED))
    if request.HasField("subscriber_application"):
        application = read_text("subscriber_application", request.subscriber_application, 256, faults) or ""
    behalf = read_optional_number("subscriber_on_behalf_of", request, faults)
    return None if organisation is None else CallerKey(organisation, application, behalf)


def subscriber_message(subscriber: Subscriber) -> subscriber_pb2.Subscriber:
    """A named subscriber."""
    caller = caller_key(subscriber.key.caller)
    return subscriber_pb2.Subscriber(
        name=subscriber.key.name,
        acknowledged_revision=subscriber.acknowledged_revision,
        lag=subscriber.lag,
        connected=subscriber.connected,
        last_seen_time=timestamp_of(subscriber.last_seen_time),
        caller=enterprise_number_text(caller.enterprise_number),
        application=caller.application or None,
        on_behalf_of=None if caller.on_behalf_of is None else enterprise_number_text(caller.on_behalf_of),
        dossier_types=subscriber.dossier_types,
        kinds=subscriber.kinds,  # type: ignore[arg-type]
    )


def _start(request: v1.SubscribeRequest, faults: Faults) -> Start:
    match request.WhichOneof("start"):
        case "after_revision":
            return AfterRevision(read_revision("after_revision", request.after_revision, faults))
        case "snapshot":
            token = request.snapshot.resume_token
            if request.snapshot.HasField("resume_token") and not token:
                faults.append(Violation("snapshot.resume_token", Reason.PAGE_TOKEN_INVALID))
            return Snapshot(token)
        case "acknowledged":
            return Acknowledged()
        case _:
            return Latest()


def _kinds(numbers: Sequence[int], faults: Faults) -> tuple[int, ...]:
    if not within_limit("kinds", numbers, faults):
        return ()
    for index, number in enumerate(numbers):
        read_enum(f"kinds[{index}]", number, MutationKind, faults)
    return tuple(numbers)


def _heartbeat(duration: Duration, faults: Faults) -> float:
    least, most = HEARTBEAT_SECONDS
    seconds = duration.seconds + duration.nanos / 1e9
    if not least <= seconds <= most:
        limits = {"minimum": str(least), "maximum": str(most)}
        faults.append(Violation("heartbeat_interval", Reason.VALUE_INVALID, "OUT_OF_RANGE", limits))
    return seconds
