"""The purpose of a server."""

from __future__ import annotations

from enum import Enum


class Environment(Enum):
    """The purpose of a server, which GetRegister and every document for other organisations state.

    Names equal those of the proto enum.
    """

    PRODUCTION = "production"
    ACCEPTANCE = "acceptance"
    TEST = "test"
