"""Addresses as settings write them: host and port."""

from __future__ import annotations

import ipaddress
from typing import Annotated

from pydantic import AfterValidator

LOOPBACK_NAMES = ("localhost",)


def split_address(text: str) -> tuple[str, int]:
    """Host and port of `host:port` or `[::1]:port`; port 0 lets the system choose. Raises ValueError."""
    host, _, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not host or not (port.isascii() and port.isdigit()) or int(port) > 65_535:
        raise ValueError("write it as host:port, such as 127.0.0.1:50051")
    return host, int(port)


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach the host."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host in LOOPBACK_NAMES


def loopback_of(address: str) -> str:
    """The address with the same port on the loopback interface."""
    return f"127.0.0.1:{split_address(address)[1]}"


def _address(text: str) -> str:
    split_address(text)
    return text


Address = Annotated[str, AfterValidator(_address)]
