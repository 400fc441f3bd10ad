"""The sentences for people, in English and in the languages of Belgium.

The key of a sentence is the name of a `Reason`, of a more precise cause, or of a notice. Stored rejections
hold keys, so keys are never renamed. Programs use the reason; the wording may change. Sentences never contain
a NISS, a name or another fact about a person.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from raas.domain.sentences import de, en, fr, nl

DEFAULT_LANGUAGE = "en"

SENTENCES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {"en": en.SENTENCES, "fr": fr.SENTENCES, "nl": nl.SENTENCES, "de": de.SENTENCES}
)
"""The sentences by language and key, with placeholders `{name}`. The default language comes first."""


class _Values(dict[str, str]):
    """The values of a sentence. A missing one is shown as an ellipsis rather than hiding the error."""

    def __missing__(self, name: str) -> str:
        return "…"


def sentence(key: str, language: str, values: Mapping[str, str]) -> str:
    """The sentence of `key` in `language` (en, fr, nl or de), with its placeholders filled from `values`.

    Values that the sentence does not use are ignored. Raises KeyError for an unknown key.
    """
    return SENTENCES[language][key].format_map(_Values(values))


def choose_language(accept_language: str) -> str:
    """The language of a response, from the value of `accept-language` (RFC 9110, 12.5.4).

    The range with the highest weight wins, and the first one among equals. `fr-BE` means fr; `*` means the
    default unless it is excluded (`q=0`). Unreadable elements are ignored. Without a suitable language: en.
    """
    wishes: list[tuple[float, str]] = []
    for element in accept_language.split(","):
        tag, _, parameter = element.partition(";")
        weight = _weight(parameter.strip())
        if weight is not None:
            wishes.append((weight, tag.strip().lower()))
    excluded = {tag for weight, tag in wishes if weight == 0}
    # sorted is stable: equal weights keep the caller's order.
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
    """The weight of a parameter such as `q=0.8`: 1 if there is none, None if it is unreadable."""
    if not parameter:
        return 1.0
    name, _, number = parameter.partition("=")
    digits = number.replace(".", "", 1)
    if name.strip().lower() != "q" or not (digits.isascii() and digits.isdigit()) or len(number) > 5:
        return None
    weight = float(number)
    return weight if weight <= 1 else None
