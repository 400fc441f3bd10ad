"""The flags of `raas serve` are exactly the settings."""

from __future__ import annotations

import inspect

from raas.cli.serve import serve
from raas.ops.settings import Settings


def test_every_setting_has_a_flag() -> None:
    flags = set(inspect.signature(serve).parameters) - {"context", "demo"}
    assert flags == set(Settings.model_fields)
