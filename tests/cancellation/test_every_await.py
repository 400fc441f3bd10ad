"""Every RPC, cancelled at every await: no connection is lost, and the next call is served."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.cancellation.stack import METHODS, POOL, Stack, cancelled_at, open_stack
from tests.conftest import new_database
from tests.eventually import eventually_async
from tests.protos.documented import samples

_REGISTERS = "/raas.v1.RegisterService/"
PERSONS = ("85673003360", "17670303353")


@pytest.fixture(scope="module")
async def stack(server_dsn: str) -> AsyncIterator[Stack]:
    with new_database(server_dsn) as dsn:
        async with open_stack(dsn) as stack:
            create = {"enterprise_number": "0999999922", "name": "A register"}
            await stack.call("/raas.v1.AdministrationService/CreateRegister", create)
            await stack.call(_REGISTERS + "CreateDossierType", {"dossier_type": {"code": "HEALTH_INSURANCE"}})
            identity = {"last_name": "Peeters", "birth_date": "1985-07-30"}
            origin = {"register_of_origin": "REGISTER_OF_ORIGIN_NATIONAL_REGISTER", "identity": identity}
            rows = [{"niss": niss, **origin} for niss in PERSONS]
            await stack.call("/raas.v1.PersonService/ImportPersons", {"persons": rows})
            for niss in PERSONS:
                await stack.call(_REGISTERS + "Inscribe", inscription(niss))
            yield stack


def inscription(niss: str) -> dict[str, Any]:
    return {"niss": niss, "dossier_type": "HEALTH_INSURANCE", "period": {"begin": "2024-01-01"}}


def test_every_rpc_has_a_sample() -> None:
    assert samples().keys() == METHODS.keys()


@pytest.mark.parametrize("rpc", METHODS)
async def test_a_call_cancelled_at_any_await_loses_no_connection(stack: Stack, rpc: str) -> None:
    assert await _cancel_at_every_await(stack, rpc, repeatedly=True) > 1
    assert await _cancel_at_every_await(stack, rpc, repeatedly=False) > 1
    # Sessions whose connection was closed end a moment later.
    await eventually_async(lambda: stack.sessions() <= 2 * POOL + 1)
    assert len(await stack.call(_REGISTERS + "Inscribe", inscription(PERSONS[0]))) == 1


async def _cancel_at_every_await(stack: Stack, rpc: str, *, repeatedly: bool) -> int:
    """Call until the call ends before it could be cancelled; answers at which await that was."""
    step, requests = 1, samples()[rpc]
    while await cancelled_at(step, stack.call(rpc, *requests), repeatedly=repeatedly):
        await stack.idle()
        step += 1
    await stack.idle()
    return step
