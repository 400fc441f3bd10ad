"""Every parser accepts or refuses any bytes, and writes back what it accepts; `make fuzz` tries more."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzzing.parsers import parsers
from tests.fuzzing.strategies import replace_bytes


# Libraries warn of certificates that they will refuse one day.
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", parsers())
def test_parser_accepts_or_refuses_any_bytes(name: str) -> None:
    parser = parsers()[name]
    samples = st.sampled_from(parser.samples)
    damage = st.builds(
        replace_bytes, samples, st.integers(0, 600), st.integers(0, 20), st.binary(max_size=12)
    )

    @settings(max_examples=60, derandomize=True, database=None)
    @given(st.one_of(st.binary(max_size=80), damage, damage))
    def parse(data: bytes) -> None:
        parser.accepts(data)

    parse()
    assert any(map(parser.accepts, parser.samples))
