"""The tests of a program that uses a register: pytest test_with_a_fake.py

The fake register runs in this process and follows the rules of the real one.
"""

from collections.abc import Iterator

import pytest

from raas_client import NissReplaced, RaasClient
from raas_client.testing import FakeRegister

ANN, ANN_AGAIN = "85673003360", "72650100391"


async def enrol(client: RaasClient, niss: str, day: str) -> str:
    """The program under test: answers the number that the person is enrolled under."""
    try:
        answer = await client.inscribe(niss, "STUDENT", day, refuse_replaced=True)
    except NissReplaced as replaced:
        return await enrol(client, replaced.successor, day)
    return answer.dossier.niss


@pytest.fixture
def register() -> Iterator[FakeRegister]:
    with FakeRegister("STUDENT") as fake:
        yield fake


def test_a_person_is_enrolled(register: FakeRegister) -> None:
    with register.client().blocking() as caller:
        assert caller.run(enrol(caller.client, ANN, "2024-09-01")) == ANN
        assert caller.run(caller.client.check(ANN, active_on="2024-09-01")).inscribed


def test_a_person_with_a_new_number_is_enrolled_under_it(register: FakeRegister) -> None:
    register.replace_niss(ANN, ANN_AGAIN)
    with register.client().blocking() as caller:
        assert caller.run(enrol(caller.client, ANN, "2024-09-01")) == ANN_AGAIN


def test_an_interruption_is_not_noticed(register: FakeRegister) -> None:
    with register.client().blocking() as caller:
        caller.run(caller.client.get_register())
        register.interrupt()
        assert caller.run(enrol(caller.client, ANN, "2024-09-01")) == ANN
