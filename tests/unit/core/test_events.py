from __future__ import annotations

from dataclasses import replace

import pytest

from crosswatch.core.events import Account, MediaKind
from fakes.plays import EPISODE, FILM

BY_DATE = replace(EPISODE, season=2026, number=None)


@pytest.mark.parametrize(
    ("media", "label"),
    [
        pytest.param(FILM, "Arrival (2016)", id="a movie"),
        pytest.param(replace(FILM, year=None), "Arrival", id="a movie of no year"),
        pytest.param(EPISODE, "Straße der SEVERANCE S00E02", id="an episode"),
        pytest.param(BY_DATE, f"Straße der SEVERANCE: {EPISODE.title}", id="an episode by date"),
        pytest.param(replace(EPISODE, show=None), f"{EPISODE.title} S00E02", id="an episode of no show"),
        pytest.param(replace(BY_DATE, show=None), EPISODE.title, id="a title and no more"),
    ],
)
def test_what_people_call_an_item(media, label):
    assert media.label == label


@pytest.mark.parametrize(
    ("account", "is_known"),
    [
        pytest.param(Account(id=1), True, id="a number"),
        pytest.param(Account(name="Maya"), True, id="a name"),
        pytest.param(Account(name="  "), False, id="a blank"),
        pytest.param(Account(), False, id="nothing"),
    ],
)
def test_who_is_known(account, is_known):
    assert account.is_known is is_known


def test_sinks_want_movies_and_episodes_only():
    assert {kind for kind in MediaKind if kind.is_scrobbled} == {MediaKind.MOVIE, MediaKind.EPISODE}
