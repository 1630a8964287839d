"""The ladder against the simulated Trakt, and against one whose search answers are as wrong as can be."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosswatch.core.events import Media, MediaKind, Numbering, Show
from crosswatch.core.ids import Ids
from crosswatch.core.outcomes import Hold, Refused, Retry
from crosswatch.core.reasons import Reason
from crosswatch.providers.scrobble.trakt.answers import Answer, Failure, Unasked
from crosswatch.providers.scrobble.trakt.lookup import escape_query, find, place_of_count

MIN = 60_000


def a_movie(title, year=None, minutes=None, **ids):
    duration_ms = minutes * MIN if minutes else None
    return Media(kind=MediaKind.MOVIE, title=title, year=year, ids=Ids(**ids), duration_ms=duration_ms)


def an_episode(show, year, season, number, title="", *, own=Ids(), minutes=None, show_ids=Ids(), **given):
    return Media(
        kind=MediaKind.EPISODE,
        title=title,
        ids=own,
        show=Show(title=show, year=year, ids=show_ids) if show is not None else None,
        season=season,
        number=number,
        duration_ms=minutes * MIN if minutes else None,
        **given,
    )


# ---------------------------------------------------------------------------------- movies


@pytest.mark.parametrize(
    ("media", "label"),
    [
        pytest.param(
            a_movie("Arrivée", 2016, tmdb=329865), "Arrival (2016)", id="by tmdb, whatever it is called"
        ),
        pytest.param(a_movie("Arrival", imdb="tt2543164"), "Arrival (2016)", id="by imdb"),
        pytest.param(a_movie("Arrival", 2016), "Arrival (2016)", id="by title and year, not the newer one"),
        pytest.param(a_movie("arrival", 2015), "Arrival (2016)", id="a year apart"),
        pytest.param(a_movie("Arrival", None, 116), "Arrival (2016)", id="by title and length"),
        pytest.param(
            replace(a_movie("Arrival"), aired_on=date(2016, 11, 10)),
            "Arrival (2016)",
            id="by title and day of release, as of a deleted one",
        ),
        pytest.param(a_movie("Dune", 1984), "Dune (1984)", id="the forerunner"),
        pytest.param(a_movie("Dune", 2021, 155), "Dune (2021)", id="the remake"),
        pytest.param(a_movie("Severance", 2006), "Severance (2006)", id="the movie, not the show"),
        pytest.param(a_movie("WALL-E", 2008), "WALL·E (2008)", id="another spelling"),
        pytest.param(a_movie("[REC]", 2007), "[REC] (2007)", id="brackets"),
        pytest.param(a_movie("Face/Off", 1997), "Face/Off (1997)", id="slash"),
        pytest.param(a_movie("(500) Days of Summer", 2009), "(500) Days of Summer (2009)", id="parentheses"),
        pytest.param(
            a_movie("Mission: Impossible - Fallout", 2018),
            "Mission: Impossible - Fallout (2018)",
            id="colon, minus",
        ),
        pytest.param(
            a_movie("The Matrix", 1999, tmdb=999_999_901, imdb="tt0133093"), "The Matrix (1999)", id="double"
        ),
    ],
)
def test_movies_that_are_found(drive, ask, media, label):
    found, _ = drive(find(media), ask)
    assert found.label == label
    assert found.ids.trakt


@pytest.mark.parametrize(
    "media",
    [
        pytest.param(a_movie("Arrival", 2011), id="no year near it"),
        pytest.param(a_movie("Arrival"), id="neither year nor length"),
        pytest.param(a_movie("Arrival", 2016, 14), id="right year, but the length of a short"),
        pytest.param(a_movie("Dune", 2021, tmdb=5), id="the title of a movie that has another id"),
        pytest.param(a_movie("Matrix", 1999), id="half a title"),
        pytest.param(a_movie("", 1999), id="no title"),
        pytest.param(
            a_movie("Nothing Like It", 1999, tvdb=603), id="an id that Trakt does not know movies by"
        ),
    ],
)
def test_movies_that_are_not_found(drive, ask, media):
    found, _ = drive(find(media), ask)
    assert isinstance(found, Refused)
    assert found.reason is Reason.NO_MATCH


def test_what_was_tried_is_told(drive, ask):
    found, _ = drive(find(a_movie("Nothing Like It", 1999, imdb="tt0000001", tmdb=5)), ask)
    assert found.detail == "Tried its ids (imdb tt0000001, tmdb 5), the title."


def test_two_that_fit_alike_are_not_guessed_between(drive):
    def answer(request):
        hits = [hit("movie", 1, "Home", 2015), hit("movie", 2, "Home", 2016)]
        return ok(hits if request.path.startswith("/search/movie") else {})

    found, _ = drive(find(a_movie("Home", 2015)), answer)
    assert found.reason is Reason.AMBIGUOUS_MATCH
    assert found.detail == "Candidates: Home (2015) (trakt 1), Home (2016) (trakt 2)."


def test_a_title_that_many_share_is_not_looked_into(drive):
    hits = [hit("movie", number, "Home", 2015) for number in range(1, 9)]
    found, requests = drive(find(a_movie("Home", 2015, 95)), lambda _: ok(hits))
    assert (found.reason, len(requests)) == (Reason.AMBIGUOUS_MATCH, 2)


def test_the_length_tells_two_of_one_title_and_year_apart(drive):
    def answer(request):
        if request.path.startswith("/search"):
            return ok([hit("movie", 1, "Home", 2015), hit("movie", 2, "Home", 2015)])
        return ok({"runtime": 94 if request.path == "/movies/2" else 12})

    found, _ = drive(find(a_movie("Home", 2015, 95)), answer)
    assert found.ids.trakt == 2


# ---------------------------------------------------------------------------------- episodes

SEVERANCE = Ids(tmdb=95396, tvdb=371980, imdb="tt11280740")


@pytest.mark.parametrize(
    ("media", "label"),
    [
        pytest.param(
            an_episode("Severance", 2022, 1, 2, own=Ids(tvdb=9900102)), "Severance S01E02", id="by own id"
        ),
        pytest.param(
            an_episode("Severance", 2022, 4, 9, own=Ids(tvdb=9900102), show_ids=SEVERANCE),
            "Severance S01E02",
            id="by own id, whatever the numbers",
        ),
        pytest.param(
            an_episode("Getrennt", 2022, 2, 4, "Leid", show_ids=Ids(tvdb=371980)),
            "Severance S02E04",
            id="by the show's id and numbers, in another language",
        ),
        pytest.param(
            an_episode("Severance", 2022, 1, 1), "Severance S01E01", id="by show title, year and numbers"
        ),
        pytest.param(
            an_episode("Severance (2022)", None, 1, 1), "Severance S01E01", id="by a year behind the title"
        ),
        pytest.param(
            an_episode("Severance", None, 1, 1, "Good News About Hell", minutes=53),
            "Severance S01E01",
            id="year unknown, but title and length agree",
        ),
        pytest.param(
            an_episode("Severance", None, 1, 1, "Good News About Hell", aired_on=date(2022, 2, 18)),
            "Severance S01E01",
            id="year unknown, but title and day of airing agree, as of a deleted one",
        ),
        pytest.param(
            an_episode("The Office (US)", 2005, 1, 1, "Pilot"), "The Office S01E01", id="the American office"
        ),
        pytest.param(
            an_episode("The Office", 2001, 1, 1, "Downsize"), "The Office S01E01", id="the British office"
        ),
        pytest.param(
            an_episode("Battlestar Galactica (2003)", 2003, 1, 1),
            "Battlestar Galactica S01E01",
            id="the remake",
        ),
        pytest.param(an_episode("M*A*S*H", 1972, 1, 2), "M*A*S*H S01E02", id="stars in the title"),
        pytest.param(
            an_episode("Futurama", 1999, 3, 12, "A Clone of My Own", numbering=Numbering.DVD),
            "Futurama S02E15",
            id="DVD order: by title",
        ),
        pytest.param(
            an_episode(
                "One Piece",
                1999,
                1,
                164,
                "Light the Fire of Shandia! Wiper the Warrior",
                numbering=Numbering.ABSOLUTE,
            ),
            "One Piece S09E21",
            id="absolute order: by title",
        ),
        pytest.param(
            an_episode("Severance", 2022, 1, 14, "Woe's Hollow", show_ids=SEVERANCE),
            "Severance S02E04",
            id="no such number: by title",
        ),
        pytest.param(
            an_episode(None, None, 1, 2, own=Ids(tvdb=9900102)), "Severance S01E02", id="no show at all"
        ),
    ],
)
def test_episodes_that_are_found(drive, ask, media, label):
    found, _ = drive(find(media), ask)
    assert found.label == label
    assert found.ids.trakt


@pytest.mark.parametrize(
    "media",
    [
        pytest.param(
            an_episode("Severance", 2022, 9, 9, "Nobody Knows", own=Ids(tvdb=371980)),
            id="a show's id taken for an episode's, which another show has",
        ),
        pytest.param(
            an_episode("Severance", 2022, 1, 15, "Nobody Knows", own=Ids(tmdb=603)),
            id="a movie's id taken for one",
        ),
        pytest.param(an_episode("Severance", 2022, 1, 12, show_ids=SEVERANCE), id="no such episode"),
        pytest.param(an_episode("Severance", 2010, 1, 1), id="another year"),
        pytest.param(an_episode("Severance", None, 1, 1), id="year unknown"),
        pytest.param(
            an_episode("Severance", None, 1, 1, "Good News About Hell", aired_on=date(2010, 2, 18)),
            id="year unknown, another day of airing",
        ),
        pytest.param(
            an_episode("Severance", None, 1, 1, "Half Loop", minutes=53), id="year unknown, other title"
        ),
        pytest.param(
            an_episode("Severance", 2022, 1, 1, numbering=Numbering.DVD, show_ids=SEVERANCE),
            id="DVD order, no title",
        ),
        pytest.param(
            an_episode("The Office", 2005, 3, 1, "Episode 1", numbering=Numbering.DVD),
            id="DVD order, a title that says nothing",
        ),
        pytest.param(an_episode("Severance", 2022, None, None), id="no numbers, no title"),
        pytest.param(
            an_episode("Cowboy Bebop", 2010, 1, 1, "Cowboy Gospel"), id="between original and remake"
        ),
        pytest.param(
            an_episode("Severance", 2022, 1, 1, own=Ids(tvdb=5), show_ids=SEVERANCE),
            id="contradicting own id",
        ),
        pytest.param(an_episode(None, None, 1, 1, "Pilot"), id="a title alone"),
    ],
)
def test_episodes_that_are_not_found(drive, ask, media):
    found, _ = drive(find(media), ask)
    assert isinstance(found, Refused)
    assert found.reason is Reason.NO_MATCH


# ---------------------------------------------------------------------------------- counted through seasons

ONE_PIECE = Ids(tvdb=81797)


def counted(number, title="", **given):
    """An episode of which only the count and its show are known."""
    given.setdefault("show_ids", ONE_PIECE)
    return an_episode("One Piece", None, 1, number, title, numbering=Numbering.ABSOLUTE, **given)


@pytest.mark.parametrize(
    ("media", "label"),
    [
        pytest.param(counted(1), "One Piece S01E01", id="the first one"),
        pytest.param(counted(8), "One Piece S01E08", id="the last of a season"),
        pytest.param(counted(9), "One Piece S02E01", id="the first of the next"),
        pytest.param(counted(164), "One Piece S09E21", id="far into it"),
        pytest.param(counted(3, "海軍"), "One Piece S01E03", id="in another language"),
        pytest.param(counted(9, aired_on=date(2000, 1, 1)), "One Piece S02E01", id="on the same day"),
    ],
)
def test_an_episode_that_is_counted_through_all_seasons_is_found(drive, ask, media, label):
    found, _ = drive(find(media), ask)
    assert found.label == label


@pytest.mark.parametrize(
    "media",
    [
        pytest.param(counted(9999), id="beyond the last one"),
        pytest.param(counted(9, aired_on=date(2010, 1, 1)), id="a day that says otherwise"),
        pytest.param(counted(9, show_ids=Ids()), id="a show that is known by its title only"),
        pytest.param(counted(2, own=Ids(tvdb=5)), id="an id of its own that says otherwise"),
        pytest.param(replace(counted(2), season=0), id="a special"),
        pytest.param(replace(counted(2), number=None), id="no number"),
    ],
)
def test_a_count_alone_is_no_proof(drive, ask, media):
    found, _ = drive(find(media), ask)
    assert isinstance(found, Refused)


def test_where_trakt_does_not_count_so_the_title_or_the_day_has_to_agree(drive, ask):
    def uncounted(request):
        reply = ask(request)
        return replace(reply, json=reply.json | {"number_abs": None}) if "number_abs" in reply.text else reply

    title = "Light the Fire of Shandia! Wiper the Warrior"
    assert drive(find(counted(164, title)), uncounted)[0].label == "One Piece S09E21"
    assert isinstance(drive(find(counted(164)), uncounted)[0], Refused)


@pytest.mark.parametrize(
    ("seasons", "place"),
    [
        ([{"number": 2, "episode_count": 4}, {"number": 1, "episode_count": 3}], (2, 2)),
        ([{"number": 0, "episode_count": 9}, {"number": 1, "episode_count": 12}], (1, 5)),
        ([{"number": 1, "episode_count": 3}], None),
        ([{"number": 1}, {"number": "x", "episode_count": 9}, 7], None),
        ({"message": "no"}, None),
        (None, None),
    ],
    ids=["in any order", "specials do not count", "too far", "rubbish", "no list", "nothing"],
)
def test_a_count_leads_to_a_season_and_a_number(seasons, place):
    assert place_of_count(seasons, 5) == place


@pytest.mark.parametrize("numbering", [one for one in Numbering if one is not Numbering.AIRED])
def test_numbers_that_were_not_used_are_told(drive, ask, numbering):
    found, _ = drive(find(an_episode("Nothing", 2022, 1, 1, numbering=numbering)), ask)
    assert re.search("number", found.detail)


def test_both_ids_and_titles_of_a_show_are_told(drive, ask):
    media = an_episode("Nothing Like It", 1999, 1, 1, own=Ids(tvdb=5), show_ids=Ids(tmdb=6))
    found, _ = drive(find(media), ask)
    assert found.detail == "Tried its ids (tvdb 5), its show's ids (tmdb 6), the title."


# ---------------------------------------------------------------------------------- requests


def test_an_id_is_never_asked_for_without_its_kind(drive, ask):
    _, requests = drive(
        find(an_episode("X", 1999, 1, 1, own=Ids(tvdb=1, imdb="tt0000002"), show_ids=Ids(tmdb=3))), ask
    )
    asked = [(request.path, dict(request.query).get("type")) for request in requests]
    assert asked[:3] == [
        ("/search/tvdb/1", "episode"),
        ("/search/imdb/tt0000002", "episode"),
        ("/search/tmdb/3", "show"),
    ]


def test_the_exact_search_goes_before_the_broad_one_which_alone_is_escaped(drive, ask):
    _, requests = drive(find(a_movie("What? (Part 2)", 1999)), ask)
    assert [(request.path, dict(request.query)["query"]) for request in requests] == [
        ("/search/movie/exact", "What? (Part 2)"),
        ("/search/movie", r"What\? \(Part 2\)"),
    ]
    assert dict(requests[1].query)["years"] == "1998-2000"


@pytest.mark.parametrize("special", list('+-&|!(){}[]^"~*?:/\\'))
def test_every_character_that_is_a_command_is_escaped(special):
    assert escape_query(f"a{special}b") == f"a\\{special}b"


def test_everything_is_read_and_nothing_written(drive, ask):
    _, requests = drive(find(an_episode("Severance", 2022, 1, 77, "Nothing")), ask)
    assert {request.method for request in requests} == {"GET"}


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        pytest.param(Answer(status=503), Retry, id="overloaded"),
        pytest.param(Answer(status=429, headers={"retry-after": "5"}), Retry, id="quota used up"),
        pytest.param(Failure(detail="x", may_be_done=True), Retry, id="no answer"),
        pytest.param(Answer(status=200, text="<html>"), Retry, id="page"),
        pytest.param(Answer(status=401), Hold, id="not linked"),
        pytest.param(Unasked(outcome=Hold(reason=Reason.LINK_EXPIRED)), Hold, id="no token"),
    ],
)
def test_trouble_ends_the_search_and_is_no_answer_about_the_item(drive, movie, reply, kind):
    found, requests = drive(find(movie()), lambda _: reply)
    assert type(found) is kind
    assert len(requests) == 1
    assert not getattr(found, "is_unknown", False)


@pytest.mark.parametrize("status", [400, 404, 405, 410, 422])
def test_a_search_that_is_not_taken_has_found_nothing(drive, movie, status):
    found, _ = drive(find(movie()), lambda _: Answer(status=status))
    assert found.reason is Reason.NO_MATCH


@pytest.mark.parametrize(
    "json", [{}, [None, 5, "x", {}], [{"type": "movie"}], [{"type": "movie", "movie": {}}]], ids=str
)
def test_hits_that_make_no_sense_are_no_hits(drive, movie, episode, json):
    for media in (movie(), episode()):
        found, _ = drive(find(media), lambda _: ok(json))
        assert found.reason is Reason.NO_MATCH


# ---------------------------------------------------------------------------------- near misses


def ok(json):
    return Answer(status=200, headers={"content-type": "application/json"}, json=json, text="…")


def hit(kind, trakt, title, year, **ids):
    return {"type": kind, "score": 99, kind: {"title": title, "year": year, "ids": {"trakt": trakt, **ids}}}


TRUE_MOVIE = {"title": "Home", "year": 2015, "ids": {"trakt": 1, "imdb": "tt0000011", "tmdb": 11}}
NEAR_MOVIES = [
    {"title": "Home", "year": 2018, "ids": {"trakt": 2, "imdb": "tt0000012", "tmdb": 12}},
    {"title": "Home", "year": 2012, "ids": {"trakt": 3, "imdb": None, "tmdb": 13}},
    {"title": "Home Alone", "year": 2015, "ids": {"trakt": 4, "imdb": None, "tmdb": 14}},
    {"title": "Home", "year": 2015, "ids": {"trakt": 5, "imdb": "tt0000015", "tmdb": 15}},
    {"title": "home", "year": None, "ids": {"trakt": 6}},
    {"title": "", "year": 2015, "ids": {"trakt": 7}},
    {"title": "Home", "year": 2015, "ids": {"tmdb": 11}},
]
"""A remake, a forerunner, a longer title, another one of that year and title, and rubbish. The fourth can be
told from the true one by an id or by its length only."""

RUNTIMES = {1: 94, 5: 12}

KNOWN_MOVIES = [
    a_movie("Home", 2015, 95, imdb="tt0000011", tmdb=11),
    a_movie("Home", 2015, 95, tmdb=11),
    a_movie("Home", 2015, tmdb=11),
    a_movie("Home", 2015, 95),
    a_movie("HOME!", 2015, 95),
    a_movie("Home", None, 95),
]


@given(st.sampled_from(KNOWN_MOVIES), st.data())
def test_no_near_miss_is_taken_for_the_movie(media, data):
    """Whatever a search answers, and in whatever order, it is the true one or none."""
    result = walk(find(media), data, movie_answers)
    assert not isinstance(result, Media) or result.ids.trakt == 1


def movie_answers(request, data):
    if request.path.startswith("/movies/"):
        return ok({"runtime": RUNTIMES.get(int(request.path.rpartition("/")[2]))})
    shown = data.draw(st.lists(st.sampled_from([TRUE_MOVIE, *NEAR_MOVIES]), max_size=6))
    kind = data.draw(st.sampled_from(["movie", "movie", "movie", "show", "episode"]))
    return ok([{"type": kind, "score": None, kind: one} for one in shown])


def show_of(trakt, title, year, **ids):
    return {"title": title, "year": year, "ids": {"trakt": trakt, **ids}}


TRUE_SHOW = show_of(1, "Kin", 2021, tmdb=21, tvdb=31)
NEAR_SHOWS = [
    show_of(2, "Kin", 2014, tmdb=22),
    show_of(3, "Kin", 2024, tvdb=33),
    show_of(4, "Kindred", 2021, tmdb=24),
    show_of(5, "Kin", 2021, tmdb=25, tvdb=35),
    show_of(6, "Other", 2021, tmdb=26),
]
SHOWS = {show["ids"]["trakt"]: show for show in [TRUE_SHOW, *NEAR_SHOWS]}


def episode_of(show, number, **ids):
    trakt = show["ids"]["trakt"] * 100 + number
    title = {1: "Pilot", 2: "Aftermath"}[number]
    return {"season": 1, "number": number, "title": title, "runtime": 50, "ids": {"trakt": trakt, **ids}}


def true_hit(number):
    ids = {"tvdb": 900 + number, "tmdb": 800 + number}
    return {"type": "episode", "episode": episode_of(TRUE_SHOW, number, **ids), "show": TRUE_SHOW}


def near_hits():
    for show in NEAR_SHOWS:
        for number in (1, 2):
            # The numbers of the true show, and of its other episode, as those of an episode elsewhere.
            for ids in ({"tvdb": 31, "tmdb": 21}, {"tvdb": 700 + number}, {}):
                yield {"type": "episode", "episode": episode_of(show, number, **ids), "show": show}
    yield true_hit(2)


KNOWN_EPISODES = [
    an_episode("Kin", 2021, 1, 1, "Pilot", own=Ids(tvdb=901), show_ids=Ids(tmdb=21, tvdb=31)),
    an_episode("Kin", 2021, 1, 1, "Folge 1", show_ids=Ids(tmdb=21)),
    an_episode("Kin", 2021, 1, 1, "Pilot", own=Ids(tvdb=31), show_ids=Ids(tmdb=21)),
    an_episode("Kin", 2021, 4, 9, "Pilot", own=Ids(tvdb=901), show_ids=Ids(tvdb=31)),
    an_episode("Kin", 2021, 5, 5, "Pilot", numbering=Numbering.DVD, show_ids=Ids(tvdb=31)),
    an_episode("Kin", 2021, 1, 1, "Pilot", own=Ids(tvdb=901)),
]
"""All of them mean S01E01 of the true show; one has the show's id in the place of its own."""


@given(st.sampled_from(KNOWN_EPISODES), st.data())
def test_no_near_miss_is_taken_for_the_episode(media, data):
    """Shows of the same title, shows' ids as episodes' ids, other episodes: the true one or none."""
    result = walk(find(media), data, lambda request, data: episode_answers(request, data, media))
    assert not isinstance(result, Media) or result.ids.trakt == 101


def episode_answers(request, data, media):
    if request.path.startswith("/shows/"):
        _, _, trakt, _, season, _, number = request.path.split("/")
        if (season, number) != ("1", "1"):
            return Answer(status=404)
        return ok(true_hit(1)["episode"] if trakt == "1" else episode_of(SHOWS[int(trakt)], 1))
    if (
        request.path.startswith(("/search/show", "/search/tmdb/2"))
        or dict(request.query).get("type") == "show"
    ):
        has_ids = bool(media.show.ids)
        # Of two shows of one title and year nothing but an id tells which is meant.
        shows = [TRUE_SHOW, *[show for show in NEAR_SHOWS if has_ids or show["ids"]["trakt"] != 5]]
        shown = data.draw(st.lists(st.sampled_from(shows), max_size=5))
        return ok([{"type": "show", "show": one} for one in shown])
    hits = [one for one in near_hits() if media.show.ids or one["show"]["ids"]["trakt"] != 5]
    shown = data.draw(st.lists(st.sampled_from([true_hit(1), *hits]), max_size=5))
    return ok(shown)


def walk(flow, data, answers):
    try:
        request = next(flow)
        while True:
            request = flow.send(answers(request, data))
    except StopIteration as end:
        return end.value
