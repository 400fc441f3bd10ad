"""CreatePerson: a BIS number for somebody who has no number yet, and only then."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from raas.domain.calendar.incomplete_date import IncompleteDate
from raas.domain.errors import Reason, Refused, refuse
from raas.domain.names.phonetics import search_keys
from raas.domain.numbers.niss import Niss, niss_text
from raas.domain.persons.identity import Identity, Sex
from raas.domain.persons.record import Person, RegisterOfOrigin
from raas.domain.persons.required_data import identification_violations
from raas.domain.persons.stored_identity import identity_json
from raas.domain.search.person_search import PersonQuery
from raas.usecases.calls.call import Call
from raas.usecases.calls.fingerprint import RequestId, fingerprint, require_same_request
from raas.usecases.persons.search import MOST_RESULTS, Candidate, candidates
from raas.usecases.ports.persons import PersonCreation, PersonStore

Numbers = Callable[[IncompleteDate, Sex | None], Iterator[Niss]]
"""The numbers that a person of this birth date and sex may get, in the order in which they are given out."""

_ASKED_FIRST, _ASKED_AT_MOST = 100, 10_000
"""Numbers asked for at once, ten times as many each time: a year that has run out takes a few questions."""


@dataclass(frozen=True, slots=True)
class CreateAnswer:
    """Either the person created, or those who may be the same: then nothing was created."""

    person: Person | None
    candidates: tuple[Candidate, ...]


class CreatePerson:
    """The verb CreatePerson."""

    def __init__(self, store: PersonStore, numbers: Numbers) -> None:
        self._store = store
        self._numbers = numbers

    async def create(
        self, call: Call, identity: Identity, reviewed: Collection[Niss], request_id: RequestId | None
    ) -> CreateAnswer:
        """Give a number to the person, unless somebody who may be the same is not among the reviewed.

        Searched and created in one transaction, during which nobody creates anybody whose name sounds
        like this one and who was born in the same year. Raises Refused REQUIRED and VALUE_INVALID (paths
        below `identity`), TOO_MANY_RESULTS, REQUEST_ID_REUSED.
        """
        if missing := identification_violations(identity):
            raise Refused(violation.below("identity") for violation in missing)
        key = (call.caller.enterprise_number, request_id.value) if request_id else None
        asked = _fingerprint(identity, reviewed)
        locks = _locks(identity)
        if key:
            locks = [f"request:{key[0]}:{key[1]}", *locks]
        query = _query(identity)
        # The looked-alike of replaced numbers may have been reviewed under the old number.
        seen = {person.niss for person in (await self._store.finals(reviewed)).values()} | set(reviewed)
        async with self._store.creation(locks) as creation:
            if request_id and key and (before := await creation.created_before(key)):
                require_same_request(before.fingerprint, asked, request_id)
                return CreateAnswer((await creation.persons([before.niss]))[before.niss], ())
            found = await candidates(creation, query, MOST_RESULTS)
            if any(candidate.person.niss not in seen for candidate in found):
                return CreateAnswer(None, found)
            while True:
                number = await self._free_number(creation, identity)
                person = Person(number, RegisterOfOrigin.BIS, identity)
                created = await creation.add(person, key, asked)
                if created is not None:
                    return CreateAnswer(created, ())

    async def _free_number(self, creation: PersonCreation, identity: Identity) -> Niss:
        assert identity.birth_date is not None
        numbers, at_once = self._numbers(identity.birth_date, identity.sex), _ASKED_FIRST
        while some := list(islice(numbers, at_once)):
            at_once = min(at_once * 10, _ASKED_AT_MOST)
            taken = set(await creation.taken(some))
            for number in some:
                if number not in taken:
                    return number
        raise refuse(Reason.VALUE_INVALID, "identity.birth_date", "NUMBERS_EXHAUSTED")


def _fingerprint(identity: Identity, reviewed: Iterable[Niss]) -> bytes:
    """The fingerprint of a CreatePerson; docs/stored-forms.md describes its canonical form."""
    return fingerprint(
        {
            "call": "CREATE_PERSON",
            "identity": identity_json(identity),
            "reviewed_niss": [niss_text(niss) for niss in sorted(reviewed)],
        }
    )


def _query(identity: Identity) -> PersonQuery:
    """The question that finds who may be the same: whatever the sex, the first names in any order."""
    assert identity.last_name is not None
    assert identity.birth_date is not None
    return PersonQuery(identity.last_name, identity.birth_date, first_names=identity.first_names)


def _locks(identity: Identity) -> list[str]:
    """What two requests for one person share, however they spell the name; sorted."""
    assert identity.birth_date is not None
    return [f"{key}:{identity.birth_date.year}" for key in search_keys(identity.last_name or "")]
