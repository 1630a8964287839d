"""Every text of the pages is there in every language, with the same gaps and marks."""

from __future__ import annotations

import gettext
import re

import pytest

from crosswatch.web.languages import LANGUAGES, SOURCE_LANGUAGE
from tools import words

OTHERS = sorted(set(LANGUAGES) - {SOURCE_LANGUAGE})
GAPS = re.compile(r"%\(\w+\)\d*[sd]|%[sd]|\{\w+\}|</?\w+[^>]*>|`[^`]+`|\]\([^)]+\)")
"""What is filled in, marked or linked; a word inside a tag that the page's script reads may differ."""

SAID_BY_TAGS = re.compile(r'data-for="[^"]*"')


def gaps(text):
    return sorted(set(GAPS.findall(SAID_BY_TAGS.sub("", text))))


def both(message):
    """Texts and their translations, side by side."""
    texts = message.id if isinstance(message.id, tuple) else (message.id,)
    said = message.string if isinstance(message.string, tuple | list) else (message.string,)
    return zip(texts, said, strict=True)


@pytest.mark.parametrize("language", OTHERS)
def test_a_catalogue_says_everything_that_there_is(language):
    catalogue = words.catalogue_of(language)
    assert words.missing(catalogue) == [], "`make words` collects them"
    assert words.file_of(language, "po").read_bytes() == words.po_of(catalogue), "run `make words`"


@pytest.mark.parametrize("language", OTHERS)
def test_gaps_and_marks_are_kept(language):
    pairs = [pair for message in words.catalogue_of(language) if message.id for pair in both(message)]
    assert [text for text, said in pairs if gaps(text) != gaps(said)] == []


@pytest.mark.parametrize("language", OTHERS)
def test_the_app_reads_what_people_wrote(language):
    with words.file_of(language, "mo").open("rb") as file:
        read = gettext.GNUTranslations(file)
    for message in words.catalogue_of(language):
        if isinstance(message.id, tuple):
            assert tuple(read.ngettext(*message.id, number) for number in (1, 2)) == tuple(message.string)
        elif message.id:
            assert read.gettext(message.id) == message.string
