"""Unusable targets and metadata are refused when the client is created, and named."""

from __future__ import annotations

from typing import Any

import pytest

from raas_client import RaasClient, Tls
from raas_client.testing import FakeRegister

TLS = Tls(ca=b"x")


@pytest.mark.parametrize("tls", [None, TLS])
@pytest.mark.parametrize(
    "target", ["localhost", "raas.example.be", "127.0.0.1", "127.0.0.1:", ":50051", "::1", "::1:50051", ""]
)
def test_target_without_port_is_refused_as_such(target: str, tls: Tls | None) -> None:
    with pytest.raises(ValueError, match="is not host:port"):
        RaasClient(target, tls=tls)


@pytest.mark.parametrize("tls", [None, TLS])
@pytest.mark.parametrize(
    "target", ["http://localhost:50051", "https://raas.example.be:443", "GRPC://127.0.0.1:50051"]
)
def test_target_with_scheme_is_refused_as_such(target: str, tls: Tls | None) -> None:
    with pytest.raises(ValueError, match="has a scheme"):
        RaasClient(target, tls=tls)


@pytest.mark.parametrize(
    "target", ["raas.example.be:443", "10.0.0.1:443", "[2001:db8::1]:443", "dns:///raas.example.be:443"]
)
def test_target_elsewhere_needs_tls(target: str) -> None:
    RaasClient(target, tls=TLS)
    with pytest.raises(ValueError, match="plaintext is for this machine only"):
        RaasClient(target)


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("enterprise_number", 999999922, "enterprise_number is a text, such as '0999999922', not int"),
        ("register", 999999922, "register is a text, such as '0999999922', not int"),
        ("language", b"fr", "language is a text, such as 'fr', not bytes"),
    ],
)
def test_option_that_is_no_text_is_refused_at_once(option: str, value: object, said: str) -> None:
    options: Any = {option: value}
    with pytest.raises(TypeError, match=said):
        RaasClient("127.0.0.1:1", **options)


def test_target_that_is_no_text_is_refused_at_once() -> None:
    number: Any = 50051
    with pytest.raises(TypeError, match="a target is a text"):
        RaasClient(number)
    with pytest.raises(TypeError, match="enterprise_number is a text"):
        FakeRegister(enterprise_number=999999922)  # type: ignore[arg-type]


def test_metadata_that_is_not_ascii_is_refused_with_a_proposal() -> None:
    client = RaasClient("127.0.0.1:1")
    with pytest.raises(
        ValueError, match=r"legal_context travels .* write 'Loi relative a' for 'Loi relative à'"
    ):
        client.acting(legal_context="Loi relative à")
    with pytest.raises(ValueError, match="ticket travels"):
        client.acting(ticket="1\n2")
