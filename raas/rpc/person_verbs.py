"""The verbs that PersonService calls."""

from __future__ import annotations

from dataclasses import dataclass

from raas.usecases.person_ports import NissChanges
from raas.usecases.persons.confronting import ConfrontIdentity
from raas.usecases.persons.creating import CreatePerson
from raas.usecases.persons.feeding import ImportPersons
from raas.usecases.persons.reading import ReadPersons
from raas.usecases.persons.searching import SearchPersons
from raas.usecases.persons.updating import UpdatePerson


@dataclass(frozen=True, slots=True)
class PersonVerbs:
    """Everything PersonService can do where the store is the authentic source."""

    read: ReadPersons
    confront: ConfrontIdentity
    search: SearchPersons
    create: CreatePerson
    update: UpdatePerson
    numbers: NissChanges
    feed: ImportPersons
