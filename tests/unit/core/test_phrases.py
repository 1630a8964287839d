from __future__ import annotations

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosswatch.core.phrases import Phrase, listed, packed, plain, say, say_count, together, unpacked

NAMES = st.text(max_size=20)
FACTS = st.recursive(
    NAMES | st.integers(),
    lambda facts: (
        st.builds(
            Phrase,
            st.sampled_from(["{a} is here[ ({b})].", "the {a}", "{a} and {b}"]),
            st.just(""),
            st.fixed_dictionaries({"a": facts, "b": facts}),
        )
        | st.builds(lambda number: say_count("{number} day", "{number} days", number), st.integers(0, 30))
    ),
    max_leaves=6,
)


WORDS = {
    "{title} waits for {account}.[ {detail}]": "{account} bekommt {title} noch.[ {detail}]",
    "the account": "das Konto",
    "{names} and {last}": "{names} und {last}",
    "It took {span}.": "Das dauerte {span}.",
    "{number} day": "{number} Tag",
    "{number} days": "{number} Tage",
    "": "Content-Type: text/plain; charset=UTF-8",
}


class German:
    def gettext(self, message, /):
        return WORDS.get(message, message)

    def ngettext(self, one, many, number, /):
        return self.gettext(one if number == 1 else many)


GERMAN = German()


def days(number):
    return say_count("{number} day", "{number} days", number)


@pytest.mark.parametrize(
    ("phrase", "english", "german"),
    [
        pytest.param(
            say("{title} waits for {account}.[ {detail}]", title="Dune", account="jon", detail=""),
            "Dune waits for jon.",
            "jon bekommt Dune noch.",
            id="a piece goes with its fact, and a name keeps its small letter",
        ),
        pytest.param(
            say(
                "{title} waits for {account}.[ {detail}]",
                title="Dune",
                account=say("the account"),
                detail="1",
            ),
            "Dune waits for the account. 1",
            "Das Konto bekommt Dune noch. 1",
            id="our own words begin a sentence as sentences begin, in each language",
        ),
        pytest.param(
            say("It took {span}.", span=days(1)), "It took 1 day.", "Das dauerte 1 Tag.", id="one of a kind"
        ),
        pytest.param(
            say("It took {span}.", span=days(0)),
            "It took 0 days.",
            "Das dauerte 0 Tage.",
            id="none of a kind",
        ),
        pytest.param(say(""), "", "", id="nothing"),
        pytest.param(say("Nobody knows this."), "Nobody knows this.", "Nobody knows this.", id="unknown"),
        pytest.param(
            say("It took {span}.", span="{span} [{x}]"),
            "It took {span} [{x}].",
            "Das dauerte {span} [{x}].",
            id="what looks like a gap in a name is none",
        ),
        pytest.param(listed(["a", "b", "c"]), "a, b and c", "a, b und c", id="a list"),
        pytest.param(
            together(["Plain.", "", say("It took {span}.", span=days(2))]),
            "Plain. It took 2 days.",
            "Plain. Das dauerte 2 Tage.",
            id="several together",
        ),
    ],
)
def test_a_phrase_is_its_english_text_and_can_be_told_in_another_language(phrase, english, german):
    assert phrase == english
    assert phrase.told_in(GERMAN) == german
    assert unpacked(packed(phrase)).told_in(GERMAN) == german


@pytest.mark.parametrize(("names", "text"), [([], ""), (["a"], "a"), (["a", "b"], "a and b")])
def test_names_are_listed_as_sentences_list_them(names, text):
    assert listed(names) == text


@given(FACTS)
def test_whatever_is_stored_comes_back_as_it_was(fact):
    text = fact if isinstance(fact, str) else str(fact)
    again = unpacked(packed(text))
    assert (again, type(again)) == (text, type(text)) or text.startswith('{"say":')
    if isinstance(text, Phrase):
        assert again.told_in(GERMAN) == text.told_in(GERMAN)
        assert copy.deepcopy(text).told_in(GERMAN) == text.told_in(GERMAN)


@pytest.mark.parametrize(
    "text",
    [
        '{"say":',
        '{"say": 1}',
        '{"say": "{x}"}',
        '{"say": "a", "facts": 3}',
        '{"say": "a", "many": "b"}',
        "[]",
    ],
)
def test_what_only_looks_like_a_phrase_stays_what_it_is(text):
    assert unpacked(text) == text


def test_an_encoder_is_given_the_english_text_and_nothing_else_is_made_a_text():
    assert type(plain(say("Nobody knows this."))) is str
    with pytest.raises(TypeError, match="object cannot be encoded"):
        plain(object())
