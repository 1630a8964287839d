from __future__ import annotations

import pytest

from crosswatch.web import languages


@pytest.mark.parametrize(
    ("wish", "accepted", "chosen"),
    [
        pytest.param("", "", "en", id="nothing is said"),
        pytest.param("", "de", "de", id="German"),
        pytest.param("", "de-CH", "de", id="German of a country"),
        pytest.param("", "fr, de;q=0.7, en;q=0.3", "de", id="the best that there is"),
        pytest.param("", "en;q=0.3, de;q=0.7", "de", id="by weight and not by place"),
        pytest.param("", "de;q=0, en", "en", id="not this one"),
        pytest.param("", "de;q=x;;,,;q=1", "en", id="nonsense"),
        pytest.param("", "*", "en", id="whatever"),
        pytest.param("de", "en", "de", id="a choice counts more"),
        pytest.param("xx", "de", "de", id="a choice of nothing"),
    ],
)
def test_a_language_is_chosen(wish, accepted, chosen):
    assert languages.choose(wish, accepted) == chosen


def test_a_language_is_in_force_for_a_while():
    with languages.speaking("de"):
        assert languages.translate("History") == "Verlauf"
        assert languages.translate("nobody translates this") == "nobody translates this"
        assert languages.translate_count("%(num)s play", "%(num)s plays", 2) == "%(num)s Wiedergaben"
    assert languages.translate("History") == "History"
    assert languages.current() == "en"
