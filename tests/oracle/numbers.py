"""Numbers with correct check digits, computed by the published rule and not by the code under test.

A server must not write those of persons anywhere: each is planted.
"""

from __future__ import annotations

from tests.planted import planted_number


def niss(year: int, month_part: int, day: int, counter: int) -> str:
    """The NISS text of a birth year in full, a month with its series (+ 20, + 40, + 60), day and counter."""
    nine = f"{year % 100:02d}{month_part:02d}{day:02d}{counter:03d}"
    checked = ("2" if year >= 2000 else "") + nine
    return planted_number(f"{nine}{97 - int(checked) % 97:02d}")


def enterprise_number(eight: int) -> str:
    """The enterprise number text whose first eight digits are given."""
    return f"{eight:08d}{97 - eight % 97:02d}"
