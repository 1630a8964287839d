"""Finds English on a page that is drawn in another language.

Two nets: pieces of the catalogue's English texts, and words that only English has. The first finds what is
translated elsewhere and was not here, the second what nobody ever gave to the catalogue. What is English by
right (code, lines of the log) stands in `code`, `pre` or an element that says `lang="en"`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache, reduce
from html.parser import HTMLParser

from crosswatch.web.languages import LANGUAGES, SOURCE_LANGUAGE
from tools import words

LONG = 4
"""Letters of a word that tells a language."""

SHORTEST = 4
"""Words of a piece; fewer may stand in a German sentence by chance (`Plex Media Server`)."""

MOST_TELLING = 2
"""Words of English in one text from which on it is English."""

_WORDS_OF_ENGLISH = (
    "the and with this that has have had been for your from does did there cannot is are were not of to it "
    "its their they which who when while until because nothing nobody be by on at as or no"
)
TELLING = frozenset(_WORDS_OF_ENGLISH.split())
UNSEEN = {"script", "style", "code", "pre", "template", "textarea", "kbd"}
INLINE = {"a", "b", "strong", "em", "i", "small", "span", "time", "abbr", "bdi", "mark"}
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
SAID_IN = {"title", "aria-label", "placeholder", "alt", "data-said", "aria-description"}

_GAP = re.compile(r"\{\w+\}|%\(\w+\)[sd]|[\[\]]|`[^`]*`")
_SPACE = re.compile(r"\s+")
_WORD = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)*")


def english_in(html: str, but: Sequence[str] = ()) -> list[str]:
    """The English texts of a page, or of a piece of one; each as the text that it stands in.

    Args:
        html: The page.
        but: Names that may be English, the longest first.
    """
    found = []
    for whole in texts_of(html):
        text = reduce(lambda left, name: left.replace(name, ""), but, whole)
        piece = any(piece in text for piece in _pieces()) or any(one.search(text) for one in _sentences())
        telling = TELLING.intersection(word.casefold() for word in _WORD.findall(text))
        if piece or len(telling) >= MOST_TELLING:
            found.append(whole)
    return found


def texts_of(html: str) -> list[str]:
    """What a page says, block by block, and what it says to those who hear it."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    reader.end_block()
    return reader.texts


@cache
def _pieces() -> tuple[str, ...]:
    """The literal pieces of all English texts that are long enough to be known by."""
    pieces = set()
    for message in words.collect():
        if not message.id or message.id == message.string:
            continue
        for text in (message.id,) if isinstance(message.id, str) else message.id:
            for piece in map(_spaced, _GAP.split(text)):
                if len(_WORD.findall(piece)) >= SHORTEST:
                    pieces.add(piece)
    return tuple(sorted(pieces, key=len, reverse=True))


@cache
def _sentences() -> tuple[re.Pattern[str], ...]:
    """All English sentences with gaps, as patterns; those with a word that no other language here has."""
    catalogues = [words.catalogue_of(code) for code in LANGUAGES if code != SOURCE_LANGUAGE]
    said = {
        word
        for one in catalogues
        for message in one
        for text in _texts(message.string)
        for word in _known(text)
    }
    patterns = []
    for message in words.collect():
        for text in _texts(message.id):
            bare = _spaced(_GAP.sub(" ", text))
            if "." in text and "{" in text and _known(bare) - said:
                pieces = (re.escape(_spaced(piece)) for piece in _GAP.split(text))
                patterns.append(re.compile(".{0,99}?".join(filter(None, pieces))))
    return tuple(patterns)


def _texts(value: object) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value) if isinstance(value, tuple | list) else ()


def _known(text: str) -> set[str]:
    return {word.casefold() for word in _WORD.findall(text) if len(word) >= LONG}


def _spaced(text: str) -> str:
    return _SPACE.sub(" ", text).strip()


class _Reader(HTMLParser):
    """Collects texts; words in inline elements belong to their block."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._block: list[str] = []
        self._open: list[tuple[str, bool]] = []

    @property
    def _is_unseen(self) -> bool:
        return any(unseen for _, unseen in self._open)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag not in VOID:
            self._open.append((tag, tag in UNSEEN or given.get("lang") == "en"))
        if tag not in INLINE and tag not in UNSEEN:
            self.end_block()
        if not self._is_unseen:
            self.texts += [_spaced(given[name] or "") for name in SAID_IN & given.keys() if given[name]]

    def handle_endtag(self, tag: str) -> None:
        if any(name == tag for name, _ in self._open):
            while self._open.pop()[0] != tag:
                pass
        if tag not in INLINE and tag not in UNSEEN:
            self.end_block()

    def handle_data(self, data: str) -> None:
        self._block.append(" … " if self._is_unseen else data)

    def end_block(self) -> None:
        text = _spaced("".join(self._block))
        if text.strip("… "):
            self.texts.append(text)
        self._block = []
