"""Operations as messages: what is read, and everything that is wrong at once."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from google.protobuf.json_format import ParseDict
from hypothesis import given
from hypothesis import strategies as st

from raas.domain.calendar.day import OPEN, parse_day
from raas.domain.calendar.incomplete_date import IncompleteDate
from raas.domain.calendar.periods import Period
from raas.domain.numbers.niss import NissProfile
from raas.domain.persons.identity import IdentityClaim, Sex
from raas.domain.registers.operation import Action, Operation
from raas.rpc.wire.fields import NissRules
from raas.rpc.wire.operations import read_inscription, read_operations, read_removal
from raas.v1 import inscription_pb2, register_service_pb2
from tests.rpc.harness import ANN

RULES = NissRules(NissProfile.TEST, date(2026, 7, 1).toordinal())
NISS = int(ANN)
GOOD = {"niss": ANN, "dossier_type": "HEALTH", "period": {"begin": "2024-01-01", "end": "2024-01-31"}}
JANUARY = Period(parse_day("2024-01-01"), parse_day("2024-02-01"))


def inscription(**fields: Any) -> inscription_pb2.Inscription:
    return ParseDict({**GOOD, **fields}, inscription_pb2.Inscription())


def removal(**fields: Any) -> inscription_pb2.Removal:
    return ParseDict({**GOOD, **fields}, inscription_pb2.Removal())


def batch(*operations: dict[str, Any]) -> list[Operation]:
    request = ParseDict({"operations": list(operations)}, register_service_pb2.ApplyBatchRequest())
    return read_operations(request.operations, RULES)


def wrong(operation: Operation) -> list[tuple[str, str, str]]:
    return [(v.field, v.reason.name, v.sentence) for v in operation.violations]


def test_an_inscription_is_read() -> None:
    assert read_inscription(inscription(), RULES) == Operation(Action.INSCRIBE, NISS, "HEALTH", JANUARY)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("period", "expected"),
    [
        ({"begin": "2024-01-01"}, Period(JANUARY.begin, OPEN)),
        ({"begin": "2024-02-29", "end": "2024-02-29"}, Period(738945, 738946)),
        ({"begin": "0001-01-01", "end": "9999-12-30"}, Period(1, OPEN - 1)),
    ],
)
def test_periods_of_inscriptions(period: dict[str, str], expected: Period) -> None:
    assert read_inscription(inscription(period=period), RULES).period == expected


@pytest.mark.parametrize(
    ("period", "expected"),
    [
        ({"end": "2024-01-31"}, Period(1, JANUARY.end)),
        ({"begin": "2024-01-01"}, Period(JANUARY.begin, OPEN)),
        (None, None),
    ],
)
def test_periods_of_removals(period: dict[str, str] | None, expected: Period | None) -> None:
    message = removal(period=period) if period else removal()
    if period is None:
        message.ClearField("period")
    operation = read_removal(message, RULES)
    assert (operation.period, operation.violations) == (expected, ())


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"niss": ""}, ("niss", "REQUIRED", "")),
        ({"niss": "85.67.30-033.60"}, ("niss", "NISS_MALFORMED", "NISS_FORMAT")),
        (
            {"niss": ANN[:-1] + "0" if ANN[-1] != "0" else ANN[:-1] + "1"},
            ("niss", "NISS_MALFORMED", "NISS_CHECK_DIGITS"),
        ),
        ({"dossier_type": ""}, ("dossier_type", "REQUIRED", "")),
        ({"dossier_type": "x" * 65}, ("dossier_type", "VALUE_INVALID", "TEXT_TOO_LONG")),
        ({"dossier_type": "a\nb"}, ("dossier_type", "VALUE_INVALID", "CONTROL_CHARACTERS")),
        ({"dossier_type": "a\0"}, ("dossier_type", "VALUE_INVALID", "CONTROL_CHARACTERS")),
        ({"period": {"begin": ""}}, ("period.begin", "PERIOD_INVALID", "DAY_EMPTY")),
        ({"period": {"begin": "2024-01-01", "end": ""}}, ("period.end", "PERIOD_INVALID", "DAY_EMPTY")),
        ({"period": {"begin": "2024-02-30"}}, ("period.begin", "PERIOD_INVALID", "DAY_NOT_IN_CALENDAR")),
        (
            {"period": {"begin": "2024-02-01", "end": "2024-01-31"}},
            ("period.end", "PERIOD_INVALID", "PERIOD_END_BEFORE_BEGIN"),
        ),
        (
            {"period": {"begin": "2024-02-01", "end": "9999-12-31"}},
            ("period.end", "PERIOD_INVALID", "DAY_LAST"),
        ),
        ({"period": {"begin": "9999-12-31"}}, ("period.begin", "PERIOD_INVALID", "DAY_LAST")),
        (
            {"period": {"begin": "9999-12-31", "end": "9999-12-31"}},
            ("period.begin", "PERIOD_INVALID", "DAY_LAST"),
        ),
        ({"replaced_niss_policy": 7}, ("replaced_niss_policy", "VALUE_INVALID", "ENUM_UNKNOWN")),
    ],
)
def test_violations_common_to_inscriptions_and_removals(
    fields: dict[str, Any], expected: tuple[str, str, str]
) -> None:
    one = {**GOOD, **fields}
    for operation in (
        read_inscription(inscription(**fields), RULES),
        read_removal(removal(**fields), RULES),
        *batch({"inscribe": one}, {"remove": one}),
    ):
        assert expected in wrong(operation)
        assert {field for field, _, _ in wrong(operation)} <= {
            "niss",
            "dossier_type",
            "period.begin",
            "period.end",
            "replaced_niss_policy",
        }


def test_violations_of_inscriptions_only() -> None:
    message = inscription(period={"end": "2024-01-31"})
    assert wrong(read_inscription(message, RULES)) == [("period.begin", "REQUIRED", "PERIOD_BEGIN_REQUIRED")]
    message.ClearField("period")
    assert wrong(read_inscription(message, RULES)) == [("period", "REQUIRED", "")]


def test_a_removal_with_a_period_needs_a_bound() -> None:
    assert wrong(read_removal(removal(period={}), RULES)) == [
        ("period", "PERIOD_INVALID", "PERIOD_WITHOUT_BOUNDS")
    ]


def test_all_violations_are_reported_at_once() -> None:
    operation = read_inscription(
        inscription(
            niss="x",
            dossier_type="",
            period={"begin": "x", "end": ""},
            replaced_niss_policy=9,
            identity={
                "last_name": "",
                "first_names": ["a\tb", "c" * 257],
                "birth_date": "1968-13-01",
                "sex": 9,
            },
        ),
        RULES,
    )
    assert [field for field, _, _ in wrong(operation)] == [
        "niss",
        "dossier_type",
        "period.begin",
        "period.end",
        "identity.last_name",
        "identity.first_names[0]",
        "identity.first_names[1]",
        "identity.birth_date",
        "identity.sex",
        "replaced_niss_policy",
    ]
    assert (operation.niss, operation.dossier_type, operation.period) == (None, None, None)


def test_a_claimed_identity_is_read() -> None:
    identity = {"last_name": "Janssens", "first_names": ["An", "Eva"], "birth_date": "1985-07-00", "sex": 2}
    claim = IdentityClaim("Janssens", ("An", "Eva"), IncompleteDate(1985, 7, None), Sex.FEMALE)
    assert read_inscription(inscription(identity=identity), RULES).claim == claim
    assert batch({"inscribe": {**GOOD, "identity": identity}})[0].claim == claim


def test_names_that_are_not_valid_are_violations() -> None:
    identity = {"last_name": " ", "first_names": ["An", "c" * 257], "birth_date": "1985-07-00"}
    operation = read_inscription(inscription(identity=identity), RULES)
    assert [field for field, _, _ in wrong(operation)] == ["identity.last_name", "identity.first_names[1]"]
    assert operation.claim == IdentityClaim(birth_date=IncompleteDate(1985, 7, None))


def test_claim_has_at_most_32_first_names() -> None:
    names = tuple(f"Name{number}" for number in range(32))
    operation = read_inscription(inscription(identity={"first_names": names}), RULES)
    assert operation.claim == IdentityClaim(first_names=names)

    operation = read_inscription(inscription(identity={"first_names": [*names, "One"]}), RULES)
    assert wrong(operation) == [("identity.first_names", "VALUE_INVALID", "LIST_TOO_LONG")]


def test_the_policy_on_replaced_numbers_is_read() -> None:
    for policy, refuse in ((0, False), (1, False), (2, True)):
        fields = {**GOOD, "replaced_niss_policy": policy}
        assert [o.refuse_replaced for o in batch({"inscribe": fields}, {"remove": fields})] == [refuse] * 2


def test_an_operation_that_is_neither_is_required_as_a_whole() -> None:
    assert wrong(batch({})[0]) == [("", "REQUIRED", "")]


DAYS = st.sampled_from(
    ["", "x", "2024-01-01", "2024-01-31", "2024-02-30", "0001-01-01", "9999-12-30", "9999-12-31"]
)
PERIODS = st.none() | st.fixed_dictionaries({}, optional={"begin": DAYS, "end": DAYS})
OPERATIONS = st.fixed_dictionaries(
    {},
    optional={
        "niss": st.sampled_from(["", ANN, "123", "00000000000"]),
        "dossier_type": st.sampled_from(["", "HEALTH", " ", "é", "a\u00a0b", "a\nb", "x" * 65]),
        "replaced_niss_policy": st.integers(0, 3),
        "period": PERIODS,
        "identity": st.fixed_dictionaries({}, optional={"birth_date": st.sampled_from(["", "1985-00-00"])}),
    },
)


@given(OPERATIONS)
def test_short_path_reads_the_same_as_the_long_path(fields: dict[str, Any]) -> None:
    known = {name: value for name, value in fields.items() if value is not None}
    asked = ParseDict(known, inscription_pb2.Inscription())
    assert batch({"inscribe": known}) == [read_inscription(asked, RULES)]
    known.pop("identity", None)
    assert batch({"remove": known}) == [read_removal(ParseDict(known, inscription_pb2.Removal()), RULES)]
