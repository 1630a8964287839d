"""Remakes, namesakes, wrong years and ids of another kind: nothing wrong gets through, whatever is lost.

The whole sample library is watched, with what its server knows spoilt in one way; the simulated Trakt holds
the titles, and near misses of its own. Each play that Trakt holds then must be of the very item that was
watched at that moment.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace

import pytest

from crosswatch.simulator.titles import MOVIES, SHOWS
from crosswatch.simulator.trakt import Fault
from fakes.household import MEMBER


@dataclass(frozen=True)
class Sample:
    """An item of the library, what it is at Trakt, of which title both were made, and another of its kind."""

    item: object
    truth: object
    title: object
    other: object = None

    @property
    def line(self):
        """The item with what is above it."""
        above = self.item.parent
        return [self.item] if above is None else [self.item, above, above.parent]


def as_it_is(_sample):
    pass


def without_ids(sample):
    for one in sample.line:
        one.guids = ()
        if not one.guid.startswith("plex://"):
            one.guid = f"local://{one.rating_key}"


def without_ids_and_dates(sample):
    without_ids(sample)
    for one in sample.line:
        one.year = one.day = None


def a_year_later_without_ids(sample):
    without_ids(sample)
    for one in sample.line:
        one.year, one.day = sample.title.year + 1, None


def many_years_later_without_ids(sample):
    without_ids(sample)
    for one in sample.line:
        one.year, one.day = 2024, None


def with_ids_of_the_show_in_place_of_its_own(sample):
    without_ids(sample)
    title = sample.title
    sample.item.guids = (f"imdb://{title.imdb}", f"tmdb://{title.tmdb}", f"tvdb://{title.tvdb}")


def with_ids_of_the_episode_in_place_of_its_shows(sample):
    """Its own are none then, and its show is whatever has such numbers among shows."""
    without_ids(sample)
    if sample.item.kind == "episode":
        truth = sample.truth
        sample.line[-1].guids = (f"imdb://{truth.imdb}", f"tmdb://{truth.tmdb}", f"tvdb://{truth.tvdb}")


def under_titles_of_another_language(sample):
    """The ids are right, and Trakt knows what they name by another title."""
    for number, one in enumerate(sample.line):
        one.title = f"Etwas anderes {one.rating_key}-{number}"


def without_ids_and_the_title_of_the_episode(sample):
    without_ids_and_dates(sample)
    if sample.item.kind == "episode":
        sample.item.title = f"Episode {sample.item.index}"


def with_one_id_of_another(sample):
    """The first is right, as the titles say; a doubly matched item is such a one."""
    without_ids(sample)
    own = f"imdb://{sample.truth.imdb}" if sample.truth.imdb else f"tvdb://{sample.truth.tvdb}"
    sample.item.guids = (own, f"tmdb://{sample.other.tmdb}")


def with_the_better_id_of_another(sample):
    """Trakt looks at IMDb's first."""
    without_ids(sample)
    own = f"tmdb://{sample.truth.tmdb}"
    sample.item.guids = (f"imdb://{sample.other.imdb}", own)


WAYS = {
    as_it_is: 0.9,
    without_ids: 0.75,
    without_ids_and_dates: 0.5,
    a_year_later_without_ids: 0.5,
    many_years_later_without_ids: 0.0,
    with_ids_of_the_show_in_place_of_its_own: 0.5,
    with_ids_of_the_episode_in_place_of_its_shows: 0.35,
    under_titles_of_another_language: 0.75,
    without_ids_and_the_title_of_the_episode: 0.1,
    with_one_id_of_another: 0.75,
    with_the_better_id_of_another: 0.5,
}
"""How what the server knows is spoilt, and what share is recorded all the same: caution has bounds."""

GUESSES = {a_year_later_without_ids: 0.5, many_years_later_without_ids: 0.0}
"""The same where Trakt takes a title for the newest thing of that name, whatever the year."""


def samples(home):
    """All films, and of each season in each of its ways to stand there one or two episodes."""
    catalogue, found = home.trakt.world.catalogue, []
    movies = {(movie.title, movie.year): movie for movie in MOVIES}
    shows = {show.title: show for show in SHOWS}
    seen = defaultdict(int)
    for item in home.plex.world.library.everything():
        if item.kind == "movie" and (movie := movies.get((item.title, item.year))):
            found.append(Sample(item, catalogue.movie("imdb", movie.imdb), movie))
        show = shows.get(item.grandparent.title) if item.grandparent and item.kind == "episode" else None
        place = item.aired or (item.season_index, item.index)
        if show is None or place in sum(show.shared_files, ()) or seen[item.parent.rating_key] == 1:
            continue
        seen[item.parent.rating_key] += 1
        found.append(Sample(item, catalogue.show("tvdb", show.tvdb).episode(*place), show))
    kinds = {kind: [one for one in found if one.item.kind == kind] for kind in ("movie", "episode")}
    return [
        replace(sample, other=other.truth)
        for ones in kinds.values()
        for sample, other in zip(ones, [*ones[1:], ones[0]], strict=True)
        if other.truth.tmdb and sample.truth.tmdb
    ]


async def share_of_right(home, spoil):
    """Watch everything, spoilt so; the share that is recorded. Fails if a play is not of what was watched."""
    watched, right = samples(home), 0
    for sample in watched:
        spoil(sample)
    for sample in watched:
        held = len(home.trakt.history(MEMBER))
        await home.watch(sample.item.rating_key, start=0.99)
        await home.later(minutes=1)
        made = home.trakt.history(MEMBER)[: -held or None]
        assert [play.item for play in made] in ([], [sample.truth]), sample.item.label
        right += len(made)
    return right / len(watched)


@pytest.mark.parametrize("spoil", WAYS)
async def test_nothing_wrong_gets_through_and_most_of_what_is_right_does(live_in, spoil):
    home = await live_in(whitelist=())
    assert await share_of_right(home, spoil) >= WAYS[spoil]


@pytest.mark.parametrize("spoil", GUESSES)
async def test_nor_does_it_where_trakt_guesses_by_title(live_in, spoil):
    home = await live_in(whitelist=(), trakt={"title_despite_year": True})
    assert await share_of_right(home, spoil) >= GUESSES[spoil]


@pytest.mark.parametrize("path", ["/scrobble", "/search"])
async def test_nor_where_trakt_answers_with_something_else(live_in, path):
    home = await live_in(whitelist=())
    home.trakt.add_fault(Fault.wrong_item(path=path))
    assert await share_of_right(home, without_ids) == 0
