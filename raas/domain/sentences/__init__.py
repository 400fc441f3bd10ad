"""The sentences for people, in the languages of the country and in English.

A sentence has a key: the name of a `Reason`, a more precise cause, or a notice. Programs look at the
reason; the wording may change. Sentences never hold a NISS, a name or another fact about a person.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from raas.domain.sentences import de, en, fr, nl

DEFAULT_LANGUAGE = "en"

SENTENCES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {"en": en.SENTENCES, "fr": fr.SENTENCES, "nl": nl.SENTENCES, "de": de.SENTENCES}
)
"""Language to key to sentence, with `{name}` where a value stands; the default language comes first."""


class _Values(dict[str, str]):
    """Values of a sentence; one that was not given shows as a hole rather than hiding the error it is in."""

    def __missing__(self, name: str) -> str:
        return "…"


def sentence(key: str, language: str, values: Mapping[str, str]) -> str:
    """The sentence of `key` in `language` (en, fr, nl or de), with `values` in their places.

    Values that the sentence does not mention are ignored. KeyError for a key that does not exist.
    """
    return SENTENCES[language][key].format_map(_Values(values))


def choose_language(accept_language: str) -> str:
    """The language in which to answer, from the value of `accept-language` (RFC 9110, 12.5.4).

    The range with the highest weight wins, the first one among equals; `fr-BE` asks for fr, `*` for the
    default unless it is excluded (`q=0`). What cannot be read is passed over; nothing suitable = en.
    """
    wishes: list[tuple[float, str]] = []
    for element in accept_language.split(","):
        tag, _, parameter = element.partition(";")
        weight = _weight(parameter.strip())
        if weight is not None:
            wishes.append((weight, tag.strip().lower()))
    excluded = {tag for weight, tag in wishes if weight == 0}
    # sorted is stable: among equal weights the caller's order stays.
    for weight, tag in sorted(wishes, key=lambda wish: -wish[0]):
        if weight == 0:
            break
        if tag == "*":
            return next((language for language in SENTENCES if language not in excluded), DEFAULT_LANGUAGE)
        language = tag.split("-")[0]
        if language in SENTENCES and language not in excluded:
            return language
    return DEFAULT_LANGUAGE


def _weight(parameter: str) -> float | None:
    """The weight written as `q=0.8`, 1 when nothing is written, None when it cannot be read."""
    if not parameter:
        return 1.0
    name, _, number = parameter.partition("=")
    digits = number.replace(".", "", 1)
    if name.strip().lower() != "q" or not (digits.isascii() and digits.isdigit()) or len(number) > 5:
        return None
    weight = float(number)
    return weight if weight <= 1 else None
