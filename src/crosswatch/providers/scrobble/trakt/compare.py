"""Whether what Trakt names is what was meant; pure.

Promise P4: nothing Trakt answers is taken on trust. Ids decide where both sides have one of the same
kind. Titles and years decide only where they do not, and an id that contradicts is never outvoted by a
title, except an episode's own: those are renumbered at their sources all the time, so the same show,
place and title count for more. Where one id agrees and another contradicts, as where a server has matched an
item twice, title or place has to agree as well.

Each comparison has three results: True, False, and None where neither can be said.

Source: design notes, section 6; Trakt protocol notes, section 1 (matching rule) and section 5.1.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from crosswatch.core.events import MediaKind, Numbering

if TYPE_CHECKING:
    from crosswatch.core.events import Media, Show

YEARS_APART = 1
"""Premieres at festivals and releases at home differ by so much."""

_SUFFIX = re.compile(r"\s*\((?:(?P<year>(?:19|20)\d\d)|[A-Z]{2})\)\s*$")
"""What agents put behind the title of a show to tell it from another: a year or a country."""

_APOSTROPHES = re.compile("['`\u2018\u2019\u00b4]")

_FEW_WORDS = 2


def normalise(title: str) -> str:
    """The title as it is compared: NFKC, casefold, `&` as a word, punctuation as blanks.

    A title of nothing but punctuation stays as it is.
    """
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", title).casefold())
    plain = _APOSTROPHES.sub("", plain)
    words = "".join(one if _is_of_word(one) else " " for one in plain.replace("&", " and ")).split()
    return " ".join(words) or plain.strip()


def same_title(one: str, other: str) -> bool:
    """Whether both are the same title; an unknown one is like none."""
    mine, theirs = normalise(bare_title(one)), normalise(bare_title(other))
    return bool(mine) and mine == theirs


def bare_title(title: str) -> str:
    """The title without a year or country in brackets at its end."""
    return _SUFFIX.sub("", title) or title


def year_in_title(title: str) -> int | None:
    """The year that stands in brackets at the end of the title, or None."""
    found = _SUFFIX.search(title)
    return int(found["year"]) if found and found["year"] else None


def is_generic(title: str) -> bool:
    """Whether the title says nothing about which episode it is: empty, `Episode 5`, `5`, `Folge 12`."""
    words = normalise(title).split()
    return not words or (words[-1].isdecimal() and len(words) <= _FEW_WORDS)


def near_year(one: int | None, other: int | None) -> bool | None:
    """Whether the years are at most one apart."""
    return None if one is None or other is None else abs(one - other) <= YEARS_APART


def same_name(title: str, year: int | None, other_title: str, other_year: int | None) -> bool | None:
    """Whether titles and years agree; None if the titles do and a year is unknown."""
    if not title or not other_title:
        return None
    if not same_title(title, other_title):
        return False
    return near_year(year or year_in_title(title), other_year or year_in_title(other_title))


def same_show(asked: Show | None, found: Show | None) -> bool | None:
    """Whether both are one show."""
    if asked is None or found is None:
        return None
    by_ids = asked.ids.agrees_with(found.ids)
    return by_ids if by_ids is not None else same_name(asked.title, asked.year, found.title, found.year)


def same_item(asked: Media, found: Media) -> bool | None:
    """Whether what was found is the movie or episode that was asked for."""
    if asked.kind is not found.kind:
        return False
    if asked.kind is MediaKind.MOVIE:
        by_ids = asked.ids.agrees_with(found.ids)
        by_name = same_name(asked.title, asked.year, found.title, found.year)
        if by_ids and asked.ids.contradicts(found.ids):
            return by_name is not False
        return by_ids if by_ids is not None else by_name
    return _same_episode(asked, found)


def same_place(asked: Media, found: Media) -> bool | None:
    """Whether season and number are equal; None if one is unknown or does not count aired order."""
    if asked.numbering is not Numbering.AIRED or None in (
        asked.season,
        asked.number,
        found.season,
        found.number,
    ):
        return None
    return (asked.season, asked.number) == (found.season, found.number)


def _same_episode(asked: Media, found: Media) -> bool | None:
    show = same_show(asked.show, found.show)
    place = same_place(asked, found)
    titled = same_title(asked.title, found.title) and not is_generic(asked.title)
    own = asked.ids.agrees_with(found.ids)
    if own and asked.ids.contradicts(found.ids) and not (place or titled):
        return False
    if own:
        # A show's id may have been taken for an episode's, so the show has to fit as well.
        return show if show is not None else (titled or place is not False)
    if show is False or place is False:
        return False
    if own is False:
        return titled
    return place if place is not None else (titled or None)


def _is_of_word(one: str) -> bool:
    return unicodedata.category(one)[0] in "LNM"
