"""Imports without the collection of cycles: a tenth of the start of a program is spent on it otherwise."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quick_imports() -> Iterator[None]:
    """Import modules in the block, with the collection of cycles off; it is on afterwards.

    It then never looks at what exists at the end of the block: modules and their contents stay.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
