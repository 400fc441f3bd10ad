"""The split of every test set: half of it tunes the search, the other half is only measured.

The half depends on the text of a case alone, so it stays the same when cases are added.
"""

from __future__ import annotations

from zlib import crc32


def held_out(case: str) -> bool:
    """Whether the case stays out of tuning: the CRC-32 of its UTF-8 text is odd."""
    return crc32(case.encode()) % 2 == 1
