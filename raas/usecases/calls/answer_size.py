"""The largest answer.

gRPC clients accept 4 MiB unless they are configured otherwise, so every answer that grows with the data
is kept below ANSWER_BYTES.
"""

from __future__ import annotations

ANSWER_BYTES = 3 * 1024 * 1024
LINE_BYTES = 28
"""A line as a message: two days of ten characters, with tags and lengths."""
DOSSIER_BYTES = 160
"""A dossier as a message, without its lines."""
