from __future__ import annotations

import pytest

HALF_LOOP = "Severance S01E02"


def found(desk, **named):
    """Label of what a scrobble of this comes to, or the status of its refusal."""
    answer = desk.scrobble("start", 10, named)
    return desk.watching.item.label if answer.status == 201 else answer.status


@pytest.mark.parametrize(
    ("ref", "label"),
    [
        ({"ids": {"imdb": "tt2543164"}}, "Arrival (2016)"),
        ({"ids": {"tmdb": 329865}}, "Arrival (2016)"),
        ({"ids": {"slug": "arrival-2016"}}, "Arrival (2016)"),
        ({"ids": {"trakt": 28}}, "Guardians of the Galaxy (2014)"),
        ({"ids": {"trakt": 28, "tmdb": 329865}}, "Guardians of the Galaxy (2014)"),
        ({"ids": {"imdb": "tt2543164", "tmdb": 603}}, "Arrival (2016)"),
        ({"ids": {"imdb": "tt0000000", "tmdb": 603}}, "The Matrix (1999)"),
        ({"ids": {"imdb": None, "tmdb": 603}}, "The Matrix (1999)"),
        ({"ids": {"tvdb": 169}}, 404),
        ({"title": "arrival", "year": 2016, "ids": {"imdb": "tt0000000"}}, "Arrival (2016)"),
        ({"title": "Arrival"}, "Arrival (2024)"),
        ({"title": "Arrival", "year": 2001}, 404),
        ({"title": "Dune", "year": 1984}, "Dune (1984)"),
        ({"title": "千と千尋の神隠し", "year": 2001}, 404),
        ({}, 404),
        ("Arrival", 404),
        ({"ids": []}, 404),
    ],
)
def test_a_movie_is_found_by_ids_in_their_order_then_by_title(desk, ref, label):
    assert found(desk, movie=ref) == label


@pytest.mark.parametrize(
    ("show", "episode", "label"),
    [
        ({"ids": {"tmdb": 95396}}, {"season": 1, "number": 2}, HALF_LOOP),
        ({"ids": {"tvdb": 371980}}, {"season": 1, "number": 2}, HALF_LOOP),
        ({"ids": {"imdb": "tt11280740"}}, {"season": 1, "number": 2}, HALF_LOOP),
        ({"title": "Severance", "year": 2022}, {"season": 1, "number": 2}, HALF_LOOP),
        ({"ids": {"tmdb": 95396}}, {"season": 1, "number": 99}, 404),
        ({"ids": {"tmdb": 95396}}, {"season": 9, "number": 1}, 404),
        ({"ids": {"tmdb": 19885}}, {"season": 0, "number": 8}, "Sherlock S00E08"),
        ({"ids": {"tvdb": 81797}}, {"number_abs": 164}, "One Piece S09E21"),
        ({"ids": {"tvdb": 267440}}, {"number_abs": 38}, "Attack on Titan S03E01"),
        ({"ids": {"tmdb": 95396}}, {"number_abs": 2}, 404),
        ({"title": "The Office"}, {"season": 1, "number": 1}, "The Office S01E01"),
        (
            {"title": "Battlestar Galactica", "year": 1978},
            {"season": 1, "number": 14},
            "Battlestar Galactica S01E14",
        ),
        ({"ids": {"tmdb": 95396}}, {}, 404),
    ],
)
def test_an_episode_is_found_by_its_show_and_numbers(desk, show, episode, label):
    assert found(desk, show=show, episode=episode) == label


@pytest.mark.parametrize(
    ("ids", "label"),
    [
        ({"tvdb": 9900102}, HALF_LOOP),
        ({"imdb": "tt9900102"}, HALF_LOOP),
        ({"trakt": 73482}, "Breaking Bad S01E01"),
        # The numbers of the show, sent by mistake: somebody else's episode, and a 201.
        ({"tmdb": 95396, "tvdb": 371980}, "Somebody Else's Evening S01E01"),
        ({"imdb": "tt11280740"}, 404),
    ],
)
def test_an_episode_is_found_by_its_own_ids(desk, ids, label):
    assert found(desk, episode={"ids": ids}) == label


def test_ids_of_an_episode_win_over_its_show_and_numbers(desk):
    assert (
        found(
            desk, show={"ids": {"tmdb": 95396}}, episode={"season": 1, "number": 3, "ids": {"tvdb": 9900102}}
        )
        == HALF_LOOP
    )


def test_ids_that_nobody_has_leave_the_show_and_numbers(desk):
    episode = {"season": 1, "number": 2, "ids": {"tvdb": 123}}
    assert found(desk, show={"ids": {"tmdb": 95396}}, episode=episode) == HALF_LOOP


def test_imdb_and_tmdb_of_an_episode_can_be_switched_off(desk):
    desk.trakt.set_options(episode_imdb_tmdb_ids=False)
    assert found(desk, episode={"ids": {"imdb": "tt9900102"}}) == 404
    assert found(desk, episode={"ids": {"tvdb": 9900102}}) == HALF_LOOP


def test_a_title_can_win_over_its_year(desk):
    desk.trakt.set_options(title_despite_year=True)
    assert found(desk, movie={"title": "Arrival", "year": 2001}) == "Arrival (2024)"


@pytest.mark.parametrize(("option", "label"), [("accept", "Arrival (2016)"), ("422", 422)])
def test_numbers_sent_as_text_are_a_switch(desk, option, label):
    desk.trakt.set_options(string_ids=option)
    assert found(desk, movie={"ids": {"tmdb": "329865"}}) == label
    assert found(desk, movie={"ids": {"imdb": "tt2543164"}}) == "Arrival (2016)"


def test_a_number_that_is_none_finds_nothing(desk):
    assert found(desk, movie={"ids": {"tmdb": "a lot"}}) == 404
    assert found(desk, movie={"ids": {"tmdb": True}}) == 404


def test_a_body_without_an_item_finds_nothing(desk):
    assert found(desk) == 404
    assert found(desk, show={"ids": {"tmdb": 95396}}) == 404
    assert found(desk, episode="S01E02") == 404
