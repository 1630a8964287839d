from __future__ import annotations

import pytest

from crosswatch.core.events import MediaKind
from crosswatch.core.identity import Choice
from crosswatch.core.ids import Ids
from crosswatch.core.outcomes import Hold, Refused, Retry
from crosswatch.core.reasons import Reason
from crosswatch.providers.scrobble.trakt.answers import Answer, Failure, Unasked
from crosswatch.providers.scrobble.trakt.choosing import confirm

MOVIE, EPISODE = MediaKind.MOVIE, MediaKind.EPISODE


def a_movie(link="", **ids):
    return Choice(kind=MOVIE, ids=Ids(**ids), link=link)


def an_episode(link="", *, season=None, number=None, show=Ids(), **ids):
    return Choice(kind=EPISODE, ids=Ids(**ids), show_ids=show, season=season, number=number, link=link)


@pytest.mark.parametrize(
    ("choice", "label"),
    [
        pytest.param(a_movie(tmdb=438631), "Dune (2021)", id="a movie's id"),
        pytest.param(a_movie(imdb="tt0087182", tmdb=841), "Dune (1984)", id="two ids that agree"),
        pytest.param(a_movie("https://trakt.tv/movies/dune-1984"), "Dune (1984)", id="a movie's page"),
        pytest.param(
            a_movie("  https://app.trakt.tv/movies/dune-2021/?language=en "), "Dune (2021)", id="as copied"
        ),
        pytest.param(an_episode(tvdb=9900102), "Severance S01E02", id="an episode's id"),
        pytest.param(
            an_episode(show=Ids(tmdb=95396), season=1, number=3), "Severance S01E03", id="a show's id"
        ),
        pytest.param(
            an_episode(show=Ids(tvdb=176941), season=0, number=8), "Sherlock S00E08", id="a special"
        ),
        pytest.param(
            an_episode("https://trakt.tv/shows/severance/seasons/2/episodes/4"),
            "Severance S02E04",
            id="an episode's page",
        ),
    ],
)
def test_a_choice_that_trakt_has_is_confirmed_by_its_number(drive, ask, choice, label):
    found, requests = drive(confirm(choice), ask)
    assert found.label == label
    assert found.ids.trakt
    assert not any(request.is_write or "query" in dict(request.query) for request in requests)


@pytest.mark.parametrize(
    "choice",
    [
        pytest.param(a_movie(tmdb=5), id="no such movie"),
        pytest.param(a_movie(tmdb=841, imdb="tt1160419"), id="ids of two movies"),
        pytest.param(a_movie(imdb="tt11280740"), id="a show's id as a movie's"),
        pytest.param(an_episode(tvdb=371980 + 10**7), id="no such episode"),
        pytest.param(an_episode(show=Ids(tmdb=5), season=1, number=1), id="no such show"),
        pytest.param(an_episode(show=Ids(tmdb=95396), season=9, number=9), id="not in that show"),
        pytest.param(a_movie("https://trakt.tv/movies/no-such-movie"), id="a page of nothing"),
        pytest.param(an_episode("https://trakt.tv/shows/no-such/seasons/1/episodes/1"), id="of no show"),
        pytest.param(an_episode("https://trakt.tv/shows/severance"), id="the page of a show"),
        pytest.param(a_movie("https://example.org/movies/dune-1984"), id="a page elsewhere"),
        pytest.param(a_movie("https://trakt.tv.example.org/movies/dune-1984"), id="a page that pretends"),
        pytest.param(a_movie("dune-1984"), id="no address"),
    ],
)
def test_a_choice_that_trakt_does_not_have_is_refused(drive, ask, choice):
    found, _ = drive(confirm(choice), ask)
    assert isinstance(found, Refused)
    assert found.reason is Reason.NO_MATCH
    assert found.detail.endswith(".")


def test_a_link_may_lead_to_another_kind_than_the_server_has(drive, ask):
    """What lies among episodes on a server may be a movie to Trakt, and the other way round."""
    found, _ = drive(confirm(an_episode("https://trakt.tv/movies/dune-1984")), ask)
    assert found.kind is MOVIE


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (Answer(status=503, text=""), Retry),
        (Failure(detail="Silence.", may_be_done=False), Retry),
        (Unasked(outcome=Hold(reason=Reason.LINK_EXPIRED)), Hold),
    ],
    ids=["trouble", "silence", "no link"],
)
@pytest.mark.parametrize(
    "choice",
    [
        a_movie(tmdb=841),
        an_episode(tvdb=1),
        an_episode(show=Ids(tmdb=1), season=1, number=1),
        a_movie("https://trakt.tv/movies/x"),
        an_episode("https://trakt.tv/shows/x/seasons/1/episodes/1"),
    ],
    ids=["movie", "episode", "show", "movie's page", "episode's page"],
)
def test_trouble_is_no_answer_about_the_choice(drive, choice, reply, kind):
    found, requests = drive(confirm(choice), lambda _: reply)
    assert isinstance(found, kind)
    assert len(requests) == 1


def test_trouble_after_the_show_was_found_is_trouble_all_the_same(drive, ask):
    def answer(request):
        return Answer(status=503, text="") if "/episodes/" in request.path else ask(request)

    for choice in (
        an_episode(show=Ids(tmdb=95396), season=1, number=3),
        an_episode("https://trakt.tv/shows/severance/seasons/1/episodes/3"),
    ):
        assert isinstance(drive(confirm(choice), answer)[0], Retry)


@pytest.mark.parametrize("json", [[], {}, [1], [{"type": "movie"}], {"movie": {}}], ids=repr)
def test_an_answer_that_makes_no_sense_confirms_nothing(drive, json):
    for choice in (a_movie(tmdb=841), a_movie("https://trakt.tv/movies/x")):
        found, _ = drive(confirm(choice), lambda _: Answer(status=200, json=json, text="…"))
        assert isinstance(found, Refused)
