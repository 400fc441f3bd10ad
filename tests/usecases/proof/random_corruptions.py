"""Random corruptions of an export and of the checkpoints kept beside it."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st

from tests.usecases.proof.corruptions import Case


@st.composite
def random_corruptions(draw: st.DrawFn, case: Case) -> Case:
    """The case with one to three random changes, never the case itself."""
    made = case
    for _ in range(draw(st.integers(1, 3))):
        made = _change(draw, made)
    if (made.lines, sorted(made.notes)) == (case.lines, sorted(case.notes)):
        made = replace(made, lines=made.lines[:-1])
    return made


def _change(draw: st.DrawFn, case: Case) -> Case:
    lines, notes = list(case.lines), list(case.notes)
    at = draw(st.integers(0, max(len(lines) - 1, 0)))
    other = draw(st.integers(0, max(len(lines) - 1, 0)))
    match draw(st.sampled_from(("flip", "drop", "swap", "repeat", "cut", "flip note", "drop note"))):
        case "flip" if lines:
            lines[at] = _flipped(draw, lines[at])
        case "drop" if lines:
            del lines[at]
        case "swap" if lines:
            lines[at], lines[other] = lines[other], lines[at]
        case "repeat" if lines:
            lines.insert(other, lines[at])
        case "cut":
            lines = lines[:at]
        case "flip note" if notes:
            which = draw(st.integers(0, len(notes) - 1))
            notes[which] = _flipped(draw, notes[which])
        case "drop note" if notes:
            del notes[draw(st.integers(0, len(notes) - 1))]
    return Case(lines, notes)


def _flipped(draw: st.DrawFn, data: bytes) -> bytes:
    """One byte changed; a line feed within is then part of the line, as it is for a reader of the file."""
    if not data:
        return data
    at = draw(st.integers(0, len(data) - 1))
    return data[:at] + bytes([data[at] ^ draw(st.integers(1, 255))]) + data[at + 1 :]
