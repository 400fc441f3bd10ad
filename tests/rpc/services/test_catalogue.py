"""The composition of services from servicers."""

from __future__ import annotations

from typing import Any

import pytest

from raas.rpc.services.catalogue import ADMINISTRATION, compose


class Creates:
    async def CreateRegister(self, request: object, context: object) -> bytes:  # noqa: N802 - name of the RPC
        return b""


class Others:
    """All other RPCs of the service."""

    def __getattr__(self, name: str) -> Any:
        if name == "CreateRegister":
            raise AttributeError(name)
        return Creates.CreateRegister


def test_every_rpc_is_served_by_the_servicer_that_has_its_name() -> None:
    assert compose(ADMINISTRATION, Creates(), Others()).service_name() == "raas.v1.AdministrationService"


@pytest.mark.parametrize("servicers", [(Others(),), (Creates(), Others(), Creates())])
def test_rpc_without_a_servicer_or_with_two_is_refused(servicers: tuple[object, ...]) -> None:
    with pytest.raises(ValueError, match=r"AdministrationService\.CreateRegister has [02] servicers"):
        compose(ADMINISTRATION, *servicers)
