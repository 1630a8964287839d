"""Every text of the pages is there in every language, with the same gaps and marks."""

from __future__ import annotations

import ast
import gettext
import re
from pathlib import Path

import pytest

from crosswatch.web.languages import LANGUAGES, SOURCE_LANGUAGE
from tools import words

HOUSE = Path(__file__).parents[2] / "src" / "crosswatch"
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


def phrases():
    """Each call of `say` and `say_count`: where it is, its templates, and the facts that it gives."""
    for path in sorted(HOUSE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in SAID:
                templates = node.args[: SAID[node.func.id]]
                given = {keyword.arg for keyword in node.keywords}
                yield f"{path.relative_to(HOUSE)}:{node.lineno}", templates, given | IMPLIED[node.func.id]


SAID = {"say": 1, "say_count": 2}
IMPLIED = {"say": set(), "say_count": {"number"}}


def test_a_phrase_is_written_out_where_it_is_said():
    loose = [
        place
        for place, templates, _ in phrases()
        if not all(isinstance(one, ast.Constant) and isinstance(one.value, str) for one in templates)
    ]
    assert loose == [], "`make words` collects only what is written out"


def test_a_phrase_is_given_just_the_facts_that_it_names():
    wrong = []
    for place, templates, given in phrases():
        named = {name for one in templates for name in re.findall(r"\{(\w+)\}", one.value)}
        is_right = None in given or named - given == set() == given - named - {"number"}
        if not is_right:
            wrong.append((place, sorted(named ^ given)))
    assert wrong == []
