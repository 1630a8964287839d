from __future__ import annotations

import pytest

from crosswatch.core.anime import AnimeList, Place, Span, Title, is_anime, translate
from crosswatch.core.events import Media, MediaKind, Numbering, Show
from crosswatch.core.ids import Ids

REST = Span(season=1, first=1, last=None, tvdb_season=1, offset=0)
KNOWN = AnimeList(
    titles={
        23: Title(tvdb=76885, spans=(REST,), pairs={(0, 1): Place(season=0, number=1), (0, 2): None}),
        3: Title(
            tvdb=500,
            pairs={(1, 5): Place(season=2, number=9)},
            spans=(
                Span(season=1, first=1, last=12, tvdb_season=2, offset=12),
                Span(season=1, first=13, last=None, tvdb_season=3, offset=-12),
            ),
        ),
        4: Title(tvdb=501, spans=(Span(season=1, first=1, last=None, tvdb_season=None, offset=0),)),
        5: Title(film=Ids(imdb="tt0245429", tmdb=129)),
        6: Title(tvdb=502),
        7: Title(),
        8: Title(tvdb=503, spans=(Span(season=1, first=1, last=None, tvdb_season=1, offset=-3),)),
    },
    mal={1: 23},
)


def episode(*foreign, season=1, number=5, numbering=Numbering.ANIDB, **given):
    return Media(
        kind=MediaKind.EPISODE,
        title="Ballad of Fallen Angels",
        show=Show(title="Cowboy Bebop", year=1998),
        season=season,
        number=number,
        numbering=numbering,
        foreign_ids=foreign or ("anidb-23",),
        **given,
    )


@pytest.mark.parametrize(
    ("media", "tvdb", "season", "number"),
    [
        pytest.param(episode("anidb-23"), 76885, 1, 5, id="numbers that are equal"),
        pytest.param(episode("anidb-23", season=0, number=1), 76885, 0, 1, id="a special that is listed"),
        pytest.param(episode("anidb-3", number=4), 500, 2, 16, id="an offset"),
        pytest.param(episode("anidb-3", number=12), 500, 2, 24, id="the last of a span"),
        pytest.param(episode("anidb-3", number=13), 500, 3, 1, id="the first of the next span"),
        pytest.param(episode("anidb-3", number=5), 500, 2, 9, id="a single episode comes before any span"),
        pytest.param(episode("mal-1", numbering=Numbering.UNKNOWN), 76885, 1, 5, id="MyAnimeList"),
    ],
)
def test_an_episode_gets_the_shows_id_and_its_place_in_aired_order(media, tvdb, season, number):
    found = translate(media, KNOWN)
    assert (found.show.ids, found.season, found.number) == (Ids(tvdb=tvdb), season, number)
    assert found.numbering is Numbering.AIRED
    assert (found.show.title, found.show.year) == ("Cowboy Bebop", None)  # the year is that of one title


def test_numbers_through_all_seasons_stay_what_they_are():
    found = translate(episode("anidb-4", number=130), KNOWN)
    assert (found.show.ids, found.number, found.numbering) == (Ids(tvdb=501), 130, Numbering.ABSOLUTE)


def test_where_only_the_show_is_listed_nobody_knows_what_the_numbers_count():
    found = translate(episode("anidb-6"), KNOWN)
    assert (found.show.ids, found.numbering) == (Ids(tvdb=502), Numbering.UNKNOWN)


def test_the_only_episode_of_a_film_is_the_film():
    found = translate(episode("anidb-5", number=1), KNOWN)
    assert (found.kind, found.ids) == (MediaKind.MOVIE, Ids(imdb="tt0245429", tmdb=129))
    assert (found.show, found.season, found.number) == (None, None, None)


def test_a_film_gets_the_films_ids():
    film = Media(kind=MediaKind.MOVIE, title="Spirited Away", foreign_ids=("anidb-5",))
    assert translate(film, KNOWN).ids == Ids(imdb="tt0245429", tmdb=129)


@pytest.mark.parametrize(
    "media",
    [
        pytest.param(episode("anidb-99"), id="a title that is not listed"),
        pytest.param(episode("anidb-7"), id="a title of which nothing is listed"),
        pytest.param(episode("anidb-23", season=0, number=2), id="an episode that is nowhere"),
        pytest.param(episode("anidb-23", season=0, number=9), id="a special of which nothing is said"),
        pytest.param(episode("anidb-23", number=None), id="an episode without a number"),
        pytest.param(episode("anidb-8", number=3), id="an offset that leads before the first episode"),
        pytest.param(episode("anidb-5", number=2), id="a second part of a film"),
        pytest.param(episode("anidb-23", "anidb-3"), id="two titles at once"),
        pytest.param(episode("anidb-x"), id="a number that is none"),
        pytest.param(episode("mal-2", numbering=Numbering.UNKNOWN), id="nobody's number at MyAnimeList"),
        pytest.param(episode("mal-1", season=0, numbering=Numbering.UNKNOWN), id="a special of MyAnimeList"),
        pytest.param(
            episode("anidb-23", numbering=Numbering.AIRED), id="numbers that are aired order already"
        ),
        pytest.param(episode("anidb-23", numbering=Numbering.UNKNOWN), id="numbers that are AniDB's no more"),
        pytest.param(episode("anidb-23", ids=Ids(tvdb=9)), id="an episode with an id of its own"),
        pytest.param(episode("youtube-UCx"), id="no anime"),
    ],
)
def test_what_the_list_does_not_say_is_not_known(media):
    assert translate(media, KNOWN) is None


def test_anime_is_what_has_no_other_name():
    assert is_anime(episode("anidb-23"))
    assert not is_anime(episode("anidb-23", ids=Ids(tvdb=9)))
    assert not is_anime(episode("youtube-UCx"))


def test_of_two_lists_the_first_one_counts_and_the_second_one_fills_gaps():
    ids = AnimeList(titles={23: Title(tvdb=1), 9: Title(tvdb=2)}, mal={1: 24, 2: 9})
    both = KNOWN.joined(ids)
    assert both.titles[23] == KNOWN.titles[23]
    assert both.titles[9] == Title(tvdb=2)
    assert (both.mal[1], both.mal[2]) == (23, 9)
    film = AnimeList(titles={7: Title(film=Ids(tmdb=1))})
    assert KNOWN.joined(film).titles[7].film == Ids(tmdb=1)
