"""The caller of a bearer token: a JWT access token (RFC 9068), signed by the configured issuer."""

from __future__ import annotations

import time
from base64 import urlsafe_b64decode
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import Key

from raas.domain.callers.credential import (
    Credential,
    CredentialKind,
    CredentialRefused,
    CredentialUndecided,
)
from raas.domain.invalid import Invalid
from raas.domain.numbers.enterprise_number import parse_enterprise_number
from raas.identity.certificates import LONGEST_APPLICATION
from raas.identity.key_sets import Keys

ALGORITHMS = ("ES256", "PS256", "RS256", "Ed25519")
"""The algorithms that may be allowed; `none` and symmetric ones never are."""

LONGEST_LIFE_SECONDS = 3_600
LONGEST_TOKEN = 8_192
_LAST_SECOND = 2**53
"""Numbers up to this one are exact as a float."""
_TYPES = ("at+jwt", "application/at+jwt")
_REMEMBERED = 10_000
"""Verdicts remembered; the one unused for longest is forgotten first."""


@dataclass(frozen=True, slots=True)
class TokenRules:
    """The conditions for accepting a token. `skew_seconds`: accepted difference between the clocks."""

    issuer: str
    audience: str
    algorithms: tuple[str, ...] = ALGORITHMS
    organisation_claim: str = "enterprise_number"
    """The claim that names the organisation; nested claims are written with dots."""
    application_claim: str = "client_id"
    scope_prefix: str = "scope:cbss:api:raas:"
    """Scopes of this prefix narrow the token to the right that follows it."""
    skew_seconds: int = 30


@dataclass(frozen=True, slots=True)
class _Verdict:
    credential: Credential
    key_id: str
    key: Key
    not_before: float
    certificate_thumbprint: str
    """The claim cnf.x5t#S256 in hexadecimal; "" = the token is bound to no certificate."""


class TokenReader:
    """Verifies tokens; one that was verified before costs one look-up until it expires.

    A verdict is void as soon as its key has left the issuer's key set.
    """

    def __init__(self, keys: Keys, rules: TokenRules, clock: Callable[[], float] = time.time) -> None:
        self._keys = keys
        self._rules = rules
        self._clock = clock
        self._verdicts: OrderedDict[bytes, _Verdict] = OrderedDict()

    def read(self, token: str, certificate: Credential | None = None) -> Credential:
        """The credential that this token is.

        `certificate` is the one that the connection was made with, if any: the token must then be bound to it
        (RFC 8705), and both must name one organisation. Without one, a bound token is refused. Raises
        CredentialRefused, and CredentialUndecided while no recent key set is known.
        """
        if len(token) > LONGEST_TOKEN:
            raise CredentialRefused(f"the token is longer than {LONGEST_TOKEN} characters")
        digest = sha256(token.encode()).digest()
        verdict = self._verdicts.get(digest)
        if verdict is None or not self._keys.holds(verdict.key_id, verdict.key):
            self._verdicts.pop(digest, None)
            verdict = self._verdicts[digest] = self._verify(token, digest)
            if len(self._verdicts) > _REMEMBERED:
                self._verdicts.popitem(last=False)
        else:
            self._verdicts.move_to_end(digest)
        now, credential = self._clock(), verdict.credential
        if credential.expires_at <= now:
            del self._verdicts[digest]
            raise CredentialRefused("the token has expired")
        if verdict.not_before > now:
            raise CredentialRefused("the token is not valid yet")
        _require_binding(verdict, certificate)
        if certificate is None:
            return credential
        # Both must be valid, and a block of either counts.
        expires_at = min(credential.expires_at, certificate.expires_at)
        return replace(credential, expires_at=expires_at, certificate=certificate)

    def _verify(self, token: str, digest: bytes) -> _Verdict:
        key_id, key = self._key_of(token)
        try:
            decoded = jwt.decode(token, key, algorithms=list(self._rules.algorithms))
        except (JoseError, ValueError, TypeError):
            raise CredentialRefused("the signature or the form of the token is wrong") from None
        if str(decoded.header.get("typ", "")).lower() not in _TYPES:
            raise CredentialRefused("the token is not an access token (typ is not at+jwt)")
        claims = decoded.claims
        expires, not_before = self._times(claims)
        if claims.get("iss") != self._rules.issuer:
            raise CredentialRefused("the token is of another issuer")
        audience = claims.get("aud")
        if self._rules.audience not in (audience if isinstance(audience, list) else [audience]):
            raise CredentialRefused("the token is meant for another audience")
        credential = Credential(
            CredentialKind.TOKEN,
            self._organisation(claims),
            self._application(claims),
            digest.hex(),
            expires,
            token_id=_text(claims, "jti") or "",
            rights=self._rights(claims),
        )
        return _Verdict(credential, key_id, key, not_before, _thumbprint(claims))

    def _key_of(self, token: str) -> tuple[str, Key]:
        try:
            key_id = jws.extract_compact(token.encode()).headers().get("kid")
        except (JoseError, ValueError, TypeError):
            raise CredentialRefused("the token is not a signed JWT") from None
        if not isinstance(key_id, str) or not 0 < len(key_id) <= 256:
            raise CredentialRefused("the token names no key (kid)")
        key = self._keys.key(key_id)
        if not self._keys.fresh:
            raise CredentialUndecided("the keys of the token issuer could not be read")
        if key is None:
            raise CredentialRefused("the token is signed with an unknown key")
        return key_id, key

    def _times(self, claims: Mapping[str, Any]) -> tuple[float, float]:
        """When the token expires and from when on it is valid, the skew included."""
        expires, issued = _time(claims, "exp"), _time(claims, "iat")
        if expires is None or issued is None:
            raise CredentialRefused("the token does not say when it was issued and when it expires")
        if expires - issued > LONGEST_LIFE_SECONDS:
            raise CredentialRefused(f"the token is valid for more than {LONGEST_LIFE_SECONDS} seconds")
        not_before = issued
        if claims.get("nbf") is not None:
            begins = _time(claims, "nbf")
            if begins is None:
                raise CredentialRefused("the token does not say from when on it is valid")
            not_before = max(begins, issued)
        return expires + self._rules.skew_seconds, not_before - self._rules.skew_seconds

    def _organisation(self, claims: Mapping[str, Any]) -> Any:
        text = _text(claims, self._rules.organisation_claim)
        try:
            return parse_enterprise_number(text or "")
        except Invalid:
            raise CredentialRefused("the token does not name a valid enterprise number") from None

    def _application(self, claims: Mapping[str, Any]) -> str:
        text = _text(claims, self._rules.application_claim)
        if not text or len(text) > LONGEST_APPLICATION or not text.isprintable():
            raise CredentialRefused("the token names no application")
        return text

    def _rights(self, claims: Mapping[str, Any]) -> frozenset[str] | None:
        scope = claims.get("scope")
        if scope is None:
            return None
        scopes = scope.split() if isinstance(scope, str) else scope
        if not isinstance(scopes, list) or not all(isinstance(each, str) for each in scopes):
            raise CredentialRefused("the scope of the token cannot be read")
        prefix = self._rules.scope_prefix
        return frozenset(each.removeprefix(prefix) for each in scopes if each.startswith(prefix))


def _require_binding(verdict: _Verdict, certificate: Credential | None) -> None:
    if certificate is None:
        if verdict.certificate_thumbprint:
            raise CredentialRefused("the token is bound to a certificate that was not presented")
        return
    if verdict.certificate_thumbprint != certificate.fingerprint:
        raise CredentialRefused("the token is not bound to the certificate that was presented")
    if verdict.credential.enterprise_number != certificate.enterprise_number:
        raise CredentialRefused("the token and the certificate name different organisations")


def _thumbprint(claims: Mapping[str, Any]) -> str:
    confirmation = claims.get("cnf")
    if confirmation is None:
        return ""
    try:
        encoded = confirmation["x5t#S256"]
        return urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).hex()
    except (KeyError, TypeError, ValueError):
        raise CredentialRefused("the confirmation (cnf) of the token cannot be read") from None


def _text(claims: Mapping[str, Any], path: str) -> str | None:
    value: Any = claims
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, str) else None


def _time(claims: Mapping[str, Any], name: str) -> float | None:
    """The seconds of a NumericDate; None when it is absent or no date, such as NaN."""
    value = claims.get(name)
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= _LAST_SECOND:
        return None
    return float(value)
