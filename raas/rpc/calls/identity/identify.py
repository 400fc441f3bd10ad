"""Identification of callers.

An `Identify` strategy identifies the caller by the transport and the metadata. Under development identity,
which the settings allow on loopback addresses only, callers identify themselves and have every permission.
Certificates and tokens are in credentials.py.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Protocol

import grpc.aio

from raas.domain.errors import Reason, Refused, refuse
from raas.domain.invalid import Invalid
from raas.domain.numbers.enterprise_number import parse_enterprise_number
from raas.usecases.calls.call import Caller

ENTERPRISE_NUMBER = "raas-enterprise-number"
_FIELD = f"metadata.{ENTERPRISE_NUMBER}"
_LONGEST = 64


class Identify(Protocol):
    """Identifies the caller of a call. Raises Refused UNAUTHENTICATED."""

    def __call__(
        self,
        context: grpc.aio.ServicerContext[bytes, bytes],
        metadata: Iterable[tuple[str, str | bytes]],
    ) -> Caller:
        """The caller, from the transport (`context`) or the metadata."""


def development_identity(
    context: grpc.aio.ServicerContext[bytes, bytes], metadata: Iterable[tuple[str, str | bytes]]
) -> Caller:
    """The organisation named in the metadata, with every role and every mandate."""
    named = [value for key, value in metadata if key == ENTERPRISE_NUMBER]
    if not named:
        raise refuse(Reason.UNAUTHENTICATED, _FIELD)
    text = named[0]
    if len(named) > 1:
        raise refuse(Reason.UNAUTHENTICATED, _FIELD, "DUPLICATE")
    if not isinstance(text, str) or len(text) > _LONGEST:
        raise refuse(Reason.UNAUTHENTICATED, _FIELD, "ENTERPRISE_NUMBER_FORMAT")
    caller = _caller(text)
    if isinstance(caller, Refused):
        raise Refused(caller.violations)
    return caller


@lru_cache(maxsize=4_096)
def _caller(text: str) -> Caller | Refused:
    try:
        return Caller(parse_enterprise_number(text), all_rights=True)
    except Invalid as invalid:
        return refuse(Reason.UNAUTHENTICATED, _FIELD, invalid.sentence)
