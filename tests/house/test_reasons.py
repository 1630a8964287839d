"""Every reason can be said to a person."""

from __future__ import annotations

import string
from pathlib import Path

import pytest

from crosswatch.core.reasons import EXPLANATIONS, Reason

PAGE = Path(__file__).parents[2] / "docs" / "reasons.md"
FACTS = {"person", "title", "account", "account_id", "login", "library", "percent", "mark", "detail"}


def test_every_reason_has_an_explanation_and_none_is_left_over():
    assert set(EXPLANATIONS) == set(Reason)


@pytest.mark.parametrize("reason", Reason)
def test_a_sentence_uses_only_facts_that_a_play_has(reason):
    explanation = EXPLANATIONS[reason]
    named = {
        field
        for text in (explanation.sentence, explanation.action)
        for _, field, _, _ in string.Formatter().parse(text)
        if field
    }
    assert named <= FACTS
    assert explanation.title
    assert explanation.sentence.removesuffix("[ {detail}]").endswith(".")


def test_the_page_shows_every_fact_and_hides_none_as_a_tag():
    said = "".join(PAGE.read_text(encoding="utf-8").split("`")[::2])
    assert [line for line in said.splitlines() if "<" in line and "<!--" not in line] == []


def test_the_page_calls_no_reason_one_that_is_not_given():
    assert "not in force" not in PAGE.read_text(encoding="utf-8")
