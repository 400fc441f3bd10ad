"""Hints for connections that fail: what gRPC reports, and what to look at."""

from __future__ import annotations

_NOT_CONNECTED = "failed to connect"
_STRANGER = "The certificate of the server was not issued by an authority of `ca`."

HINTS = {
    "CERTIFICATE_VERIFY_FAILED": _STRANGER,
    # Of an authority with the name of one in `ca` and another key.
    "certificate signature failure": _STRANGER,
    "WRONG_VERSION_NUMBER": "The server speaks no TLS on this port.",
    "Hostname Verification": (
        "The certificate of the server is for another name: give the right name as `server_name`."
    ),
    "Failed to create security handshaker": "The CA, the certificate or the key of the client is invalid.",
    "Socket closed": (
        "The server closed the connection before it was made: it may require TLS or a client certificate, or"
        " refuse the certificate (expired, or of an authority that it does not trust)."
    ),
}
"""Parts of the messages of gRPC, and the hints."""


def hint_of(message: str) -> str | None:
    """The hint for the message of a connection that was not made."""
    if not message.startswith(_NOT_CONNECTED):
        return None
    return next((hint for part, hint in HINTS.items() if part in message), None)
