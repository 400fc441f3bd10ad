"""Answers of PersonService."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from raas.domain.calendar.day import day_text
from raas.domain.errors import Violation
from raas.domain.numbers.enterprise_number import enterprise_number_text
from raas.domain.numbers.niss import Niss, niss_text
from raas.domain.persons.record import Person
from raas.domain.persons.stored_identity import IDENTITY_FIELDS, only_fields
from raas.rpc.wire.dossiers import dossier_messages, period_messages
from raas.rpc.wire.persons.identities import identity_message
from raas.rpc.wire.rejected_rows import rejected_rows
from raas.rpc.wire.violations import notice_messages
from raas.usecases.persons.change_niss import AffectedRegister, Inseparable
from raas.usecases.persons.import_progress import PersonImportAnswer
from raas.usecases.persons.read import CheckedPerson
from raas.usecases.persons.search import Candidate
from raas.usecases.writes.results import Notice
from raas.v1 import person_pb2
from raas.v1 import person_service_pb2 as v1


def person_message(person: Person, fields: frozenset[str]) -> person_pb2.Person:
    """A record with these fields of its identity, of which it names the others.

    All others are named, whether they are known or not. The numbers of register of origin and status are
    those of the domain.
    """
    dates = [day for name, day in person.source_dates.items() if name in fields]
    message = person_pb2.Person(
        niss=niss_text(person.niss),
        register_of_origin=person.register_of_origin.value,  # type: ignore[arg-type]
        status=person.status.value,  # type: ignore[arg-type]
        replaced_by=None if person.replaced_by is None else niss_text(person.replaced_by),
        successor=None if person.successor is None else niss_text(person.successor),
        identity=identity_message(only_fields(person.identity, fields)),
        version=person.version,
        source_date=day_text(max(dates)) if dates else None,
        withheld_fields=[name for name in IDENTITY_FIELDS if name not in fields],
    )
    if person.update_time is not None:
        message.update_time.FromDatetime(person.update_time)
    return message


def candidate_messages(
    candidates: Iterable[Candidate], fields: Mapping[Niss, frozenset[str]]
) -> list[v1.Candidate]:
    """Candidates, in their order, each with its fields; the numbers of the steps are those of the domain."""
    return [
        v1.Candidate(
            person=person_message(each.person, fields[each.person.niss]),
            score=each.score,
            step=each.step.value if each.step else None,  # type: ignore[arg-type]
        )
        for each in candidates
    ]


def affected_messages(affected: Iterable[AffectedRegister], language: str) -> list[v1.AffectedRegister]:
    """Registers with their dossiers before and after, in their order."""
    return [
        v1.AffectedRegister(
            register=enterprise_number_text(each.register),
            dossiers_before=dossier_messages(each.register, each.before),
            dossiers_after=dossier_messages(each.register, each.after),
            notices=notice_messages(each.notices, language),
        )
        for each in affected
    ]


def inseparable_messages(inseparable: Iterable[Inseparable]) -> list[v1.InseparableDays]:
    """Days that cannot be attributed to one number, in their order."""
    return [
        v1.InseparableDays(
            register=enterprise_number_text(each.register),
            dossier_type=each.dossier_type,
            periods=period_messages(each.lines),
        )
        for each in inseparable
    ]


def state_message(niss: Niss, checked: CheckedPerson) -> v1.PersonState:
    """The answer of CheckPersons for one number; without a status the number is unknown."""
    message = v1.PersonState(
        niss=niss_text(niss),
        mismatches=checked.mismatches,
        former_niss=[niss_text(former) for former in checked.former],
    )
    if (state := checked.state) is not None:
        message.status = state.status.value  # type: ignore[assignment]
        message.deceased = state.deceased
        if state.successor is not None:
            message.successor_niss = niss_text(state.successor)
        if state.born is not None:
            message.earliest_birth_day = day_text(state.born)
    return message


async def import_persons_response(answer: PersonImportAnswer, language: str) -> v1.ImportPersonsResponse:
    """The answer to one message of an import of persons."""
    return v1.ImportPersonsResponse(
        through_offset=answer.through_offset,
        applied=answer.applied,
        unchanged=answer.unchanged,
        rejected=await rejected_rows(v1.RejectedPerson, answer.rejected, language),
        warnings=[
            v1.PersonWarning(offset=offset, notices=notice_messages(map(_notice, broken), language))
            for offset, broken in answer.warnings
        ],
    )


def _notice(broken: Violation) -> Notice:
    return Notice(broken.reason, broken.field, broken.sentence)
