"""Callers that prove who they are: by the client certificate of their connection, or by a bearer token."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

import grpc.aio

from raas.domain.callers.credential import Credential, CredentialRefused, CredentialUndecided
from raas.domain.errors import Reason, Refused, refuse
from raas.identity.certificates import CertificateReader
from raas.identity.tokens import TokenReader
from raas.rpc.calls.identity.identify import Identify
from raas.rpc.calls.identity.refusal_log import RefusalLog
from raas.usecases.calls.call import Caller

AUTHORIZATION = "authorization"
_BEARER = "bearer "
_PEER_CERTIFICATE = "x509_pem_cert"


def certificate_identity(reader: Callable[[], CertificateReader], tokens: TokenReader | None) -> Identify:
    """Callers of a listener with mutual TLS; a bearer token beside the certificate must be bound to it."""
    refusals = RefusalLog()

    def identify(
        context: grpc.aio.ServicerContext[bytes, bytes], metadata: Iterable[tuple[str, str | bytes]]
    ) -> Caller:
        presented = tuple(context.auth_context().get(_PEER_CERTIFICATE, ()))
        if not presented:
            refused = CredentialRefused("no client certificate was presented")
            raise _unidentified(refusals, context, refused)
        try:
            credential = reader().read(presented[0], time.time())
            token = _token(metadata)
            if token is not None:
                if tokens is None:
                    raise CredentialRefused("this server accepts no tokens")
                credential = tokens.read(token, credential)
        except CredentialRefused as refused:
            raise _unidentified(refusals, context, refused) from None
        return _caller(credential)

    return identify


def token_identity(tokens: TokenReader) -> Identify:
    """Callers of a listener that asks for no certificate: each call brings a bearer token."""
    refusals = RefusalLog()

    def identify(
        context: grpc.aio.ServicerContext[bytes, bytes], metadata: Iterable[tuple[str, str | bytes]]
    ) -> Caller:
        try:
            token = _token(metadata)
            if token is None:
                raise CredentialRefused("the call brings no bearer token")
            return _caller(tokens.read(token))
        except CredentialRefused as refused:
            raise _unidentified(refusals, context, refused) from None

    return identify


def _token(metadata: Iterable[tuple[str, str | bytes]]) -> str | None:
    values = [value for key, value in metadata if key == AUTHORIZATION]
    if not values:
        return None
    value = values[0]
    if len(values) > 1 or not isinstance(value, str) or not value.lower().startswith(_BEARER):
        raise CredentialRefused("the metadata authorization is not one bearer token")
    return value[len(_BEARER) :].strip()


def _caller(credential: Credential) -> Caller:
    return Caller(credential.enterprise_number, credential=credential)


def _unidentified(
    refusals: RefusalLog, context: grpc.aio.ServicerContext[bytes, bytes], refused: CredentialRefused
) -> Refused:
    """The refusal, which says nothing to the caller but to try again later; the cause is for the operator."""
    refusals.refused(context.peer() or "", str(refused))
    undecided = isinstance(refused, CredentialUndecided)
    return refuse(Reason.UNAVAILABLE if undecided else Reason.UNAUTHENTICATED)
