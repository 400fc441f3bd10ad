"""Targets: the address of a server."""

from __future__ import annotations

import re
from ipaddress import ip_address

_URL = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]*)://", re.IGNORECASE)
_RESOLVER = re.compile(r"(dns:(//[^/]*/)?|ipv4:|ipv6:)")
_HOST_AND_PORT = re.compile(r"(?P<host>\[[^\[\]]+\]|[^:\[\]/\s]+):(?P<port>[0-9]+)")


def check_target(target: str, *, tls: bool) -> None:
    """Raise TypeError or ValueError for a target that cannot be used, with or without TLS.

    A target is `host:port` (an IPv6 address in brackets) or a socket in the file system (`unix:path`); the
    forms of gRPC with a resolver (`dns:`, `ipv4:`, `ipv6:`) are accepted as well. Without TLS the host must
    be this machine.
    """
    if not isinstance(target, str):
        raise TypeError(f"a target is a text such as 'raas.example.be:443', not {type(target).__name__}")
    if _is_socket(target):
        return
    scheme = _URL.match(target)
    if scheme is not None and scheme["scheme"].lower() != "dns":
        raise ValueError(f"the target {target!r} has a scheme: give host:port alone, and `tls` for TLS")
    found = _HOST_AND_PORT.fullmatch(_RESOLVER.sub("", target, count=1))
    if found is None:
        raise ValueError(f"the target {target!r} is not host:port, such as 'raas.example.be:443'")
    if not tls and not is_local(target):
        raise ValueError("plaintext is for this machine only: give `tls` to reach another one")


def is_local(target: str) -> bool:
    """Whether a target that was checked is on this machine."""
    if _is_socket(target):
        return True
    found = _HOST_AND_PORT.fullmatch(_RESOLVER.sub("", target, count=1))
    return found is not None and _is_loopback(found["host"].strip("[]"))


def _is_socket(target: str) -> bool:
    return target.startswith(("unix:", "unix-abstract:"))


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
