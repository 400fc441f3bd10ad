"""Persons: what is asked about them, what is told of them, and the rows of their feed."""

from __future__ import annotations

from collections.abc import Iterable

from raas.domain.calendar.day import day_text, parse_day
from raas.domain.errors import Reason, Violation
from raas.domain.invalid import Invalid
from raas.domain.numbers.enterprise_number import enterprise_number_text
from raas.domain.numbers.niss import niss_text
from raas.domain.persons.identity import Identity
from raas.domain.persons.record import Person, RegisterOfOrigin
from raas.domain.persons.status import PersonStatus
from raas.domain.persons.stored_identity import IDENTITY_FIELDS
from raas.domain.search.birth_window import maximum_tolerance
from raas.domain.search.person_search import GivenNameMatching, PersonQuery
from raas.rpc.wire.dossiers import dossier_messages, period_messages
from raas.rpc.wire.fields import Faults, NissRules, read_enum, read_niss, read_text
from raas.rpc.wire.identities import (
    identity_message,
    read_first_names,
    read_identity,
    read_name,
    read_past_date,
)
from raas.rpc.wire.registers import masked_fields
from raas.rpc.wire.sexes import read_sex
from raas.usecases.persons.import_rows import FeedRow
from raas.usecases.persons.search import MOST_RESULTS, Candidate
from raas.usecases.ports.persons import AffectedRegister, Inseparable
from raas.v1 import person_pb2
from raas.v1 import person_service_pb2 as v1

_NEVER_CLEARED = ("last_name", "birth_date")


def person_message(person: Person) -> person_pb2.Person:
    """A record; the numbers of register of origin and status are those of the domain."""
    message = person_pb2.Person(
        niss=niss_text(person.niss),
        register_of_origin=person.register_of_origin.value,  # type: ignore[arg-type]
        status=person.status.value,  # type: ignore[arg-type]
        replaced_by=None if person.replaced_by is None else niss_text(person.replaced_by),
        successor=None if person.successor is None else niss_text(person.successor),
        identity=identity_message(person.identity),
        version=person.version,
        source_date=None if person.source_date is None else day_text(person.source_date),
    )
    if person.update_time is not None:
        message.update_time.FromDatetime(person.update_time)
    return message


def candidate_messages(candidates: Iterable[Candidate]) -> list[v1.Candidate]:
    """Candidates, in their order."""
    return [v1.Candidate(person=person_message(each.person), score=each.score) for each in candidates]


def read_query(
    request: v1.SearchPersonsRequest, rules: NissRules, faults: Faults
) -> tuple[PersonQuery | None, int]:
    """The question of SearchPersons (None: there are faults), and how many candidates are wanted."""
    last_name = ""
    if request.last_name:
        last_name = read_name("last_name", request.last_name, faults)
    else:
        faults.append(Violation("last_name", Reason.REQUIRED))
    birth_date = None
    if request.birth_date:
        birth_date = read_past_date("birth_date", request.birth_date, rules.today, faults)
    else:
        faults.append(Violation("birth_date", Reason.REQUIRED))
    first_names = read_first_names("first_names", request.first_names, faults)
    matching: GivenNameMatching | None = GivenNameMatching.ALL_GIVEN_NAMES
    if request.given_name_matching:
        matching = read_enum("given_name_matching", request.given_name_matching, GivenNameMatching, faults)
    sex = read_sex("sex", request.sex, faults) if request.HasField("sex") else None
    municipality = None
    if request.HasField("municipality"):
        municipality = read_text("municipality", request.municipality, 256, faults)
    tolerance = request.birth_date_tolerance
    if birth_date is not None and not birth_date.day and not request.HasField("birth_date_tolerance"):
        faults.append(Violation("birth_date_tolerance", Reason.REQUIRED))
    elif birth_date is not None:
        _within("birth_date_tolerance", tolerance, 0, maximum_tolerance(birth_date), faults)
    most = request.max_results or MOST_RESULTS
    _within("max_results", most, 1, MOST_RESULTS, faults)
    if faults or birth_date is None or matching is None:
        return None, most
    return PersonQuery(last_name, birth_date, tolerance, first_names, matching, sex, municipality), most


def read_update(
    request: v1.UpdatePersonRequest, rules: NissRules, faults: Faults
) -> tuple[tuple[str, ...], Identity, int | None]:
    """The fields to change, their values, and the day since which these hold."""
    identity = Identity()
    if request.HasField("identity"):
        identity = read_identity(request.identity, rules.today, faults)
    else:
        faults.append(Violation("identity", Reason.REQUIRED))
    names = masked_fields(request.update_mask, IDENTITY_FIELDS, (), faults)
    if request.HasField("identity"):
        faults.extend(
            Violation(f"identity.{name}", Reason.REQUIRED)
            for name in _NEVER_CLEARED
            if name in names and not request.identity.HasField(name)  # type: ignore[arg-type]
        )
    if not request.source_date:
        faults.append(Violation("source_date", Reason.REQUIRED))
        return names, identity, None
    return names, identity, _read_source_date(request.source_date, rules, faults)


def read_feed_row(message: person_pb2.Person, rules: NissRules) -> FeedRow:
    """A row of a feed; what is wrong with it is in `violations`, with paths below the row."""
    faults: Faults = []
    niss = read_niss("niss", message.niss, rules, faults)
    origin = status = replaced_by = source_date = None
    if message.register_of_origin:
        origin = read_enum("register_of_origin", message.register_of_origin, RegisterOfOrigin, faults)
    if message.status:
        status = read_enum("status", message.status, PersonStatus, faults)
    if status is PersonStatus.REPLACED:
        replaced_by = read_niss("replaced_by", message.replaced_by, rules, faults)
    elif message.HasField("replaced_by"):
        faults.append(Violation("replaced_by", Reason.VALUE_INVALID))
    identity = read_identity(message.identity, rules.today, faults)
    if message.HasField("source_date"):
        source_date = _read_source_date(message.source_date, rules, faults)
    return FeedRow(niss, origin, status, replaced_by, identity, source_date, tuple(faults))


def affected_messages(affected: Iterable[AffectedRegister]) -> list[v1.AffectedRegister]:
    """Registers with their dossiers before and after, in their order."""
    return [
        v1.AffectedRegister(
            register=enterprise_number_text(each.register),
            dossiers_before=dossier_messages(each.register, each.before),
            dossiers_after=dossier_messages(each.register, each.after),
        )
        for each in affected
    ]


def inseparable_messages(inseparable: Iterable[Inseparable]) -> list[v1.InseparableDays]:
    """Days that cannot be attributed, in their order."""
    return [
        v1.InseparableDays(
            register=enterprise_number_text(each.register),
            dossier_type=each.dossier_type,
            periods=period_messages(each.lines),
        )
        for each in inseparable
    ]


def _read_source_date(text: str, rules: NissRules, faults: Faults) -> int | None:
    try:
        day = parse_day(text)
    except Invalid as invalid:
        faults.append(invalid.at("source_date"))
        return None
    if day > rules.today:
        faults.append(Violation("source_date", Reason.VALUE_INVALID, "FUTURE_DAY"))
        return None
    return day


def _within(field: str, value: int, minimum: int, maximum: int, faults: Faults) -> None:
    if not minimum <= value <= maximum:
        limits = {"minimum": str(minimum), "maximum": str(maximum)}
        faults.append(Violation(field, Reason.VALUE_INVALID, "OUT_OF_RANGE", limits))
