"""Fingerprints of requests: the bytes of version 1, equal exactly for equal requests."""

from __future__ import annotations

from hashlib import sha256

import pytest

from raas.domain.calendar.day import BEGINNING, OPEN, parse_day
from raas.domain.calendar.incomplete_date import IncompleteDate
from raas.domain.calendar.periods import Period
from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.numbers.niss import Niss
from raas.domain.persons.identity import IdentityClaim, Sex
from raas.domain.registers.operation import Action, Operation
from raas.usecases.writes.request_form import batch_of_operations, one_operation

REGISTER, OTHER = EnterpriseNumber(999999922), EnterpriseNumber(999999823)
NISS = Niss(85673003360)
JANUARY = Period(parse_day("2024-01-01"), parse_day("2024-02-01"))

INSCRIPTION = Operation(Action.INSCRIBE, NISS, "HEALTH", JANUARY)
REMOVAL = Operation(Action.REMOVE, NISS, "HEALTH", JANUARY)
CLAIM = IdentityClaim("Peeters", ("An", "Zoé"), IncompleteDate(1985, 7, None), Sex.FEMALE)

DIFFERENT = [
    INSCRIPTION,
    REMOVAL,
    INSCRIPTION._replace(niss=Niss(17670303353)),
    INSCRIPTION._replace(dossier_type="PENSION"),
    INSCRIPTION._replace(period=Period(JANUARY.begin, OPEN)),
    INSCRIPTION._replace(period=Period(JANUARY.begin + 1, JANUARY.end)),
    INSCRIPTION._replace(refuse_replaced=True),
    INSCRIPTION._replace(claim=IdentityClaim()),
    INSCRIPTION._replace(claim=CLAIM),
    INSCRIPTION._replace(claim=IdentityClaim("Peeters", ("An",), IncompleteDate(1985, 7, None), Sex.FEMALE)),
    INSCRIPTION._replace(claim=IdentityClaim("Peeters", ("An", "Zoé"), IncompleteDate(1985, 7, 1))),
    REMOVAL._replace(period=None),
    REMOVAL._replace(period=Period(BEGINNING, JANUARY.end)),
    REMOVAL._replace(period=Period(JANUARY.begin, OPEN)),
]


def test_requests_that_differ_have_different_fingerprints() -> None:
    fingerprints = [one_operation(REGISTER, operation) for operation in DIFFERENT]
    fingerprints += [batch_of_operations(REGISTER, [operation]) for operation in DIFFERENT]
    fingerprints += [
        one_operation(OTHER, INSCRIPTION),
        batch_of_operations(REGISTER, []),
        batch_of_operations(REGISTER, [INSCRIPTION, REMOVAL]),
        batch_of_operations(REGISTER, [REMOVAL, INSCRIPTION]),
    ]
    assert len(set(fingerprints)) == len(fingerprints)


@pytest.mark.parametrize(
    ("operation", "canonical"),
    [
        (
            INSCRIPTION._replace(claim=CLAIM, refuse_replaced=True),
            '{"action":"INSCRIBE","begin":"2024-01-01","claim":{"birth_date":"1985-07-00",'
            '"first_names":["An","Zoé"],"last_name":"Peeters","sex":"FEMALE"},'
            '"dossier_type":"HEALTH","end":"2024-01-31","niss":"85673003360","policy":"REFUSE"}',
        ),
        (
            REMOVAL._replace(period=None),
            '{"action":"REMOVE","dossier_type":"HEALTH","niss":"85673003360","period":false}',
        ),
        (
            REMOVAL._replace(period=Period(BEGINNING, JANUARY.end)),
            '{"action":"REMOVE","dossier_type":"HEALTH","end":"2024-01-31","niss":"85673003360"}',
        ),
    ],
)
def test_version_1_keeps_its_bytes(operation: Operation, canonical: str) -> None:
    form = '{"call":"%s","operations":[%s],"register":"0999999922"}'
    for call, found in (
        ("ONE", one_operation(REGISTER, operation)),
        ("BATCH", batch_of_operations(REGISTER, [operation])),
    ):
        assert found == b"\x01" + sha256((form % (call, canonical)).encode()).digest()
