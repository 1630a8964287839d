from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosswatch.core.events import Media, MediaKind, Percent, PlayId, Show
from crosswatch.core.ids import Ids
from crosswatch.core.outcomes import Accepted, AlreadyThere, Hold, Refused, Retry
from crosswatch.core.plays import DesiredAction, Match, SinkAccount
from crosswatch.core.ports import Order
from crosswatch.core.reasons import Reason
from crosswatch.providers.scrobble.trakt.answers import Answer, Failure
from crosswatch.providers.scrobble.trakt.bodies import media_key
from crosswatch.providers.scrobble.trakt.flow import (
    AMBIGUOUS,
    MISTAKEN,
    NOT_FOUND,
    TAKEN_FOR_ANOTHER,
    known_ways,
    remembered_nothing,
    scrobble,
)
from crosswatch.simulator.titles import movie_title
from crosswatch.simulator.trakt import Fault

START, PAUSE, STOP, WATCHED = DesiredAction
DEFAULT = object()


@pytest.fixture
def tell(drive, ask, order, now):
    """Run the flow for an item; its ending and the requests it made."""

    def run(media, action=START, progress=10.0, match=None, answer=DEFAULT, **given):
        flow = scrobble(order(media, action, progress), match, now=now, **given)
        return drive(flow, ask if answer is DEFAULT else answer)

    return run


@pytest.fixture
def remembered(now):
    def make(media, **given):
        return Match(**{"key": media_key(media), "evidence": "answer", "made_at": now, **given})

    return make


def writes(requests):
    return [(request.path, request.body) for request in requests if request.is_write]


def paths(requests):
    return [request.path for request in requests]


def created(item, **given):
    return Answer(
        status=201, json={"id": 7, "action": "scrobble", "progress": 90, **item, **given}, text="{…}"
    )


# ---------------------------------------------------------------------------------- the plain way


@pytest.mark.parametrize(
    ("action", "progress", "sent"),
    [
        (START, 0.5, ("/scrobble/start", 0.5)),
        (PAUSE, 40, ("/scrobble/pause", 40)),
        (STOP, 85, ("/scrobble/stop", 79.9)),
        (WATCHED, 60, ("/scrobble/stop", 80)),
        (WATCHED, 97.55, ("/scrobble/stop", 97.55)),
    ],
    ids=["start", "pause", "stop below the user's mark", "watched by the user's mark", "watched"],
)
def test_a_known_item_takes_one_request(tell, movie, action, progress, sent):
    ending, requests = tell(movie(), action, progress)
    assert isinstance(ending.outcome, Accepted)
    assert [(request.path, request.body["progress"]) for request in requests] == [sent]


@pytest.mark.parametrize(("action", "progress"), [(PAUSE, 0.5), (PAUSE, 85), (STOP, 0.5)])
def test_where_there_is_nothing_to_tell_nothing_is_asked(tell, movie, action, progress):
    ending, requests = tell(movie(), action, progress)
    assert (type(ending.outcome), ending.learned, requests) == (Accepted, None, [])


def test_a_play_has_its_number_and_is_held_by_trakt(tell, episode, service):
    ending, _ = tell(episode(), WATCHED, 95)
    (play,) = service.user("sample-user").history
    assert (play.id, play.item.label) == (ending.outcome.remote_id, "Breaking Bad S01E01")


def test_titles_go_with_positions_but_never_with_a_play(tell, movie):
    """A play stays even if Trakt took a title for another, so it goes out by ids alone."""
    assert "title" in writes(tell(movie(), START)[1])[0][1]["movie"]
    assert set(writes(tell(movie(), WATCHED, 90)[1])[0][1]["movie"]) == {"ids"}


def test_what_trakt_calls_the_item_is_learned_from_its_answer(tell, episode):
    ending, _ = tell(episode())
    assert ending.learned == ending.outcome.match
    assert ending.learned.ids.trakt == 73482
    assert ending.learned.show_ids.trakt == 1388
    assert (ending.learned.evidence, ending.learned.expires_at) == ("answer", None)


# ---------------------------------------------------------------------------------- what is remembered


def test_a_remembered_match_is_used_and_not_learned_again(tell, episode):
    first, _ = tell(episode())
    second, requests = tell(episode(), WATCHED, 90, match=first.learned)
    assert writes(requests) == [("/scrobble/stop", {"episode": {"ids": {"trakt": 73482}}, "progress": 90})]
    assert (second.outcome.match, second.learned) == (None, None)


def test_a_match_that_trakt_no_longer_knows_gives_way_to_the_ids(tell, movie, remembered):
    ending, requests = tell(movie(), match=remembered(movie(), ids=Ids(trakt=999_999)))
    assert [body["movie"]["ids"] for _, body in writes(requests)] == [
        {"trakt": 999_999},
        {"imdb": "tt2015381", "tmdb": 118340},
    ]
    assert ending.learned.ids.trakt == 28


@pytest.mark.parametrize(
    ("evidence", "reason"),
    [
        (NOT_FOUND, Reason.NO_MATCH),
        (AMBIGUOUS, Reason.AMBIGUOUS_MATCH),
        (MISTAKEN, Reason.WRONG_MATCH),
    ],
)
def test_what_was_not_found_is_not_asked_for_again(tell, movie, now, evidence, reason):
    ending, requests = tell(movie(), WATCHED, 90, match=remembered_nothing(movie(), evidence, now))
    assert (ending.outcome.reason, requests) == (reason, [])


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"title": "A Film of One's Own", "ids": Ids(tmdb=99_999_999)}, "its ids (tmdb 99999999)"),
        ({"title": "Paddington 2", "year": 2017, "ids": Ids()}, "Candidates: Paddington 2 (2017) (trakt "),
    ],
)
def test_what_was_found_out_is_said_again_while_it_is_remembered(tell, movie, service, facts, said):
    twin = replace(movie_title("paddington-2"), key="twin", imdb=None, tmdb=99_000_099)
    service.world.catalogue.add_movie(twin)
    first, _ = tell(movie(**facts), WATCHED, 90)
    again, requests = tell(movie(**facts), WATCHED, 90, match=first.learned)
    assert said in first.outcome.detail
    assert again.outcome.detail.startswith(first.outcome.detail)
    assert "asked again a day later" in again.outcome.detail
    assert requests == []


def test_what_it_was_taken_for_is_said_again_as_well(tell, movie, service):
    service.add_fault(Fault.wrong_item(path="/scrobble"))
    first, _ = tell(movie())
    assert first.learned.evidence == MISTAKEN
    again, _ = tell(movie(), match=first.learned)
    assert again.outcome.detail.startswith(first.outcome.detail)


def test_what_was_not_found_is_forgotten_after_a_day(movie, now):
    assert remembered_nothing(movie(), NOT_FOUND, now).expires_at == now + timedelta(days=1)


def test_an_override_wins_over_the_items_own_ids(tell, episode, remembered, service):
    wanted = remembered(episode(), evidence="override", show_ids=Ids(tmdb=95396), season=2, number=4)
    ending, requests = tell(episode(), WATCHED, 90, match=wanted)
    assert writes(requests)[0][1]["show"] == {"ids": {"tmdb": 95396}}
    assert [play.item.label for play in service.user("sample-user").history] == ["Severance S02E04"]
    assert (type(ending.outcome), ending.learned) == (Accepted, None)


@pytest.mark.parametrize("action", [START, WATCHED])
def test_an_override_is_never_replaced_by_a_guess(tell, episode, remembered, action):
    wanted = remembered(episode(), evidence="override", show_ids=Ids(tmdb=95396), season=9, number=9)
    ending, requests = tell(episode(), action, 90, match=wanted)
    assert (ending.outcome.reason, ending.learned) == (Reason.NO_MATCH, None)
    assert len(requests) == 1


@pytest.mark.parametrize("action", [START, WATCHED])
def test_an_override_that_trakt_takes_for_another_item_is_refused(tell, movie, remembered, action, recorded):
    wanted = remembered(movie(), evidence="override", ids=Ids(trakt=12601))
    answer = recorded("scrobble-stop-movie-201")
    ending, requests = tell(movie(), action, 90, match=wanted, answer=lambda _: answer)
    assert (ending.outcome.reason, ending.learned) == (Reason.WRONG_MATCH, None)
    assert len(requests) == (1 if action is START else 2)


# ---------------------------------------------------------------------------------- unknown to Trakt


@pytest.mark.parametrize("action", [START, PAUSE, STOP, WATCHED])
def test_an_item_without_ids_is_searched_then_named_by_trakts_number(tell, episode, action):
    media = episode(ids=Ids(), show=Show(title="Breaking Bad", year=2008))
    ending, requests = tell(media, action, 50)
    assert isinstance(ending.outcome, Accepted)
    ((_, body),) = writes(requests)
    assert body["episode"] == {"ids": {"trakt": 73482}}
    assert (ending.learned.evidence, ending.outcome.match) == ("search", ending.learned)


def test_a_movie_of_which_only_title_and_year_are_known_is_started_by_them(tell, movie):
    ending, requests = tell(movie(ids=Ids()))
    assert writes(requests) == [
        ("/scrobble/start", {"movie": {"title": "Guardians of the Galaxy", "year": 2014}, "progress": 10})
    ]
    assert (type(ending.outcome), ending.learned) == (Accepted, None)


def test_a_play_of_such_a_movie_is_looked_up_first(tell, movie):
    _, requests = tell(movie(ids=Ids()), WATCHED, 90)
    assert paths(requests)[0] == "/search/movie/exact"
    assert writes(requests) == [("/scrobble/stop", {"movie": {"ids": {"trakt": 28}}, "progress": 90})]


@pytest.mark.parametrize(
    "first",
    [
        Answer(status=404),
        Answer(status=422, json={"message": "ids have to be numbers."}, text="{…}"),
        Answer(status=422),
    ],
    ids=["404", "422 about ids", "422 about nothing"],
)
def test_an_unknown_item_is_searched_once_and_told_again(tell, ask, episode, first):
    replies = [first]
    ending, requests = tell(
        episode(), WATCHED, 90, answer=lambda request: replies.pop() if replies else ask(request)
    )
    assert isinstance(ending.outcome, Accepted)
    assert paths(requests) == ["/scrobble/stop", "/search/tvdb/349232", "/scrobble/stop"]
    assert ending.learned.evidence == "search"


def test_an_item_that_trakt_does_not_have_is_refused_and_remembered_as_such(tell, movie):
    media = movie(title="No Such Film", year=1901, ids=Ids(imdb="tt0000000"))
    ending, requests = tell(media)
    assert (ending.outcome.reason, ending.learned.evidence) == (Reason.NO_MATCH, NOT_FOUND)
    assert len(writes(requests)) == 1


def test_two_candidates_are_refused_and_remembered_as_such(tell, movie):
    def answer(request):
        if request.is_write:
            return Answer(status=404)
        hits = [
            {"type": "movie", "movie": {"title": "Home", "year": 2015, "ids": {"trakt": n}}} for n in (1, 2)
        ]
        return Answer(status=200, json=hits if request.path.startswith("/search") else {}, text="[…]")

    ending, _ = tell(movie(title="Home", year=2015), answer=answer)
    assert (ending.outcome.reason, ending.learned.evidence) == (Reason.AMBIGUOUS_MATCH, AMBIGUOUS)


def test_trouble_during_the_search_is_trouble_and_nothing_about_the_item(tell, movie):
    replies = [Answer(status=503), Answer(status=404)]
    ending, _ = tell(movie(), WATCHED, 90, answer=lambda _: replies.pop())
    assert (type(ending.outcome), ending.outcome.is_unknown, ending.learned) == (Retry, False, None)


def test_trouble_after_the_search_keeps_what_was_found(tell, ask, movie):
    def answer(request):
        if not request.is_write:
            return ask(request)
        by_trakt = "trakt" in request.body["movie"]["ids"]
        return Failure(detail="Timed out.", may_be_done=True) if by_trakt else Answer(status=404)

    ending, _ = tell(movie(), WATCHED, 90, answer=answer)
    assert (ending.outcome.reason, ending.outcome.is_unknown) == (Reason.OUTCOME_UNKNOWN, True)
    assert ending.learned.ids.trakt == 28


def test_a_call_that_fails_for_an_item_that_was_just_found_is_tried_later(tell, ask, movie):
    """Otherwise an outage that answers 404 to every write would bury every play."""
    ending, _ = tell(
        movie(), WATCHED, 90, answer=lambda request: Answer(status=404) if request.is_write else ask(request)
    )
    assert (type(ending.outcome), ending.learned.ids.trakt) == (Retry, 28)


# ---------------------------------------------------------------------------------- taken for another


def another(request):
    """Trakt takes what is named by other ids than its own for another movie, and lets go of what it took."""
    wrong = {"title": "Gravity", "year": 2013, "ids": {"trakt": 9, "imdb": "tt1454468", "tmdb": 49047}}
    right = {"title": "Guardians", "year": 2014, "ids": {"trakt": 28, "imdb": "tt2015381", "tmdb": 118340}}
    if not request.is_write:
        return Answer(status=200, json=[{"type": "movie", "movie": right}], text="[…]")
    if request.path == "/sync/history/remove":
        return Answer(status=200, json={"deleted": {"movies": 1, "episodes": 0}}, text="{…}")
    by_trakt = "trakt" in request.body["movie"]["ids"]
    return created({"movie": right if by_trakt else wrong})


def test_a_start_that_was_taken_for_another_is_mended_by_a_search(tell, movie):
    ending, requests = tell(movie(), START, answer=another)
    assert isinstance(ending.outcome, Accepted)
    assert paths(requests) == ["/scrobble/start", "/search/imdb/tt2015381", "/scrobble/start"]
    assert ending.learned.ids.trakt == 28


def test_a_play_that_was_taken_for_another_is_taken_back_and_shown(tell, movie):
    ending, requests = tell(movie(), WATCHED, 90, answer=another)
    assert ending.outcome == Refused(
        reason=Reason.WRONG_MATCH, detail="It answered with Gravity (2013). That play was taken back."
    )
    assert paths(requests) == ["/scrobble/stop", "/sync/history/remove"]
    assert requests[-1].body == {"ids": [7]}
    assert ending.learned.evidence == TAKEN_FOR_ANOTHER


@pytest.mark.parametrize(
    "reply",
    [
        Answer(status=503, text=""),
        Answer(status=200, json={"added": {}}, text="{…}"),
        Failure(detail="Silence.", may_be_done=True),
    ],
    ids=["trouble", "nonsense", "no answer"],
)
def test_what_may_not_have_been_taken_back_is_left_to_the_person(tell, movie, reply):
    def answer(request):
        return reply if request.path == "/sync/history/remove" else another(request)

    ending, _ = tell(movie(), WATCHED, 90, answer=answer)
    assert ending.outcome.reason is Reason.WRONG_MATCH
    assert ending.outcome.detail.endswith("Take that play (number 7) out of the history on Trakt.")


def test_ids_that_were_taken_for_another_are_not_sent_again(tell, movie, now):
    bad = remembered_nothing(movie(), TAKEN_FOR_ANOTHER, now)
    assert known_ways(movie(), bad) == []
    ending, requests = tell(movie(), WATCHED, 90, match=bad, answer=another)
    assert (type(ending.outcome), paths(requests)) == (Accepted, ["/search/imdb/tt2015381", "/scrobble/stop"])


def test_what_is_taken_for_another_and_not_found_either_is_a_wrong_match(tell, movie):
    def answer(request):
        return another(request) if request.is_write else Answer(status=200, json=[], text="[]")

    ending, _ = tell(movie(), START, answer=answer)
    assert (ending.outcome.reason, ending.learned.evidence) == (Reason.WRONG_MATCH, MISTAKEN)


def test_a_search_whose_result_is_taken_for_another_is_a_wrong_match(tell, movie, recorded):
    tron = recorded("scrobble-201-minimal-shape")
    ending, requests = tell(
        movie(), START, answer=lambda request: tron if request.is_write else another(request)
    )
    assert (ending.outcome.reason, ending.learned.evidence) == (Reason.WRONG_MATCH, MISTAKEN)
    assert len(writes(requests)) == 2


def test_an_answer_that_cannot_be_compared_is_taken_but_nothing_is_learned(tell, movie):
    ending, _ = tell(movie(), WATCHED, 90, answer=lambda _: created({"movie": {"ids": {"trakt": 5}}}))
    assert (ending.outcome, ending.learned) == (Accepted(remote_id=7), None)


def test_an_answer_without_an_item_is_taken_on_its_action(tell, movie):
    answer = Answer(status=201, json={"action": "scrobble", "id": 7}, text="{…}")
    ending, _ = tell(movie(), WATCHED, 90, answer=lambda _: answer)
    assert ending.outcome == Accepted(remote_id=7)


# ---------------------------------------------------------------------------------- pause, the bound of 80


@pytest.mark.parametrize("status", [405, 410])
def test_a_missing_pause_is_told_by_a_stop(tell, ask, movie, status):
    ending, requests = tell(
        movie(),
        PAUSE,
        79.95,
        answer=lambda request: Answer(status=status) if request.path == "/scrobble/pause" else ask(request),
    )
    assert isinstance(ending.outcome, Accepted)
    assert [(path, body["progress"]) for path, body in writes(requests)] == [
        ("/scrobble/pause", 79.9),
        ("/scrobble/stop", 79.9),
    ]
    assert ending.is_pause_gone


def test_a_404_to_pause_is_about_the_call_if_the_stop_is_taken(tell, service, movie):
    service.set_options(pause_endpoint="404")
    ending, requests = tell(movie(), PAUSE, 40)
    assert paths(requests) == ["/scrobble/pause", "/scrobble/stop"]
    assert (type(ending.outcome), ending.is_pause_gone) == (Accepted, True)


def test_a_404_to_pause_is_about_the_item_if_the_stop_is_not_taken(tell, movie):
    media = movie(title="No Such Film", year=1901, ids=Ids(imdb="tt0000000"))
    ending, _ = tell(media, PAUSE, 40)
    assert (ending.outcome.reason, ending.is_pause_gone) == (Reason.NO_MATCH, False)


def test_a_stop_that_fails_says_nothing_about_pause(tell, movie):
    ending, _ = tell(
        movie(), PAUSE, 40, answer=lambda request: Answer(status=404 if "pause" in request.path else 503)
    )
    assert not ending.is_pause_gone


def test_a_pause_known_to_be_missing_is_not_asked_for(tell, movie):
    ending, requests = tell(movie(), PAUSE, 40, is_pause_gone=True)
    assert (paths(requests), ending.is_pause_gone) == (["/scrobble/stop"], True)


def test_a_play_at_exactly_80_is_told_again_where_the_bound_does_not_belong_to_it(tell, service, movie):
    service.set_options(scrobble_boundary=">")
    ending, requests = tell(movie(), WATCHED, 60)
    assert [body["progress"] for _, body in writes(requests)] == [80, 81]
    assert ending.outcome.remote_id == service.user("sample-user").history[0].id


def test_a_play_that_stays_a_position_is_refused(tell, movie, recorded):
    answer = recorded("scrobble-pause-movie-201")
    ending, requests = tell(movie(), WATCHED, 80, answer=lambda _: answer)
    assert (ending.outcome.reason, len(requests)) == (Reason.REJECTED, 2)


def test_a_422_about_progress_is_no_reason_to_search(tell, movie, recorded):
    answer = recorded("scrobble-pause-422-above-80")
    ending, requests = tell(movie(), PAUSE, 79, answer=lambda _: answer)
    assert (ending.outcome.reason, len(requests)) == (Reason.REJECTED, 1)
    assert "Use stop to scrobble" in ending.outcome.detail


# ---------------------------------------------------------------------------------- other answers


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("scrobble-stop-409-duplicate", AlreadyThere),
        ("error-401-token", Hold),
        ("error-403-api-key", Hold),
        ("error-403-cloudflare", Retry),
        ("error-423-locked", Hold),
        ("error-503-overloaded", Retry),
        ("error-429-post", Retry),
    ],
)
def test_any_other_answer_ends_it_at_once(tell, movie, recorded, name, kind):
    answer = recorded(name)
    ending, requests = tell(movie(), WATCHED, 90, answer=lambda _: answer)
    assert (type(ending.outcome), len(requests), ending.learned) == (kind, 1, None)


@pytest.mark.parametrize("shape", ["full", "minimal", "legacy"])
def test_every_shape_of_a_success_is_understood(tell, service, episode, shape):
    service.set_options(scrobble_shape=shape)
    ending, _ = tell(episode(), WATCHED, 90)
    assert isinstance(ending.outcome, Accepted)
    assert ending.learned.ids.trakt == 73482


# ---------------------------------------------------------------------------------- whatever Trakt answers

RIGHT = {"title": "Home", "year": 2015, "ids": {"trakt": 1, "imdb": "tt0000011", "tmdb": 11}}
WRONG = [
    {"title": "Home", "year": 2018, "ids": {"trakt": 2, "imdb": "tt0000012", "tmdb": 12}},
    {"title": "Home", "year": 2015, "ids": {"trakt": 3, "imdb": "tt0000013", "tmdb": 13}},
    {"title": "Home Alone", "year": 2015, "ids": {"trakt": 4, "tmdb": 14}},
]
HOME = Media(
    kind=MediaKind.MOVIE, title="Home", year=2015, ids=Ids(imdb="tt0000011", tmdb=11), duration_ms=94 * 60_000
)
BY_TITLE = replace(HOME, ids=Ids())

RIGHT_IDS = Ids(trakt=1, imdb="tt0000011", tmdb=11)

MATCHES = [None, Ids(trakt=1), Ids(trakt=99)]
"""Nothing remembered, the right one, and one that Trakt has given up. Of two movies of one title and year
(1 and 3) only ids tell which is meant, so a position may go to either."""

NOW = datetime(2026, 11, 20, 21, 0, tzinfo=UTC)


@given(st.sampled_from(DesiredAction), st.sampled_from([HOME, BY_TITLE]), st.sampled_from(MATCHES), st.data())
def test_whatever_trakt_answers_only_the_right_item_is_a_success(action, media, ids, data):
    """Answers are drawn freely: 404, 422, trouble, and successes about right and wrong items."""
    requests, named, taken_back = [], [], []

    def answer(request):
        requests.append(request)
        if request.path == "/sync/history/remove":
            taken_back.append(request.body["ids"])
            return Answer(status=200, json={"deleted": {"movies": 1}}, text="{…}")
        reply = _drawn_write(request, data) if request.is_write else _drawn_read(request, data)
        if request.is_write and reply.is_success:
            named.append((reply.json["movie"]["ids"]["trakt"], reply.json["action"]))
        return reply

    match = Match(key="k", ids=ids, evidence="answer", made_at=NOW) if ids else None
    order = Order(
        account=SinkAccount(),
        media=media,
        action=action,
        progress=Percent(50),
        at=NOW,
        started_at=NOW,
        play_id=PlayId("p"),
    )
    ending = _walk(scrobble(order, match, now=NOW), answer)
    sent = [request for request in requests if request.path.startswith("/scrobble/")]
    if isinstance(ending.outcome, Accepted):
        assert named[-1][0] == 1 or (not media.ids and named[-1] == (3, "pause"))
    assert ending.learned is None or ending.learned.ids in (Ids(), RIGHT_IDS)
    assert {_trakt(request) for request in sent} <= {None, 1, ids.trakt if ids else 1}
    assert sum(made == "scrobble" for _, made in named) <= (1 if action is WATCHED else 0)
    assert action is not WATCHED or all("title" not in request.body["movie"] for request in sent)
    if taken_back:
        assert (action, ending.outcome.reason, len(taken_back)) == (WATCHED, Reason.WRONG_MATCH, 1)
    assert len(requests) < 16


def _walk(flow, answer):
    try:
        request = next(flow)
        while True:
            request = flow.send(answer(request))
    except StopIteration as end:
        return end.value


def _trakt(request):
    return request.body["movie"].get("ids", {}).get("trakt")


def _drawn_write(request, data):
    status = data.draw(st.sampled_from([201, 201, 201, 404, 405, 409, 422, 503]))
    if status != 201:
        return Answer(status=status)
    item = data.draw(st.sampled_from([RIGHT, RIGHT, *WRONG]))
    action = "scrobble" if request.body["progress"] >= 80 else "pause"
    return Answer(status=201, json={"id": 7, "action": action, "movie": item}, text="{…}")


def _drawn_read(request, data):
    if request.path.startswith("/movies/"):
        runtime = {"1": 94, "3": 12}.get(request.path.rpartition("/")[2])
        return Answer(status=200, json={"runtime": runtime}, text="{…}")
    shown = data.draw(st.lists(st.sampled_from([RIGHT, *WRONG]), max_size=4))
    return Answer(status=200, json=[{"type": "movie", "movie": one} for one in shown], text="[…]")
