from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from crosswatch.core.events import Media, MediaKind, Numbering, Show
from crosswatch.core.identity import choice_for_item, choice_for_show, keys_of, match_of, media_key, show_key
from crosswatch.core.ids import Ids

NOW = datetime(2026, 11, 20, 21, 0, tzinfo=UTC)
OURS = Media(
    kind=MediaKind.EPISODE,
    title="Half Loop",
    show=Show(title="Severance", year=2022, ids=Ids(tmdb=95396, tvdb=371980)),
    season=1,
    number=27,
)
THEIRS = replace(OURS, ids=Ids(trakt=73), show=Show(title="Severance", ids=Ids(trakt=7)), season=2, number=1)
FILM = Media(kind=MediaKind.MOVIE, title="Arrival", year=2016)


@pytest.mark.parametrize(
    ("change", "key"),
    [
        pytest.param({}, "show:tmdb-95396:aired", id="best id"),
        pytest.param({"numbering": Numbering.DVD}, "show:tmdb-95396:dvd", id="another order"),
        pytest.param(
            {"show": Show(title="Severance", year=2022)}, "show:severance:2022:aired", id="title and year"
        ),
        pytest.param({"show": Show(title=" THE Office ")}, "show:the office::aired", id="title"),
        pytest.param(
            {"show": Show(title="x"), "foreign_ids": ("anidb-23",), "numbering": Numbering.ANIDB},
            "show:anidb-23:anidb",
            id="AniDB",
        ),
        pytest.param({"show": None}, "", id="no show"),
    ],
)
def test_what_a_show_is_called(change, key):
    media = replace(OURS, **change)
    assert show_key(media) == key
    assert show_key(media, season=0) == (f"{key}:s0" if key else "")


def test_a_movie_has_no_show():
    assert show_key(FILM) == ""
    assert keys_of(FILM) == (media_key(FILM),)


def test_what_only_anidb_has_a_name_for_is_called_by_that():
    media = replace(
        OURS, show=Show(title="x"), foreign_ids=("anidb-23",), numbering=Numbering.ANIDB, guid="hama"
    )
    assert media_key(media) == "episode:anidb-23:anidb:s1e27"
    assert media_key(replace(FILM, foreign_ids=("anidb-5",))) == "movie:anidb-5"


def test_the_most_special_name_comes_first():
    assert keys_of(OURS) == (
        "episode:show:tmdb-95396:aired:s1e27",
        "show:tmdb-95396:aired:s1",
        "show:tmdb-95396:aired",
    )
    assert keys_of(replace(OURS, season=None))[1:] == ("show:tmdb-95396:aired",)


# ---------------------------------------------------------------- choices


def test_a_choice_for_an_item_says_what_the_sink_calls_it():
    choice = choice_for_item(OURS, THEIRS, NOW)
    assert (choice.key, choice.ids, choice.show_ids) == (media_key(OURS), Ids(trakt=73), Ids(trakt=7))
    assert (choice.season, choice.number, choice.kind, choice.evidence) == (2, 1, None, "override")
    assert (choice.item, choice.found) == ("Severance S01E27", "Severance S02E01")
    assert not choice.is_of_show


def test_a_choice_may_make_a_film_of_an_episode():
    choice = choice_for_item(OURS, replace(FILM, ids=Ids(trakt=5)), NOW)
    assert (choice.kind, choice.show_ids, choice.season) == (MediaKind.MOVIE, Ids(), None)


@pytest.mark.parametrize(
    ("ours", "theirs", "key"),
    [
        pytest.param((1, 27), (2, 1), "show:tmdb-95396:aired:s1", id="numbers differ: that season only"),
        pytest.param((2, 5), (1, 5), "show:tmdb-95396:aired", id="seasons differ: the whole show"),
        pytest.param((2, 5), (2, 5), "show:tmdb-95396:aired", id="the show is another: the whole show"),
        pytest.param((0, 3), (0, 3), "show:tmdb-95396:aired:s0", id="a special: the specials only"),
        pytest.param((1, 3), (0, 3), "show:tmdb-95396:aired:s1", id="specials there: that season only"),
    ],
)
def test_a_choice_for_a_show_reaches_as_far_as_it_is_likely_to_hold(ours, theirs, key):
    media = replace(OURS, season=ours[0], number=ours[1])
    found = replace(THEIRS, season=theirs[0], number=theirs[1])
    choice = choice_for_show(media, found, NOW)
    assert (choice.key, choice.is_of_show) == (key, True)
    again = match_of(media, choice)
    assert (again.key, again.show_ids) == (media_key(media), Ids(trakt=7))
    assert (again.season, again.number) == theirs


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        pytest.param(replace(OURS, season=None), THEIRS, id="no season here"),
        pytest.param(replace(OURS, number=None), THEIRS, id="no number here"),
        pytest.param(replace(OURS, show=None), THEIRS, id="no show here"),
        pytest.param(OURS, replace(FILM, ids=Ids(trakt=5)), id="a film there"),
        pytest.param(OURS, replace(THEIRS, number=None), id="no number there"),
        pytest.param(OURS, replace(THEIRS, show=Show(title="x")), id="a show without ids there"),
    ],
)
def test_without_numbers_on_both_sides_there_is_no_choice_for_a_show(ours, theirs):
    assert choice_for_show(ours, theirs, NOW) is None


@pytest.mark.parametrize(
    ("season", "number"),
    [(1, 26), (None, 3), (1, None)],
    ids=["before the first episode", "no season", "no number"],
)
def test_a_choice_for_a_show_that_leads_nowhere_says_nothing(season, number):
    choice = choice_for_show(OURS, THEIRS, NOW)
    assert match_of(replace(OURS, season=season, number=number), choice) is None


def test_specials_are_no_season_before_the_first():
    media, found = replace(OURS, season=1, number=5), replace(THEIRS, season=2, number=5)
    choice = choice_for_show(media, found, NOW)
    assert match_of(replace(media, season=3), choice).season == 4
    assert match_of(replace(media, season=0), choice) is None


def test_a_choice_for_an_item_says_nothing_about_its_show():
    assert match_of(OURS, choice_for_item(OURS, THEIRS, NOW)) is None
