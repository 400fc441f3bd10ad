"""The loggable part of an unexpected exception."""

from __future__ import annotations

import traceback


def fault_trace(error: BaseException) -> str:
    """The types and source lines of an exception and its causes, outermost last, without their messages.

    The message of an exception may quote data, such as a name or a NISS; source lines never do.
    """
    chain: list[str] = []
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        frames = [
            f"  {frame.filename}:{frame.lineno} in {frame.name}"
            for frame in traceback.extract_tb(current.__traceback__)
        ]
        kind = type(current)
        chain.append("\n".join([*frames, f"{kind.__module__}.{kind.__qualname__}"]))
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)
    return "\n".join(reversed(chain))
