"""The language of a page: chosen per request, in force while that request is answered."""

from __future__ import annotations

from contextvars import ContextVar
from gettext import NullTranslations

SOURCE_LANGUAGE = "en"

_chosen: ContextVar[tuple[str, NullTranslations]] = ContextVar("language")


def current() -> str:
    """The language in force, as BCP 47 names it."""
    return _in_force()[0]


def translate(text: str) -> str:
    """The text in the language in force, or itself."""
    return _in_force()[1].gettext(text)


def translate_count(one: str, many: str, number: int) -> str:
    """The text for that number in the language in force."""
    return _in_force()[1].ngettext(one, many, number)


def _in_force() -> tuple[str, NullTranslations]:
    return _chosen.get((SOURCE_LANGUAGE, NullTranslations()))
