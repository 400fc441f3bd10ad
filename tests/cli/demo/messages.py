"""The persons of the demonstration as requests of ImportPersons."""

from __future__ import annotations

from collections.abc import Iterator

from raas.cli.demo.persons import IMPORT_ID, demo_persons
from raas.v1.person_service_pb2 import ImportPersonsRequest

_PERSONS_PER_MESSAGE = 500


def demo_messages() -> Iterator[ImportPersonsRequest]:
    """The messages of the import, in order."""
    persons = list(demo_persons())
    for offset in range(0, len(persons), _PERSONS_PER_MESSAGE):
        some = persons[offset : offset + _PERSONS_PER_MESSAGE]
        yield ImportPersonsRequest(import_id=IMPORT_ID, offset=offset, persons=some)
