"""The wiring of identity: the listeners of a server and the identification of their callers."""

from __future__ import annotations

from collections.abc import Coroutine, Sequence
from typing import Any

from raas.concurrency.keep_running import ReportFailure, keep_running
from raas.identity.key_sets import Keys, fetch_from
from raas.identity.patterns import BELGIAN, load_patterns
from raas.identity.tls_files import TlsFiles
from raas.identity.tokens import TokenReader, TokenRules
from raas.ops.metrics import Metrics
from raas.ops.settings import Settings
from raas.rpc.calls.identity.credentials import certificate_identity, token_identity
from raas.rpc.calls.identity.identify import development_identity
from raas.rpc.listeners import ConnectionAge, Listener
from raas.rpc.tls import mutual_tls, server_tls


class Identity:
    """The listeners of a server, and the keys and files that must be kept fresh while it serves.

    Raises PatternsRefused and TlsRefused when the files of the settings cannot be used.
    """

    listeners: Sequence[Listener]

    def __init__(self, settings: Settings) -> None:
        self._keys: Keys | None = None
        self._watched: TlsFiles | None = None
        if settings.development_identity:
            self.listeners = (Listener(settings.listen, development_identity),)
            return
        tokens = self._tokens(settings)
        files = self._watched = self._files(settings)
        # Clients connect anew now and then, with the certificates of the day.
        age = ConnectionAge(settings.connection_age_seconds, settings.connection_grace_seconds)
        listeners = []
        if settings.tls_client_ca is not None:
            assert files is not None
            identify = certificate_identity(lambda: files.material.reader, tokens)
            listeners.append(Listener(settings.listen, identify, mutual_tls(files), age))
        if settings.listen_token is not None:
            assert tokens is not None
            credentials = None if files is None else server_tls(files)
            listeners.append(Listener(settings.listen_token, token_identity(tokens), credentials, age))
        self.listeners = tuple(listeners)

    def tasks(self, report: ReportFailure) -> Sequence[Coroutine[Any, Any, None]]:
        """The tasks that keep keys and files fresh."""
        tasks = []
        if self._keys is not None:
            tasks.append(keep_running("token keys", self._keys.run, report))
        if self._watched is not None:
            tasks.append(keep_running("tls files", self._watched.watch, report))
        return tasks

    def expose(self, metrics: Metrics) -> None:
        """Expose the state of keys and files; 0 where there are none."""
        keys, files = self._keys, self._watched
        metrics.watch(
            "raas_token_keys_age_seconds",
            "Seconds since the keys of the token issuer were read.",
            lambda: 0.0 if keys is None else keys.age_seconds,
        )
        metrics.watch(
            "raas_tls_files_refused",
            "1 while the TLS files cannot be used and the last good ones are, else 0.",
            lambda: files is not None and files.refused,
        )
        metrics.watch(
            "raas_tls_certificate_expiry_seconds",
            "The end of the server certificate's validity, in seconds since 1970.",
            lambda: 0.0 if files is None else files.material.expires_at,
        )

    def _tokens(self, settings: Settings) -> TokenReader | None:
        if settings.token_keys is None or settings.token_issuer is None:
            return None
        self._keys = Keys(fetch_from(settings.token_keys))
        rules = TokenRules(
            settings.token_issuer,
            settings.token_audience,
            settings.token_algorithms,
            settings.token_organisation_claim,
            settings.token_application_claim,
            settings.token_scope_prefix,
            settings.token_skew_seconds,
        )
        return TokenReader(self._keys, rules)

    @staticmethod
    def _files(settings: Settings) -> TlsFiles | None:
        if settings.tls_certificate is None or settings.tls_key is None:
            return None
        patterns = BELGIAN if settings.tls_patterns is None else load_patterns(settings.tls_patterns)
        files = TlsFiles(settings.tls_certificate, settings.tls_key, settings.tls_client_ca, patterns)
        files.warn_of_readable_key()
        return files
