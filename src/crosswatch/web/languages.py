"""The language of a page: chosen per request, in force while that request is answered.

English is the source: its texts stand in the code, and every other language is a catalogue beside it
(`make words`). What other rooms say in phrases (`core.phrases`) is told in the reader's language where it is
shown; a text that is no phrase is somebody's name or words, and stays as it is.
"""

from __future__ import annotations

import gettext
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from gettext import NullTranslations
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crosswatch.core.phrases import Phrase

if TYPE_CHECKING:
    from collections.abc import Iterator

SOURCE_LANGUAGE = "en"
LANGUAGES = {SOURCE_LANGUAGE: "English", "de": "Deutsch"}
"""What there is, by BCP 47, and what its speakers call it."""

LOCALE = Path(__file__).parent / "locale"
DOMAIN = "crosswatch"
MOST_RANGES = 20

_chosen: ContextVar[str] = ContextVar("language", default=SOURCE_LANGUAGE)


def current() -> str:
    """The language in force, as BCP 47 names it."""
    return _chosen.get()


def translate(text: str) -> str:
    """The text in the language in force, or itself; a phrase with its facts."""
    return told(text) if isinstance(text, Phrase) else _catalogue(current()).gettext(text)


def told(value: Any) -> Any:
    """A phrase in the language in force; anything else as it is."""
    return value.told_in(_catalogue(current())) if isinstance(value, Phrase) else value


def mark(text: str) -> str:
    """The text itself, noted as one of the pages' (`tools.words`); it is translated where it is shown."""
    return text


def translate_count(one: str, many: str, number: int) -> str:
    """The text for that number in the language in force."""
    return _catalogue(current()).ngettext(one, many, number)


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Put a language in force for a while."""
    token = _chosen.set(language)
    try:
        yield
    finally:
        _chosen.reset(token)


def choose(wish: str, accepted: str) -> str:
    """The language for somebody.

    Args:
        wish: What they have chosen here, or empty.
        accepted: What their browser says, as in `Accept-Language`.
    """
    if wish in LANGUAGES:
        return wish
    ranges = [_weighed(entry) for entry in accepted.split(",")[:MOST_RANGES]]
    for _, language in sorted(ranges, key=lambda one: -one[0]):
        if language in LANGUAGES:
            return language
    return SOURCE_LANGUAGE


def _weighed(entry: str) -> tuple[float, str]:
    """`de-AT;q=0.8` as 0.8 and `de`; what makes no sense weighs nothing."""
    name, _, weight = entry.partition(";")
    try:
        quality = float(weight.strip().removeprefix("q=") or 1)
    except ValueError:
        quality = 0.0
    return quality, name.strip().lower().partition("-")[0] if quality > 0 else ""


@cache
def _catalogue(language: str) -> NullTranslations:
    if language == SOURCE_LANGUAGE:
        return NullTranslations()
    return gettext.translation(DOMAIN, LOCALE, [language])
