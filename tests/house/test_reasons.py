"""Every reason can be said to a person."""

from __future__ import annotations

import string

import pytest

from crosswatch.core.reasons import EXPLANATIONS, Reason

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
    assert explanation.sentence.endswith((".", "{detail}"))
