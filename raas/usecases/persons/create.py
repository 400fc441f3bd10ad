"""CreatePerson: give a BIS number to a person who has no number yet."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from raas.domain.calendar.incomplete_date import IncompleteDate
from raas.domain.errors import Reason, Refused, refuse
from raas.domain.numbers.niss import Niss, niss_text
from raas.domain.persons.identity import Identity, Sex
from raas.domain.persons.record import Person, RegisterOfOrigin
from raas.domain.persons.required_data import identification_violations
from raas.domain.persons.stored_identity import identity_json
from raas.domain.search.person_search import MOST_GIVEN_NAMES, PersonQuery
from raas.usecases.calls.call import Call
from raas.usecases.calls.fingerprint import RequestId, fingerprint, request_keys, require_same_request
from raas.usecases.persons.search import MOST_RESULTS, Candidate, candidates
from raas.usecases.ports.persons import PersonCreation, PersonStore

Numbers = Callable[[IncompleteDate, Sex | None], Iterator[Niss]]
"""The numbers for a person of this birth date and sex, in the order in which they are given out."""

_ASKED_FIRST, _ASKED_AT_MOST = 100, 10_000
"""Numbers looked up at first, and at most: each lookup takes ten times as many as the last one."""


@dataclass(frozen=True, slots=True)
class CreateAnswer:
    """Either the person created, or the candidates who may be the same person: then nothing was created."""

    person: Person | None
    candidates: tuple[Candidate, ...]


class CreatePerson:
    """The use case CreatePerson."""

    def __init__(self, store: PersonStore, numbers: Numbers) -> None:
        self._store = store
        self._numbers = numbers
        # The store has one lock for all creations: those of this process do not wait for it on connections.
        self._creating = asyncio.Lock()

    async def create(
        self, call: Call, identity: Identity, reviewed: Collection[Niss], request_id: RequestId | None
    ) -> CreateAnswer:
        """Give a number to the person, unless a candidate who may be the same was not reviewed.

        One transaction searches and creates, and no other one adds persons meanwhile. Raises Refused
        REQUIRED and VALUE_INVALID (paths below `identity`), TOO_MANY_RESULTS, REQUEST_ID_REUSED.
        """
        if missing := identification_violations(identity):
            raise Refused(violation.below("identity") for violation in missing)
        keys = request_keys(call.caller.key, request_id) if request_id else ()
        asked = _fingerprint(identity, reviewed)
        query = _query(identity)
        # A candidate may have been reviewed under a number that was replaced since.
        seen = {person.niss for person in (await self._store.finals(reviewed)).values()} | set(reviewed)
        async with self._creating, self._store.creation() as creation:
            for key in keys:
                if request_id and (before := await creation.created_before(key)):
                    require_same_request(before.fingerprint, asked, request_id)
                    return CreateAnswer((await creation.persons([before.niss]))[before.niss], ())
            found = await candidates(creation, query, MOST_RESULTS)
            if any(candidate.person.niss not in seen for candidate in found):
                return CreateAnswer(None, found)
            number = await self._free_number(creation, identity)
            person = Person(number, RegisterOfOrigin.BIS, identity)
            return CreateAnswer(await creation.add(person, keys[0] if keys else None, asked), ())

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
    """The query for the same person: any sex, the first names in any order."""
    assert identity.last_name is not None
    assert identity.birth_date is not None
    names = identity.first_names[:MOST_GIVEN_NAMES]
    return PersonQuery(identity.last_name, identity.birth_date, first_names=names)
