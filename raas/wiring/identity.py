"""The wiring of identity: the listeners of a server and the identification of their callers."""

from __future__ import annotations

from collections.abc import Sequence

from raas.identity.key_sets import Keys, fetch_from
from raas.identity.patterns import BELGIAN, load_patterns
from raas.identity.tls_files import TlsFiles
from raas.identity.tokens import TokenReader, TokenRules
from raas.ops.settings import Settings
from raas.rpc.calls.identity.credentials import certificate_identity, token_identity
from raas.rpc.calls.identity.identify import development_identity
from raas.rpc.listeners import Listener
from raas.rpc.tls import mutual_tls, server_tls


class Identity:
    """The listeners of a server, and the keys that must be kept fresh while it serves.

    Raises PatternsRefused and TlsRefused when the files of the settings cannot be used.
    """

    listeners: Sequence[Listener]
    keys: Keys | None = None

    def __init__(self, settings: Settings) -> None:
        if settings.development_identity:
            self.listeners = (Listener(settings.listen, development_identity),)
            return
        tokens = self._tokens(settings)
        files = self._files(settings)
        listeners = []
        if settings.tls_client_ca is not None:
            assert files is not None
            identify = certificate_identity(lambda: files.material.reader, tokens)
            listeners.append(Listener(settings.listen, identify, mutual_tls(files)))
        if settings.listen_token is not None:
            assert tokens is not None
            credentials = None if files is None else server_tls(files)
            listeners.append(Listener(settings.listen_token, token_identity(tokens), credentials))
        self.listeners = tuple(listeners)

    def _tokens(self, settings: Settings) -> TokenReader | None:
        if settings.token_keys is None or settings.token_issuer is None:
            return None
        self.keys = Keys(fetch_from(settings.token_keys))
        rules = TokenRules(
            settings.token_issuer,
            settings.token_audience,
            settings.token_algorithms,
            settings.token_organisation_claim,
            settings.token_application_claim,
            settings.token_scope_prefix,
            settings.token_skew_seconds,
        )
        return TokenReader(self.keys, rules)

    @staticmethod
    def _files(settings: Settings) -> TlsFiles | None:
        if settings.tls_certificate is None or settings.tls_key is None:
            return None
        patterns = BELGIAN if settings.tls_patterns is None else load_patterns(settings.tls_patterns)
        files = TlsFiles(settings.tls_certificate, settings.tls_key, settings.tls_client_ca, patterns)
        files.warn_of_readable_key()
        return files
