"""The verbs that PersonService calls."""

from __future__ import annotations

from dataclasses import dataclass

from raas.usecases.persons.change_niss import ChangeNiss
from raas.usecases.persons.confront import ConfrontIdentity
from raas.usecases.persons.create import CreatePerson
from raas.usecases.persons.import_persons import ImportPersons
from raas.usecases.persons.read import ReadPersons
from raas.usecases.persons.search import SearchPersons
from raas.usecases.persons.update import UpdatePerson


@dataclass(frozen=True, slots=True)
class PersonUseCases:
    """Everything PersonService can do where the store is the authentic source."""

    read: ReadPersons
    confront: ConfrontIdentity
    search: SearchPersons
    create: CreatePerson
    update: UpdatePerson
    numbers: ChangeNiss
    feed: ImportPersons
