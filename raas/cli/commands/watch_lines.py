"""The lines of `raas watch`: one per mutation, per dossier of a snapshot and per bookmark."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message

from raas.cli.terminal.table import plain
from raas.v1.mutation_pb2 import Mutation, MutationKind
from raas.v1.period_pb2 import Period
from raas_client import Bookmark, Event, Mutations, Snapshot

_PERIODS_SHOWN = 4


def text_lines(event: Event) -> Iterator[str]:
    """Text, for people."""
    match event:
        case Snapshot():
            for dossier in event.dossiers:
                place = f"{event.revision} SNAPSHOT {dossier.niss} {dossier.dossier_type}"
                yield f"{place} {_periods(dossier.periods)}"
        case Mutations():
            for mutation in event.mutations:
                yield mutation_line(mutation)
        case Bookmark():
            what = "the snapshot is complete" if event.snapshot_complete else "everything is shown up to here"
            yield f"{event.revision} {_instant(event.record_time)} BOOKMARK {what}"


def json_lines(event: Event) -> Iterator[str]:
    """JSON objects with `logId` and one of `dossier`, `mutation` and `bookmark`, for scripts."""
    match event:
        case Snapshot():
            yield from (_json(event, "dossier", _fields(dossier)) for dossier in event.dossiers)
        case Mutations():
            yield from (_json(event, "mutation", _fields(mutation)) for mutation in event.mutations)
        case Bookmark():
            fields = {
                "revision": str(event.revision),
                "snapshotComplete": event.snapshot_complete,
                "recordTime": _instant(event.record_time),
                "checksum": base64.b64encode(event.checksum).decode(),
            }
            yield _json(event, "bookmark", fields)


def _json(event: Event, name: str, fields: dict[str, object]) -> str:
    return json.dumps({"logId": event.checkpoint.log_id, name: fields})


def _fields(message: Message) -> dict[str, object]:
    fields: dict[str, object] = MessageToDict(message)
    return fields


def mutation_line(mutation: Mutation) -> str:
    """One mutation for people: the dossier, its lines before and after, the time and the actor."""
    kind = MutationKind.Name(mutation.kind).removeprefix("MUTATION_KIND_")
    words = [str(mutation.revision), _instant(mutation.record_time.ToDatetime(UTC)), kind]
    if mutation.niss:
        words.append(mutation.niss)
    if mutation.HasField("dossier_type"):
        words += [mutation.dossier_type, _periods(mutation.before), "->", _periods(mutation.after)]
    if mutation.HasField("requested_niss"):
        words.append(f"(requested for {mutation.requested_niss})")
    return " ".join([*words, *_detail(mutation), f"by {_caller(mutation)}"])


def _caller(mutation: Mutation) -> str:
    if mutation.HasField("on_behalf_of"):
        return f"{mutation.actor} on behalf of {mutation.on_behalf_of}"
    return mutation.actor


def _detail(mutation: Mutation) -> Iterator[str]:
    """The detail of the kind; of facts about people only the names of the fields."""
    match mutation.WhichOneof("detail"):
        case "replacement":
            replacement = mutation.replacement
            yield f"({replacement.replaced_niss} replaced by {replacement.successor_niss})"
        case "identity_change":
            change = mutation.identity_change
            yield ",".join(change.fields)
            if change.HasField("effective_date"):
                yield f"from {change.effective_date}"
        case "network_event":
            yield f"{plain(mutation.network_event.service)} {plain(mutation.network_event.type)}"
        case "access_granted":
            granted = mutation.access_granted
            until = _instant(granted.until.ToDatetime(UTC))
            yield f"until {until} ({plain(granted.ticket)}: {plain(granted.reason)})"
        case "dossier_type_change":
            change_of_type = mutation.dossier_type_change
            how = "changed" if change_of_type.HasField("before") else "created"
            yield f"{change_of_type.after.code} {how}"


def _periods(periods: Sequence[Period]) -> str:
    if not periods:
        return "nothing"
    shown = [f"{period.begin}..{period.end}" for period in periods[:_PERIODS_SHOWN]]
    more = [f"(+{len(periods) - _PERIODS_SHOWN} more)"] if len(periods) > _PERIODS_SHOWN else []
    return " ".join([*shown, *more])


def _instant(instant: datetime) -> str:
    return f"{instant:%Y-%m-%dT%H:%M:%S}.{instant.microsecond // 1000:03d}Z"
