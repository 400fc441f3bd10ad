"""Requests of PersonService, and the rows of ImportPersons."""

from __future__ import annotations

from collections.abc import Collection, Generator, Iterable

from raas.domain.calendar.day import parse_day
from raas.domain.errors import Reason, Violation
from raas.domain.invalid import Invalid
from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.numbers.niss import Niss
from raas.domain.persons.identity import Identity
from raas.domain.persons.plausibility import implausible
from raas.domain.persons.record import RegisterOfOrigin
from raas.domain.persons.status import PersonStatus
from raas.domain.persons.stored_identity import IDENTITY_FIELDS, only_fields
from raas.domain.search.birth_window import maximum_tolerance
from raas.domain.search.person_search import MOST_GIVEN_NAMES, GivenNameMatching, PersonQuery
from raas.rpc.wire.fields import (
    LIST_LIMIT,
    ROW_VIOLATIONS,
    Faults,
    NissRules,
    read_enterprise_number,
    read_enum,
    read_niss,
    read_nisses,
    read_text,
    within_batch,
    within_limit,
)
from raas.rpc.wire.operations import read_claim
from raas.rpc.wire.persons.identities import read_first_names, read_identity, read_name, read_past_date
from raas.rpc.wire.persons.sexes import read_sex
from raas.rpc.wire.registers import masked_fields
from raas.usecases.persons.import_rows import ImportedPerson
from raas.usecases.persons.read import PersonCheck
from raas.usecases.persons.search import MOST_RESULTS
from raas.v1 import identity_pb2, person_pb2
from raas.v1 import person_service_pb2 as v1

_SLICE = 50
_NEVER_CLEARED = ("last_name", "birth_date")


def read_query(
    request: v1.SearchPersonsRequest, rules: NissRules, faults: Faults
) -> tuple[PersonQuery | None, int]:
    """The query of SearchPersons (None when something is wrong), and the number of candidates wanted."""
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
    first_names = read_first_names("first_names", request.first_names, faults, MOST_GIVEN_NAMES)
    matching: GivenNameMatching | None = GivenNameMatching.ALL_GIVEN_NAMES
    if request.given_name_matching:
        matching = read_enum("given_name_matching", request.given_name_matching, GivenNameMatching, faults)
    sex = read_sex("sex", request.sex, faults) if request.HasField("sex") else None
    municipality = None
    if request.HasField("municipality"):
        municipality = read_text("municipality", request.municipality, 256, faults)
    tolerance = request.birth_date_tolerance
    widens = matching is GivenNameMatching.LADDER
    if not (widens or birth_date is None or birth_date.day or request.HasField("birth_date_tolerance")):
        faults.append(Violation("birth_date_tolerance", Reason.REQUIRED))
    elif birth_date is not None:
        _within("birth_date_tolerance", tolerance, 0, maximum_tolerance(birth_date), faults)
    most = request.max_results or MOST_RESULTS
    _within("max_results", most, 1, MOST_RESULTS, faults)
    if faults or birth_date is None or matching is None:
        return None, most
    return PersonQuery(last_name, birth_date, tolerance, first_names, matching, sex, municipality), most


def read_person_checks(
    request: v1.CheckPersonsRequest, rules: NissRules, faults: Faults
) -> Generator[None, None, list[PersonCheck]]:
    """The checks of CheckPersons, 1 to 1,000; those without a readable number are left out.

    A generator that yields now and then, so that other tasks can run.
    """
    if not request.checks:
        faults.append(Violation("checks", Reason.REQUIRED))
    if not within_batch("checks", request.checks, LIST_LIMIT, faults):
        return []
    checks = []
    for index, check in enumerate(request.checks):
        if index % _SLICE == _SLICE - 1:
            yield
        own: Faults = []
        niss = read_niss("niss", check.niss, rules, own)
        claim = read_claim(check.identity, own) if check.HasField("identity") else None
        faults.extend(fault.below(f"checks[{index}]") for fault in own[:ROW_VIOLATIONS])
        if niss is not None:
            checks.append(PersonCheck(niss, claim, check.with_former_niss))
    return checks


def read_asker(request: v1.CheckPersonsRequest, faults: Faults) -> EnterpriseNumber | None:
    """The organisation that asked the caller of CheckPersons; None = not named, or among the faults."""
    if not request.HasField("on_behalf_of"):
        return None
    return read_enterprise_number("on_behalf_of", request.on_behalf_of, faults)


def read_new_person(
    request: v1.CreatePersonRequest, rules: NissRules, faults: Faults
) -> tuple[Identity, tuple[Niss, ...]]:
    """The identity of a person to create, and the numbers of the candidates that were reviewed."""
    identity = Identity()
    if request.HasField("identity"):
        identity = _read_plausible_identity(request.identity, IDENTITY_FIELDS, rules, faults)
    else:
        faults.append(Violation("identity", Reason.REQUIRED))
    if not within_limit("reviewed_niss", request.reviewed_niss, faults, MOST_RESULTS):
        return identity, ()
    return identity, read_nisses("reviewed_niss", request.reviewed_niss, rules, faults)


def read_update(
    request: v1.UpdatePersonRequest, rules: NissRules, faults: Faults
) -> tuple[tuple[str, ...], Identity, int | None]:
    """The fields to change, their values, and the day since which these hold."""
    mask_faults: Faults = []
    names = masked_fields(request.update_mask, IDENTITY_FIELDS, (), mask_faults)
    identity = Identity()
    if request.HasField("identity"):
        identity = _read_plausible_identity(request.identity, names, rules, faults)
    else:
        faults.append(Violation("identity", Reason.REQUIRED))
    faults += mask_faults
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


def read_imported_persons(messages: Iterable[person_pb2.Person], rules: NissRules) -> list[ImportedPerson]:
    """The rows of an import, in their order."""
    return [read_imported_person(message, rules) for message in messages]


def read_imported_person(message: person_pb2.Person, rules: NissRules) -> ImportedPerson:
    """A row of an import; its violations have paths relative to the row."""
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
    stated = message.identity
    withdraws_death = stated.HasField("death_date") and not stated.death_date
    if withdraws_death:
        stated = identity_pb2.Identity()
        stated.CopyFrom(message.identity)
        stated.ClearField("death_date")
    identity = read_identity(stated, rules.today, faults)
    if message.HasField("source_date"):
        source_date = _read_source_date(message.source_date, rules, faults)
    violations = tuple(faults[:ROW_VIOLATIONS])
    return ImportedPerson(
        niss, origin, status, replaced_by, identity, source_date, violations, withdraws_death
    )


def _read_plausible_identity(
    message: identity_pb2.Identity, names: Collection[str], rules: NissRules, faults: Faults
) -> Identity:
    """An identity of which a user enters these fields; a field that cannot be stored is reported once."""
    unstorable: Faults = []
    identity = read_identity(message, rules.today, unstorable)
    reported = {fault.field for fault in unstorable}
    doubtful = (fault.below("identity") for fault in implausible(only_fields(identity, names)))
    faults += [*unstorable, *(fault for fault in doubtful if fault.field not in reported)]
    return identity


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
