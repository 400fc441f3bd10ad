"""TLS of the listeners, with certificates that are renewed while the server runs."""

from __future__ import annotations

from collections.abc import Callable

import grpc

from raas.identity.tls_files import TlsFiles


def mutual_tls(files: TlsFiles) -> grpc.ServerCredentials:
    """TLS that requires client certificates; renewed files are used by the next connection."""
    return _tls(files, client_certificates=True)


def server_tls(files: TlsFiles) -> grpc.ServerCredentials:
    """TLS that asks for no client certificate; renewed files are used by the next connection."""
    return _tls(files, client_certificates=False)


def _tls(files: TlsFiles, *, client_certificates: bool) -> grpc.ServerCredentials:
    used = files.material

    def configuration() -> grpc.ServerCertificateConfiguration:
        authorities = used.client_authorities if client_certificates else None
        return grpc.ssl_server_certificate_configuration([(used.key, used.certificate)], authorities)

    def fetch() -> grpc.ServerCertificateConfiguration | None:
        """Called by gRPC, on threads of its own, at every new connection; None = as before."""
        nonlocal used
        material = files.current()
        if material is used:
            return None
        used = material
        return configuration()

    credentials: Callable[..., grpc.ServerCredentials] = grpc.dynamic_ssl_server_credentials
    return credentials(configuration(), fetch, require_client_authentication=client_certificates)
