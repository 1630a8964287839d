"""The titles that both simulators know: the Plex library and Trakt's catalogue are filled from here.

Pure data. What the recorded payloads name is here with the numbers, years and positions they show;
the rest are near misses (remakes, a movie and a show of one title, one number used for several
kinds), odd spellings and odd lengths. Numbers are the public ones as far as they are known; numbers
from 99,000,000 on are invented, and so are the numbers of episodes unless `known` has them.

What only Plex has (home videos, unmatched files, a channel, live TV) is not here, nor what only Trakt
has (`crosswatch.simulator.trakt.stock`). One table, kept in one place though it is long.
"""

from __future__ import annotations

from datetime import date

from crosswatch.simulator.title_shapes import EpisodeFacts, EpisodeTitle, MovieTitle, ShowTitle

__all__ = [
    "MOVIES",
    "SHOWS",
    "EpisodeFacts",
    "EpisodeTitle",
    "MovieTitle",
    "ShowTitle",
    "movie_title",
    "show_title",
]


def _untitled(count: int, titled: dict[int, str] | None = None) -> tuple[str, ...]:
    """Titles of a season of which few are known: `Episode 1`, `Episode 2` and so on."""
    return tuple((titled or {}).get(number, f"Episode {number}") for number in range(1, count + 1))


MOVIES: tuple[MovieTitle, ...] = (
    # In the recorded Plex payloads.
    MovieTitle(
        key="matrix",
        title="The Matrix",
        year=1999,
        imdb="tt0133093",
        tmdb=603,
        tvdb=169,
        runtime_min=136,
        released=date(1999, 3, 30),
    ),
    MovieTitle(
        key="october-sky",
        title="October Sky",
        year=1999,
        imdb="tt0132477",
        tmdb=13466,
        tvdb=5370,
        runtime_min=108,
        released=date(1999, 2, 19),
    ),
    MovieTitle(
        key="arrival",
        title="Arrival",
        year=2016,
        imdb="tt2543164",
        tmdb=329865,
        runtime_min=116,
        released=date(2016, 11, 10),
    ),
    MovieTitle(
        key="barry-lyndon",
        title="Barry Lyndon",
        year=1975,
        imdb="tt0072684",
        tmdb=3175,
        runtime_min=184,
        released=date(1975, 12, 18),
    ),
    MovieTitle(
        key="spirited-away",
        title="Spirited Away",
        year=2001,
        imdb="tt0245429",
        tmdb=129,
        runtime_min=125,
        released=date(2001, 7, 20),
        aliases=("千と千尋の神隠し", "Sen to Chihiro no kamikakushi"),
    ),
    MovieTitle(
        key="tenet",
        title="Tenet",
        year=2020,
        imdb="tt6723592",
        tmdb=577922,
        runtime_min=150,
        released=date(2020, 8, 22),
    ),
    # The number in the quick test of the webhook; the title there is another one.
    MovieTitle(
        key="blind-side", title="The Blind Side", year=2009, imdb="tt0878804", tmdb=22881, runtime_min=129
    ),
    # Numbers in the table of GUID forms.
    MovieTitle(key="alien", title="Alien", year=1979, imdb="tt0078748", tmdb=348, runtime_min=117),
    MovieTitle(
        key="deadpool-2", title="Deadpool 2", year=2018, imdb="tt5463162", tmdb=383498, runtime_min=120
    ),
    # In the recorded Trakt exchanges.
    MovieTitle(
        key="tron-legacy", title="TRON: Legacy", year=2010, imdb="tt1104001", tmdb=20526, runtime_min=125
    ),
    MovieTitle(
        key="guardians",
        title="Guardians of the Galaxy",
        year=2014,
        imdb="tt2015381",
        tmdb=118340,
        runtime_min=121,
    ),
    # One title, two movies.
    MovieTitle(key="dune-1984", title="Dune", year=1984, imdb="tt0087182", tmdb=841, runtime_min=137),
    MovieTitle(key="dune-2021", title="Dune", year=2021, imdb="tt1160419", tmdb=438631, runtime_min=155),
    MovieTitle(
        key="true-grit-1969", title="True Grit", year=1969, imdb="tt0065126", tmdb=17529, runtime_min=128
    ),
    MovieTitle(
        key="true-grit-2010", title="True Grit", year=2010, imdb="tt1403865", tmdb=44264, runtime_min=110
    ),
    # One title, a movie and a show.
    MovieTitle(key="fargo-movie", title="Fargo", year=1996, imdb="tt0116282", tmdb=275, runtime_min=98),
    MovieTitle(
        key="burbs-movie", title="The 'Burbs", year=1989, imdb="tt0096734", tmdb=11974, runtime_min=101
    ),
    # Its number at TMDB is also that of Breaking Bad among shows.
    MovieTitle(
        key="mirror",
        title="Mirror",
        year=1975,
        imdb="tt0072443",
        tmdb=1396,
        runtime_min=107,
        aliases=("Зеркало", "Zerkalo"),
    ),
    # Titles beyond ASCII, and titles with the special characters of a search.
    MovieTitle(
        key="amelie",
        title="Amélie",
        year=2001,
        imdb="tt0211915",
        tmdb=194,
        runtime_min=122,
        aliases=("Le Fabuleux Destin d'Amélie Poulain",),
    ),
    MovieTitle(
        key="parasite",
        title="Parasite",
        year=2019,
        imdb="tt6751668",
        tmdb=496243,
        runtime_min=133,
        aliases=("기생충",),
    ),
    MovieTitle(key="wall-e", title="WALL·E", year=2008, imdb="tt0910970", tmdb=10681, runtime_min=98),
    MovieTitle(
        key="fallout",
        title="Mission: Impossible - Fallout",
        year=2018,
        imdb="tt4912910",
        tmdb=353081,
        runtime_min=148,
    ),
    MovieTitle(
        key="500-days", title="(500) Days of Summer", year=2009, imdb="tt1022603", tmdb=19913, runtime_min=95
    ),
    MovieTitle(key="face-off", title="Face/Off", year=1997, imdb="tt0119094", tmdb=754, runtime_min=139),
    MovieTitle(key="rec", title="[REC]", year=2007, imdb="tt1038988", tmdb=8329, runtime_min=78),
    # Plain ones, for evenings with several people.
    MovieTitle(key="inception", title="Inception", year=2010, imdb="tt1375666", tmdb=27205, runtime_min=148),
    MovieTitle(
        key="paddington-2", title="Paddington 2", year=2017, imdb="tt4468740", tmdb=346648, runtime_min=104
    ),
    MovieTitle(
        key="grand-budapest",
        title="The Grand Budapest Hotel",
        year=2014,
        imdb="tt2278388",
        tmdb=120467,
        runtime_min=100,
    ),
    # Known to one catalogue only, very short, not yet released.
    MovieTitle(
        key="imdb-only",
        title="The Long Way Round to Town",
        year=2011,
        imdb="tt99000001",
        tmdb=None,
        runtime_min=88,
    ),
    MovieTitle(key="paperman", title="Paperman", year=2012, imdb="tt2388725", tmdb=140420, runtime_min=7),
    MovieTitle(
        key="unreleased",
        title="The Voyage Not Yet Made",
        year=2031,
        imdb="tt99000002",
        tmdb=99_000_002,
        runtime_min=120,
        released=date(2031, 5, 1),
    ),
)


SHOWS: tuple[ShowTitle, ...] = (
    # In the recorded Plex payloads.
    ShowTitle(
        key="severance",
        title="Severance",
        year=2022,
        imdb="tt11280740",
        tmdb=95396,
        tvdb=371980,
        runtime_min=53,
        invented_from=99_010_000,
        premiered=date(2022, 2, 17),
        seasons={
            1: (
                "Good News About Hell",
                "Half Loop",
                "In Perpetuity",
                "The You You Are",
                "The Grim Barbarity of Optics and Design",
                "Hide and Seek",
                "Defiant Jazz",
                "What's for Dinner?",
                "The We We Are",
            ),
            2: (
                "Hello, Ms. Cobel",
                "Goodbye, Mrs. Selvig",
                "Who Is Alive?",
                "Woe's Hollow",
                "Trojan's Horse",
                "Attila",
                "Chikhai Bardo",
                "Sweet Vitriol",
                "The After Hours",
                "Cold Harbor",
            ),
        },
        known={
            (1, 2): EpisodeFacts(imdb="tt9900102", tmdb=9900102, tvdb=9900102, aired=date(2022, 2, 18)),
            (1, 3): EpisodeFacts(imdb="tt9900103", tmdb=9900103, tvdb=9900103, aired=date(2022, 2, 25)),
        },
    ),
    ShowTitle(
        key="burbs",
        title="The 'Burbs",
        year=2026,
        imdb="tt99020000",
        tmdb=99_020_000,
        tvdb=99_020_000,
        runtime_min=48,
        invented_from=99_020_000,
        seasons={1: _untitled(8, {1: "Pilot"})},
        known={(1, 1): EpisodeFacts(imdb="tt35670500", tmdb=5580253, tvdb=10678775)},
    ),
    ShowTitle(
        key="sherlock",
        title="Sherlock",
        year=2010,
        imdb="tt1475582",
        tmdb=19885,
        tvdb=176941,
        runtime_min=90,
        invented_from=99_030_000,
        premiered=date(2010, 7, 25),
        seasons={
            0: _untitled(8, {1: "Unaired Pilot", 8: "Many Happy Returns"}),
            1: ("A Study in Pink", "The Blind Banker", "The Great Game"),
            2: ("A Scandal in Belgravia", "The Hounds of Baskerville", "The Reichenbach Fall"),
            3: ("The Empty Hearse", "The Sign of Three", "His Last Vow"),
            4: ("The Six Thatchers", "The Lying Detective", "The Final Problem"),
        },
        known={
            (0, 8): EpisodeFacts(
                imdb="tt9900208", tmdb=9900208, tvdb=9900208, runtime_min=7, aired=date(2013, 12, 24)
            )
        },
    ),
    ShowTitle(
        key="office-us",
        title="The Office (US)",
        year=2005,
        imdb="tt0386676",
        tmdb=2316,
        tvdb=73244,
        runtime_min=21,
        invented_from=99_040_000,
        premiered=date(2005, 3, 24),
        trakt_title="The Office",
        aliases=("The Office",),
        seasons={
            1: ("Pilot", "Diversity Day", "Health Care", "The Alliance", "Basketball", "Hot Girl"),
            2: _untitled(22),
            3: _untitled(23),
            4: ("Fun Run (1)", "Fun Run (2)", "Dunder Mifflin Infinity (1)", "Dunder Mifflin Infinity (2)"),
        },
        known={
            (4, 1): EpisodeFacts(imdb="tt9900401", tmdb=9900401, tvdb=9900401, aired=date(2007, 9, 27)),
            (4, 2): EpisodeFacts(imdb="tt9900402", tmdb=9900402, tvdb=9900402, aired=date(2007, 9, 27)),
        },
        shared_files=(((4, 1), (4, 2)),),
    ),
    ShowTitle(
        key="futurama",
        title="Futurama",
        year=1999,
        imdb="tt0149460",
        tmdb=615,
        tvdb=73871,
        runtime_min=22,
        invented_from=99_050_000,
        premiered=date(1999, 3, 28),
        seasons={1: _untitled(9, {1: "Space Pilot 3000"}), 2: _untitled(20, {15: "A Clone of My Own"})},
        known={
            (2, 15): EpisodeFacts(imdb="tt99050215", tmdb=99_050_215, tvdb=99_050_215, aired=date(2000, 4, 9))
        },
    ),
    ShowTitle(
        key="cowboy-bebop",
        title="Cowboy Bebop",
        year=1998,
        imdb="tt0213338",
        tmdb=30991,
        tvdb=76885,
        runtime_min=24,
        invented_from=99_060_000,
        absolute=True,
        aliases=("カウボーイビバップ",),
        seasons={
            1: _untitled(
                26,
                {
                    1: "Asteroid Blues",
                    2: "Stray Dog Strut",
                    3: "Honky Tonk Women",
                    4: "Gateway Shuffle",
                    5: "Ballad of Fallen Angels",
                },
            )
        },
    ),
    ShowTitle(
        key="attack-on-titan",
        title="Attack on Titan",
        year=2013,
        imdb="tt2560140",
        tmdb=1429,
        tvdb=267440,
        runtime_min=24,
        invented_from=99_070_000,
        premiered=date(2013, 4, 7),
        absolute=True,
        aliases=("進撃の巨人", "Shingeki no Kyojin"),
        seasons={
            0: _untitled(3),
            1: _untitled(25, {3: "A Dim Light Amid Despair"}),
            2: _untitled(12),
            3: _untitled(22),
        },
    ),
    ShowTitle(
        key="game-of-thrones",
        title="Game of Thrones",
        year=2011,
        imdb="tt0944947",
        tmdb=1399,
        tvdb=121361,
        runtime_min=58,
        invented_from=99_080_000,
        premiered=date(2011, 4, 18),
        seasons={
            1: (
                "Winter Is Coming",
                "The Kingsroad",
                "Lord Snow",
                "Cripples, Bastards, and Broken Things",
                "The Wolf and the Lion",
                "A Golden Crown",
                "You Win or You Die",
                "The Pointy End",
                "Baelor",
                "Fire and Blood",
            )
        },
        known={(1, 1): EpisodeFacts(imdb="tt1480055", tmdb=63056, tvdb=3254641)},
    ),
    ShowTitle(
        key="bluey",
        title="Bluey",
        year=2018,
        imdb="tt7678620",
        tmdb=82728,
        tvdb=353546,
        runtime_min=7,
        invented_from=99_090_000,
        seasons={1: _untitled(52), 2: _untitled(52), 3: _untitled(49, {15: "Explorers"})},
        known={(3, 15): EpisodeFacts(imdb="tt15551010", tmdb=3366778, tvdb=8858893, aired=date(2021, 12, 5))},
    ),
    ShowTitle(
        key="baki-hanma",
        title="Baki Hanma",
        year=2021,
        imdb="tt99100000",
        tmdb=99_100_000,
        tvdb=99_100_000,
        runtime_min=25,
        invented_from=99_100_000,
        seasons={1: _untitled(12, {1: "The Battle Begins"})},
        known={(1, 1): EpisodeFacts(imdb="tt14765720", tmdb=3087250, tvdb=8530933)},
    ),
    # In the recorded Trakt exchanges, and in the table of GUID forms.
    ShowTitle(
        key="breaking-bad",
        title="Breaking Bad",
        year=2008,
        imdb="tt0903747",
        tmdb=1396,
        tvdb=81189,
        runtime_min=48,
        invented_from=99_110_000,
        premiered=date(2008, 1, 20),
        seasons={
            0: _untitled(2),
            1: (
                "Pilot",
                "Cat's in the Bag...",
                "...And the Bag's in the River",
                "Cancer Man",
                "Gray Matter",
                "Crazy Handful of Nothin'",
                "A No-Rough-Stuff-Type Deal",
            ),
            2: _untitled(13, {1: "Seven Thirty-Seven", 2: "Grilled", 5: "Breakage"}),
        },
        known={(1, 1): EpisodeFacts(imdb="tt0959621", tmdb=62085, tvdb=349232)},
    ),
    ShowTitle(
        key="big-bang-theory",
        title="The Big Bang Theory",
        year=2007,
        imdb="tt0898266",
        tmdb=1418,
        tvdb=80379,
        runtime_min=22,
        invented_from=99_120_000,
        seasons={1: _untitled(17, {1: "Pilot", 2: "The Big Bran Hypothesis"})},
    ),
    ShowTitle(
        key="one-piece",
        title="One Piece",
        year=1999,
        imdb="tt0388629",
        tmdb=37854,
        tvdb=81797,
        runtime_min=24,
        invented_from=99_130_000,
        premiered=date(1999, 10, 20),
        absolute=True,
        aliases=("ワンピース",),
        seasons={
            1: _untitled(8),
            2: _untitled(22),
            3: _untitled(17),
            4: _untitled(13),
            5: _untitled(9),
            6: _untitled(22),
            7: _untitled(39),
            8: _untitled(13),
            9: _untitled(52, {21: "Light the Fire of Shandia! Wiper the Warrior"}),
        },
        known={(9, 21): EpisodeFacts(imdb=None, tmdb=None, tvdb=362082)},
    ),
    ShowTitle(
        key="tron-uprising",
        title="Tron: Uprising",
        year=2012,
        imdb="tt1812523",
        tmdb=34356,
        tvdb=258480,
        runtime_min=22,
        invented_from=99_140_000,
        seasons={1: _untitled(19, {1: "The Renegade (1)", 2: "The Renegade (2)"})},
        known={(1, 1): EpisodeFacts(imdb=None, tmdb=786460, tvdb=4318713)},
    ),
    # One title, a movie and a show; one title, two shows.
    ShowTitle(
        key="fargo",
        title="Fargo",
        year=2014,
        imdb="tt2802850",
        tmdb=60622,
        tvdb=269613,
        runtime_min=53,
        invented_from=99_150_000,
        premiered=date(2014, 4, 15),
        seasons={1: _untitled(10, {1: "The Crocodile's Dilemma"}), 2: _untitled(10)},
    ),
    ShowTitle(
        key="battlestar-1978",
        title="Battlestar Galactica",
        year=1978,
        imdb="tt0076984",
        tmdb=501,
        tvdb=71173,
        runtime_min=47,
        invented_from=99_160_000,
        seasons={1: _untitled(24, {1: "Saga of a Star World (1)"})},
    ),
    ShowTitle(
        key="battlestar-2003",
        title="Battlestar Galactica (2003)",
        year=2003,
        imdb="tt0407362",
        tmdb=1972,
        tvdb=73545,
        runtime_min=44,
        invented_from=99_170_000,
        trakt_title="Battlestar Galactica",
        aliases=("Battlestar Galactica",),
        seasons={
            0: ("Night 1", "Night 2"),
            1: _untitled(13, {1: "33", 2: "Water", 3: "Bastille Day"}),
            2: _untitled(20, {1: "Scattered", 2: "Valley of Darkness", 3: "Fragged"}),
        },
        shared_files=(((2, 1), (2, 2)),),
    ),
    # Titles beyond ASCII and with the special characters of a search. One episode has the number at
    # TMDB that Breaking Bad has among shows and Mirror among movies.
    ShowTitle(
        key="shogun-2024",
        title="Shōgun",
        year=2024,
        imdb="tt2788316",
        tmdb=126308,
        tvdb=99_180_000,
        runtime_min=58,
        invented_from=99_180_000,
        aliases=("将軍", "Shogun"),
        seasons={1: ("Anjin", "Servants of Two Masters", "Tomorrow Is Tomorrow", "The Eightfold Fence")},
    ),
    ShowTitle(
        key="mash",
        title="M*A*S*H",
        year=1972,
        imdb="tt0068098",
        tmdb=918,
        tvdb=70994,
        runtime_min=25,
        invented_from=99_190_000,
        aliases=("MASH",),
        seasons={1: _untitled(24, {1: "Pilot", 2: "To Market, to Market"})},
        known={(1, 2): EpisodeFacts(imdb="tt99190102", tmdb=1396, tvdb=99_190_102)},
    ),
)


def movie_title(key: str) -> MovieTitle:
    """The movie of that key.

    Raises:
        KeyError: If there is none.
    """
    return {movie.key: movie for movie in MOVIES}[key]


def show_title(key: str) -> ShowTitle:
    """The show of that key.

    Raises:
        KeyError: If there is none.
    """
    return {show.key: show for show in SHOWS}[key]
