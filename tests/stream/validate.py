"""Checks whether a run kept the guarantees of the feed, in the manner of etcd's validators.

Each validator examines a recorded run and yields a sentence for each violation. None of them uses code of the
server: the canonical bytes of the checksum are implemented here a second time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from itertools import pairwise

from raas.v1 import dossier_type_pb2
from raas.v1.mutation_pb2 import Mutation
from tests.stream.history import (
    Answered,
    Begun,
    Ended,
    Event,
    Key,
    Lines,
    Marked,
    Mutations,
    Part,
    Record,
    State,
    Subscriber,
    apply,
    lines_of,
    microseconds,
    replay,
)
from tests.stream.validate_persons import PERSON_VALIDATORS

Validator = Callable[[Record], Iterator[str]]


def validate(record: Record) -> list[str]:
    """The findings of all validators."""
    return [f"{validator.__name__}: {found}" for validator in VALIDATORS for found in validator(record)]


def gapless(record: Record) -> Iterator[str]:
    """The revisions of the log are 1, 2, 3 …, and its record times never decrease."""
    for place, mutation in enumerate(record.log, record.first_after + 1):
        if mutation.revision != place:
            yield f"revision {mutation.revision} stands in the place of {place}"
            return
    for one, next_one in pairwise(record.log):
        if microseconds(one) > microseconds(next_one):
            yield f"the record time goes backwards at {next_one.revision}"


def ordered(record: Record) -> Iterator[str]:
    """Within a connection revisions and resume points only increase."""
    for subscriber in record.subscribers:
        last = through = -1
        for event in subscriber.events:
            if isinstance(event, Begun):
                last = through = -1 if event.after is None else event.after
            for mutation in _mutations(event):
                if mutation.revision < last:
                    yield f"{subscriber.name}: {mutation.revision} after {last}"
                last = max(last, mutation.revision)
            place = _place(event)
            if place is not None:
                if place < through:
                    yield f"{subscriber.name}: the place to resume from goes back from {through} to {place}"
                through = place


def unique(record: Record) -> Iterator[str]:
    """Within a connection no revision is sent twice."""
    for subscriber in record.subscribers:
        seen: set[int] = set()
        for event in subscriber.events:
            if isinstance(event, Begun):
                seen = set()
            for mutation in _mutations(event):
                if mutation.revision in seen:
                    yield f"{subscriber.name}: {mutation.revision} twice"
                seen.add(mutation.revision)


def reliable(record: Record) -> Iterator[str]:
    """Through every resume point and bookmark, exactly the matching mutations have been received."""
    for subscriber in record.subscribers:
        wanted = [mutation.revision for mutation in record.log if subscriber.wants(mutation)]
        begin: int | None = None
        received: set[int] = set()
        for event in subscriber.events:
            if isinstance(event, Begun):
                begin, received = event.after, set()
            received |= {mutation.revision for mutation in _mutations(event)}
            place = _place(event)
            if place is None:
                continue
            if begin is None:
                begin = place  # a snapshot or a first bookmark: earlier mutations are not sent
            missing = [r for r in wanted if begin < r <= place and r not in received]
            if missing:
                yield f"{subscriber.name}: says it is complete through {place} without {missing[:5]}"
                break
        strange = sorted(r for r in received - set(wanted) if r > record.first_after)
        if strange:
            yield f"{subscriber.name}: received {strange[:5]}, which it did not ask for"


def true_to_the_log(record: Record) -> Iterator[str]:
    """A received mutation equals that of the log, byte for byte.

    Contents erased from the log may still be in messages that were received before.
    """
    log = {mutation.revision: mutation for mutation in record.log}
    for subscriber in record.subscribers:
        for event in subscriber.events:
            for mutation in _mutations(event):
                known = log.get(mutation.revision)
                if known is None and mutation.revision <= record.first_after:
                    continue  # trimmed since
                if known is None or known != _erased_like(known, mutation):
                    yield f"{subscriber.name}: {mutation.revision} is not what the log holds"


def atomic(record: Record) -> Iterator[str]:
    """No resume point and no bookmark lies inside an indivisible group."""
    inside = {m.revision for m in record.log if m.revision < m.batch_last_revision}
    for subscriber in record.subscribers:
        for event in subscriber.events:
            place = _place(event)
            if place in inside:
                yield f"{subscriber.name}: {place} lies inside a group"


def resumable(record: Record) -> Iterator[str]:
    """Over all connections of a subscriber that resumed where it was, no matching mutation is missing."""
    for subscriber in record.subscribers:
        begin: int | None = None
        through = -1
        received: set[int] = set()
        for event in subscriber.events:
            if isinstance(event, Begun) and event.after is not None:
                if begin is None:
                    begin = through = event.after
                elif event.after > through:
                    yield f"{subscriber.name}: resumes after {event.after} but had received through {through}"
            if isinstance(event, Begun) and event.after is None and not event.resumes_snapshot:
                begin, received = None, set()
            received |= {mutation.revision for mutation in _mutations(event)}
            place = _place(event)
            if place is not None:
                begin = place if begin is None else begin
                through = max(through, place)
        missing = [
            m.revision
            for m in record.log
            if begin is not None and begin < m.revision <= through and subscriber.wants(m)
            if m.revision not in received
        ]
        if missing:
            yield f"{subscriber.name}: never received {missing[:5]}"


def bookmarks_true(record: Record) -> Iterator[str]:
    """A bookmark has the checksum and the record time of the log at its revision."""
    log = {mutation.revision: mutation for mutation in record.log}
    for subscriber in record.subscribers:
        for event in subscriber.events:
            if not isinstance(event, Marked):
                continue
            at = log.get(event.revision)
            if at is None and event.revision > record.first_after:
                yield f"{subscriber.name}: bookmark {event.revision} lies beyond the log"
            if at is not None and (at.checksum, microseconds(at)) != (event.checksum, event.record_time):
                yield f"{subscriber.name}: bookmark {event.revision} says something else than the log"
            if event.revision == 0 and event.checksum != _first_checksum(record.register):
                yield f"{subscriber.name}: bookmark 0 does not have the first checksum"


def snapshots_true(record: Record) -> Iterator[str]:
    """At the bookmark that completes it, a snapshot equals the state at that revision."""
    if record.first_after:
        return
    for subscriber in record.subscribers:
        held: State = {}
        for event in subscriber.events:
            match event:
                case Begun(after=None, resumes_snapshot=False):
                    held = {}
                case Part(dossiers=dossiers):
                    held |= {(d.niss, d.dossier_type): lines_of(d.periods) for d in dossiers}
                case Marked(complete=True, revision=revision):
                    expected = {
                        key: lines
                        for key, lines in replay(record.log, revision).items()
                        if not subscriber.types or key[1] in subscriber.types
                    }
                    if held != expected:
                        yield f"{subscriber.name}: the snapshot at {revision} is not the state then"


def chained(record: Record) -> Iterator[str]:
    """Each mutation begins with the lines with which the previous one of the same dossier ended."""
    state: dict[Key, Lines] = {}
    for mutation in record.log:
        if not mutation.HasField("dossier_type"):
            continue
        key = mutation.niss, mutation.dossier_type
        known = state.get(key, None if record.first_after else ())
        if known is not None and known != lines_of(mutation.before):
            yield f"{mutation.revision} begins with something else than what its dossier held"
        state[key] = lines_of(mutation.after)


def checksums(record: Record) -> Iterator[str]:
    """The checksums are those of the mutations, and the last one is that of the register."""
    checksum = _first_checksum(record.register)
    for mutation in record.log:
        if mutation.revision > record.first_after + 1 or not record.first_after:
            checksum = sha256(checksum + canonical(mutation)).digest()
            if checksum != mutation.checksum:
                yield f"the checksum of {mutation.revision} does not follow from what is before it"
                return
        checksum = mutation.checksum
    if checksum != record.checksum:
        yield "the checksum of the register is not that of its last mutation"


def mirrored(record: Record) -> Iterator[str]:
    """A copy made from the received mutations equals the export and the replay of the log."""
    final = record.exported
    if not record.first_after and replay(record.log) != final:
        yield "the replay of the log is not what is exported"
    last = record.log[-1].revision if record.log else record.first_after
    for subscriber in record.subscribers:
        mirror, through, complete = _mirror(subscriber)
        if subscriber.kinds or not complete or through < last:
            continue
        expected = {k: v for k, v in final.items() if not subscriber.types or k[1] in subscriber.types}
        if mirror != expected:
            yield f"{subscriber.name}: its copy is not the register"


def as_of_true(record: Record) -> Iterator[str]:
    """The register as of a revision is the replay of its log through that revision."""
    if record.first_after:
        return
    for revision, state in record.as_of.items():
        if state != replay(record.log, revision):
            yield f"the register as of {revision} is not the replay of its log"


def observed(record: Record) -> Iterator[str]:
    """Every answered revision is in the log, with the answered effect."""
    log = {mutation.revision: mutation for mutation in record.log}
    last = max(log, default=record.first_after)
    for answered in record.writers:
        if answered.revision > last:
            yield f"a writer was answered {answered.revision}, and the log ends at {last}"
        elif answered.changed and answered.revision > record.first_after:
            mutation = log.get(answered.revision, Mutation())
            logged = Answered(
                mutation.revision, (mutation.niss, mutation.dossier_type), lines_of(mutation.after), True
            )
            if logged != answered:
                yield f"the answer to a writer about {answered.revision} differs from the log"


VALIDATORS: Sequence[Validator] = (
    gapless,
    ordered,
    unique,
    reliable,
    true_to_the_log,
    atomic,
    resumable,
    bookmarks_true,
    snapshots_true,
    chained,
    checksums,
    mirrored,
    as_of_true,
    observed,
    *PERSON_VALIDATORS,
)


def canonical(mutation: Mutation) -> bytes:
    """The canonical bytes of a mutation, as defined in docs/guarantees.md."""
    detail = ""
    if mutation.HasField("dossier_type_change"):
        change = mutation.dossier_type_change
        named = [("after", change.after)] + ([("before", change.before)] if change.HasField("before") else [])
        detail = ";".join(f"{prefix}.{text}" for prefix, each in named for text in _type_texts(each))
    if mutation.HasField("replacement"):
        replacement = mutation.replacement
        detail = f"replaced_niss={replacement.replaced_niss};successor_niss={replacement.successor_niss}"
    if mutation.HasField("identity_change"):
        change = mutation.identity_change
        detail = f"content={change.content_hash.hex()};fields={','.join(change.fields)}"
    if mutation.HasField("network_event"):
        event = mutation.network_event
        detail = (
            f"authorisation={event.authorisation};content={event.content_hash.hex()};"
            f"event_id={event.event_id};service={event.service};type={event.type}"
        )
    fields = (
        mutation.revision,
        mutation.batch_last_revision,
        mutation.kind,
        mutation.niss,
        mutation.requested_niss,
        mutation.dossier_type,
        ",".join(mutation.dossier_types),
        _lines_text(mutation.before),
        _lines_text(mutation.after),
        microseconds(mutation),
        mutation.actor,
        mutation.call_id,
        mutation.request_id,
        mutation.legal_context,
        mutation.ticket,
        detail,
    )
    return "\n".join(map(str, fields)).encode()


def _type_texts(each: dossier_type_pb2.DossierType) -> list[str]:
    texts = {
        "active_from": each.active_from,
        "active_until": each.active_until,
        "code": each.code,
        "identity_changes": dossier_type_pb2.IdentityChanges.Name(each.identity_changes).removeprefix(
            "IDENTITY_CHANGES_"
        ),
        **{f"labels.{language}": label for language, label in each.labels.items()},
        "partner": each.partner,
        "quality_code": each.quality_code,
    }
    return [f"{name}={text}" for name, text in sorted(texts.items()) if text]


def _lines_text(periods: Sequence[object]) -> str:
    return "{" + ",".join(f"[{begin},{end}]" for begin, end in lines_of(periods)) + "}"


def _first_checksum(register: str) -> bytes:
    return sha256(register.encode()).digest()


def _mutations(event: Event) -> Sequence[Mutation]:
    return event.mutations if isinstance(event, Mutations) else ()


def _erased_like(known: Mutation, received: Mutation) -> Mutation:
    """The received mutation without contents that were erased since."""
    erased = Mutation()
    erased.CopyFrom(received)
    for detail in ("identity_change", "network_event"):
        if not known.HasField(detail):
            continue
        logged, shown = getattr(known, detail), getattr(erased, detail)
        if logged.HasField("content_erased_time") and not shown.HasField("content_erased_time"):
            for name in ("before", "after", "payload", "effective_date"):
                if name in shown.DESCRIPTOR.fields_by_name:
                    shown.ClearField(name)
            shown.content_erased_time.CopyFrom(logged.content_erased_time)
    return erased


def _place(event: Event) -> int | None:
    """The resume point of an event."""
    match event:
        case Mutations(through=through):
            return through
        case Marked(revision=revision):
            return revision
        case _:
            return None


def _mirror(subscriber: Subscriber) -> tuple[State, int, bool]:
    """The final copy, its revision, and whether it began with the complete register."""
    state: State = {}
    through, complete = -1, False
    for event in subscriber.events:
        match event:
            case Begun(after=0):
                complete, state = (True, {}) if through <= 0 else (complete, state)
            case Begun(after=None, resumes_snapshot=False):
                complete, state = False, {}
            case Part(dossiers=dossiers):
                state |= {(d.niss, d.dossier_type): lines_of(d.periods) for d in dossiers}
            case Mutations(mutations=mutations):
                for mutation in mutations:
                    apply(state, mutation)
            case Marked(complete=True):
                complete = True
            case Ended():
                pass
        place = _place(event)
        through = through if place is None else place
    return state, through, complete
