"""What the simulated Trakt knows from the beginning: the shared titles, and near misses of its own.

Trakt's numbers are those that the recorded exchanges show; `Catalogue` makes up the others. The near
misses are there to be hit by mistake: what finds them has sent a number as the wrong kind, or a title
without its year.
"""

from __future__ import annotations

from crosswatch.simulator.titles import MOVIES, SHOWS, EpisodeFacts, MovieTitle, ShowTitle
from crosswatch.simulator.trakt.catalogue import Catalogue

RECORDED_NUMBERS = {
    "tron-legacy": 12601,
    "guardians": 28,
    "breaking-bad": 1388,
    "game-of-thrones": 1390,
    "big-bang-theory": 1409,
    "one-piece": 37696,
    "tron-uprising": 34209,
}
"""Key of a title to Trakt's number."""

RECORDED_EPISODES = {
    "breaking-bad": {(1, 1): 73482},
    "game-of-thrones": {(1, 1): 73640},
    "one-piece": {(9, 21): 856373},
    "tron-uprising": {(1, 1): 793693},
}
"""Key of a show to Trakt's numbers by season and number."""

NEAR_MOVIES: tuple[MovieTitle, ...] = (
    # The other number at TMDB that a doubly matched Matrix carries.
    MovieTitle(
        key="matrix-fan-cut", title="The Matrix Recut", year=2012, imdb=None, tmdb=999_999_901, runtime_min=90
    ),
    # The title of a show, and its number at TMDB.
    MovieTitle(
        key="severance-movie", title="Severance", year=2006, imdb="tt0464196", tmdb=95396, runtime_min=96
    ),
    MovieTitle(
        key="the-arrival", title="The Arrival", year=1996, imdb="tt99000011", tmdb=99_000_011, runtime_min=115
    ),
    # Found by title alone in place of Arrival, because it is the more recent one.
    MovieTitle(key="arrival-2024", title="Arrival", year=2024, imdb=None, tmdb=99_000_012, runtime_min=14),
)

NEAR_SHOWS: tuple[ShowTitle, ...] = (
    ShowTitle(
        key="office-uk",
        title="The Office",
        year=2001,
        imdb="tt0290978",
        tmdb=2996,
        tvdb=78107,
        runtime_min=30,
        invented_from=99_500_000,
        seasons={1: ("Downsize", "Work Experience", "The Quiz", "Training", "New Girl", "Judgement")},
    ),
    ShowTitle(
        key="cowboy-bebop-2021",
        title="Cowboy Bebop",
        year=2021,
        imdb="tt1267295",
        tmdb=99_510_000,
        tvdb=99_510_000,
        runtime_min=46,
        invented_from=99_510_000,
        seasons={1: ("Cowboy Gospel", "Venus Pop", "Dog Star Swing")},
    ),
    # Its number at TMDB is The Matrix's; its first episode has the numbers of the show Severance, its
    # second those of the movie The Matrix: what is sent as an episode's id by mistake ends up here.
    ShowTitle(
        key="wrong-kind",
        title="Somebody Else's Evening",
        year=2019,
        imdb="tt99520000",
        tmdb=603,
        tvdb=169,
        runtime_min=30,
        invented_from=99_520_000,
        seasons={1: ("Taken for a Show", "Taken for a Movie", "Taken for Nobody")},
        known={
            (1, 1): EpisodeFacts(imdb=None, tmdb=95396, tvdb=371980),
            (1, 2): EpisodeFacts(imdb=None, tmdb=603, tvdb=169),
        },
    ),
)


def default_catalogue() -> Catalogue:
    """A fresh catalogue with everything the sample Plex library holds, and its near misses."""
    catalogue = Catalogue()
    for movie in (*MOVIES, *NEAR_MOVIES):
        catalogue.add_movie(movie, trakt=RECORDED_NUMBERS.get(movie.key))
    for show in (*SHOWS, *NEAR_SHOWS):
        catalogue.add_show(
            show, trakt=RECORDED_NUMBERS.get(show.key), episode_numbers=RECORDED_EPISODES.get(show.key)
        )
    return catalogue
