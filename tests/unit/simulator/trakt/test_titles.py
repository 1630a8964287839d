from __future__ import annotations

import json
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from crosswatch.simulator.titles import MOVIES, SHOWS, EpisodeFacts, ShowTitle, movie_title, show_title
from crosswatch.simulator.trakt.catalogue import Catalogue
from crosswatch.simulator.trakt.stock import NEAR_MOVIES, NEAR_SHOWS, RECORDED_NUMBERS, default_catalogue

EPISODES = [episode for show in (*SHOWS, *NEAR_SHOWS) for episode in show.episodes()]


# ---------------------------------------------------------------- the shared stock


@pytest.mark.parametrize(
    "titles", [(*MOVIES, *NEAR_MOVIES), (*SHOWS, *NEAR_SHOWS), EPISODES], ids=["movies", "shows", "episodes"]
)
@pytest.mark.parametrize("kind", ["imdb", "tmdb", "tvdb"])
def test_no_two_of_a_kind_share_a_number(titles, kind):
    numbers = Counter(getattr(title, kind) for title in titles)
    del numbers[None]
    assert max(numbers.values()) == 1


def test_keys_are_unique_and_lead_to_their_titles():
    keys = [title.key for title in (*MOVIES, *SHOWS, *NEAR_MOVIES, *NEAR_SHOWS)]
    assert len(set(keys)) == len(keys)
    assert (movie_title("arrival").year, show_title("severance").year) == (2016, 2022)
    assert set(keys) >= RECORDED_NUMBERS.keys()
    with pytest.raises(KeyError):
        movie_title("severance")


def test_one_number_serves_a_movie_a_show_and_an_episode():
    assert (
        movie_title("mirror").tmdb == show_title("breaking-bad").tmdb == show_title("mash").episode(1, 2).tmdb
    )


def test_absolute_numbers_run_through_the_seasons_and_leave_out_specials():
    show = show_title("attack-on-titan")
    assert [e.number_abs for e in show.episodes() if e.season == 0] == [None] * 3
    assert [e.number_abs for e in show.episodes() if e.season] == list(range(1, 60))


def test_episodes_that_share_a_file_exist():
    for show in SHOWS:
        for group in show.shared_files:
            assert all(show.episode(*position) for position in group)
    with pytest.raises(KeyError, match="severance has no episode 9x9"):
        show_title("severance").episode(9, 9)


def test_what_is_known_of_an_episode_replaces_what_is_invented():
    special = show_title("sherlock").episode(0, 8)
    assert (special.tvdb, special.runtime_min, special.aired) == (9900208, 7, date(2013, 12, 24))
    plain = show_title("sherlock").episode(1, 2)
    assert (plain.tvdb, plain.runtime_min, plain.aired) == (99_030_102, 90, date(2010, 8, 1))


# ---------------------------------------------------------------- the catalogue


def test_everything_in_the_stock_is_found_at_trakt():
    catalogue = default_catalogue()
    for movie in MOVIES:
        assert catalogue.movie("imdb", movie.imdb).title == movie.title
    for show in SHOWS:
        found = catalogue.show("tmdb", show.tmdb)
        assert found.title == (show.trakt_title or show.title)
        assert [(e.season, e.number, e.title) for e in found.episodes()] == [
            (e.season, e.number, e.title) for e in show.episodes()
        ]


def test_a_second_thing_with_the_same_number_is_refused():
    catalogue = default_catalogue()
    with pytest.raises(ValueError, match="another movie has the imdb id"):
        catalogue.add_movie(movie_title("arrival"))


def show_named(title, year, *, invented_from):
    return ShowTitle(
        key=title,
        title=title,
        year=year,
        imdb=None,
        tmdb=None,
        tvdb=None,
        runtime_min=30,
        invented_from=invented_from,
        seasons={1: ("One",)},
        known={(1, 1): EpisodeFacts(imdb=None, tmdb=None, tvdb=None)},
    )


def test_slugs_take_the_year_and_then_a_count():
    catalogue = Catalogue()
    shows = [catalogue.add_show(show_named("The Same", 2000, invented_from=n)) for n in range(3)]
    assert [show.slug for show in shows] == ["the-same", "the-same-2000", "the-same-2000-2"]


# ---------------------------------------------------------------- searching


def search(desk, path):
    answer = desk.ask("GET", f"/search/{path}")
    return (
        answer.status
        if answer.status != 200
        else [
            (hit["type"], (hit.get("show") if hit["type"] == "show" else hit[hit["type"]])["title"])
            for hit in answer.json
        ]
    )


@pytest.mark.parametrize(
    ("path", "hits"),
    [
        ("tmdb/1396?type=movie", [("movie", "Mirror")]),
        ("tmdb/1396?type=show", [("show", "Breaking Bad")]),
        ("tmdb/1396?type=episode", [("episode", "To Market, to Market")]),
        ("tmdb/1396", [("movie", "Mirror"), ("show", "Breaking Bad"), ("episode", "To Market, to Market")]),
        ("tmdb/1396?type=episode,movie", [("episode", "To Market, to Market"), ("movie", "Mirror")]),
        ("tvdb/371980?type=show", [("show", "Severance")]),
        ("tvdb/371980?type=episode", [("episode", "Taken for a Show")]),
        ("tvdb/169?type=movie", []),
        ("imdb/tt2543164", [("movie", "Arrival")]),
        ("trakt/28?type=movie", [("movie", "Guardians of the Galaxy")]),
        ("tmdb/abc?type=movie", []),
        ("tmdb/603?type=person", []),
        ("tmdb/603?type=film", 400),
        ("imdb/tt0000000", []),
    ],
)
def test_a_number_finds_what_has_it_in_each_kind(desk, path, hits):
    assert search(desk, path) == hits


def test_an_episode_comes_with_its_show(desk):
    (hit,) = desk.ask("GET", "/search/tvdb/349232?type=episode").json
    assert (hit["show"]["title"], hit["episode"]["season"], hit["score"]) == ("Breaking Bad", 1, None)


def test_the_score_of_a_number_is_a_switch(desk):
    desk.trakt.set_options(search_score=1000)
    assert desk.ask("GET", "/search/imdb/tt2543164").json[0]["score"] == 1000


@pytest.mark.parametrize(
    ("path", "hits"),
    [
        ("movie?query=arrival", [("movie", "Arrival"), ("movie", "Arrival"), ("movie", "The Arrival")]),
        ("movie?query=arival&years=2016", [("movie", "Arrival")]),
        ("movie?query=dune&years=1980-1990", [("movie", "Dune")]),
        ("show?query=severance&years=2022", [("show", "Severance")]),
        ("movie,show?query=fargo", [("show", "Fargo"), ("movie", "Fargo")]),
        ("movie?query=千と千尋の神隠し", [("movie", "Spirited Away")]),
        ("movie?query=千と千尋の神隠し&fields=title", []),
        ("movie?query=amelie", [("movie", "Amélie")]),
        ("show?query=shogun", [("show", "Shōgun")]),
        ("episode?query=half loop", [("episode", "Half Loop")]),
        ("movie?query=no such film at all", []),
        ("movie?query=", 400),
        ("movie?query=dune&years=soon", 400),
        ("film?query=dune", 400),
    ],
)
def test_words_find_titles_that_resemble_them(desk, path, hits):
    assert search(desk, path) == hits


def test_of_equal_hits_the_most_recent_comes_first(desk):
    hits = desk.ask("GET", "/search/movie?query=arrival").json
    assert [(hit["movie"]["year"], hit["score"]) for hit in hits[:2]] == [(2024, 100.0), (2016, 100.0)]
    assert hits[2]["score"] < 100


@pytest.mark.parametrize(
    ("title", "escaped"),
    [
        ("Mission: Impossible - Fallout", r"Mission\: Impossible \- Fallout"),
        ("Face/Off", r"Face\/Off"),
        ("[REC]", r"\[REC\]"),
        ("(500) Days of Summer", r"\(500\) Days of Summer"),
    ],
)
def test_special_characters_need_a_backslash(desk, title, escaped):
    assert search(desk, f"movie?query={title}") == []
    assert search(desk, f"movie?query={escaped}") == [("movie", title)]
    desk.trakt.set_options(unescaped_search="plain")
    assert search(desk, f"movie?query={title}") == [("movie", title)]


@pytest.mark.parametrize(
    ("path", "years"),
    [
        ("movie/exact?query=Dune", [2021, 1984]),
        ("movie/exact?query=dun", []),
        ("show/exact?query=the office", [2005, 2001]),
        ("show/exact?query=M*A*S*H", [1972]),
    ],
)
def test_an_exact_search_wants_the_whole_title(desk, path, years):
    hits = desk.ask("GET", f"/search/{path}").json
    assert [hit[hit["type"]]["year"] for hit in hits] == years


def test_an_exact_search_wants_a_query(desk):
    assert desk.ask("GET", "/search/movie/exact").status == 400


# ---------------------------------------------------------------- summaries


@pytest.mark.parametrize("name", ["breaking-bad", "1388", "tt0903747"])
def test_a_show_is_named_by_slug_number_or_imdb(desk, name):
    assert desk.ask("GET", f"/shows/{name}/seasons/1/episodes/1").json["ids"]["trakt"] == 73482


@pytest.mark.parametrize("name", ["1396", "81189", "no-such-show"])
def test_a_show_is_not_named_by_anything_else(desk, name):
    assert desk.ask("GET", f"/shows/{name}").status == 404


def test_a_movie_says_how_long_it_is_when_asked_fully(desk):
    assert "runtime" not in desk.ask("GET", "/movies/arrival-2016").json
    assert "runtime" not in desk.ask("GET", "/shows/severance").json
    assert desk.ask("GET", "/movies/arrival-2016?extended=full").json["runtime"] == 116


@pytest.mark.parametrize(
    "path", ["seasons/x/episodes/1", "seasons/9/episodes/1", "seasons/1/episodes/x", "seasons/9"]
)
def test_what_a_show_does_not_have_is_a_404(desk, path):
    assert desk.ask("GET", f"/shows/severance/{path}").status == 404


def test_a_show_lists_its_seasons_and_their_episodes(desk):
    seasons = desk.ask("GET", "/shows/severance/seasons?extended=full,episodes").json
    assert [(one["number"], one["episode_count"], len(one["episodes"])) for one in seasons] == [
        (1, 9, 9),
        (2, 10, 10),
    ]
    assert "episodes" not in desk.ask("GET", "/shows/severance/seasons").json[0]
    episodes = desk.ask("GET", "/shows/attack-on-titan/seasons/2?extended=full").json
    assert [episode["number_abs"] for episode in episodes] == list(range(26, 38))
    assert desk.ask("GET", "/shows/severance?extended=full").json["aired_episodes"] == 19


# ---------------------------------------------------------------- the recordings

RECORDINGS = Path(__file__).parents[3] / "recordings" / "plex"

WITH_IDS = [path for path in sorted(RECORDINGS.rglob("*.json")) if "imdb://" in path.read_text("utf-8")]


def recorded_items(value):
    """Each item with external ids, wherever in a recording it is."""
    if isinstance(value, list):
        for one in value:
            yield from recorded_items(one)
    elif isinstance(value, dict):
        if value.get("type") in ("movie", "show", "episode") and isinstance(value.get("Guid"), list):
            yield value
        for one in value.values():
            yield from recorded_items(one)


@pytest.mark.parametrize("path", WITH_IDS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_trakt_knows_what_the_recorded_plex_items_are(path):
    catalogue = default_catalogue()
    for item in recorded_items(json.loads(path.read_text("utf-8"))):
        find = getattr(catalogue, item["type"])
        ids = dict(guid["id"].split("://") for guid in item["Guid"] if guid and "://" in guid.get("id", ""))
        if "imdb" not in ids:
            continue
        found = find("imdb", ids["imdb"])
        assert found.title == item["title"]
        if found.kind == "episode":
            assert (found.season, found.number) == (item["parentIndex"], item["index"])
            assert (str(found.tmdb), str(found.tvdb)) == (ids["tmdb"], ids["tvdb"])
            assert item["grandparentTitle"] in (
                found.show.title,
                *found.show.aliases,
                f"{found.show.title} (US)",
            )
