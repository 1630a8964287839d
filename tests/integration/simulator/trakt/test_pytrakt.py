"""A client that we did not write finds the simulated Trakt to be one.

pytrakt is only configured (address, User-Agent, file for its tokens), never patched. It blocks, so it
runs in a thread beside the simulator's loop.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
import requests
from trakt import core
from trakt.auth.device import DeviceAuthAdapter
from trakt.errors import (
    AccountLimitExceeded,
    BadRequestException,
    BadResponseException,
    ConflictException,
    ForbiddenException,
    LockedUserAccountException,
    NotFoundException,
    OAuthException,
    OAuthRefreshException,
    ProcessException,
    RateLimitException,
    TraktBadGateway,
    TraktInternalException,
    TraktUnavailable,
)
from trakt.movies import Movie
from trakt.pagination import paginate
from trakt.sync import (
    Scrobbler,
    add_to_history,
    add_to_watchlist,
    checkin_media,
    delete_checkin,
    get_playback,
    get_search_results,
    get_watchlist,
    rate,
    remove_from_history,
    remove_from_watchlist,
    search,
    search_by_id,
)
from trakt.tv import TVEpisode, TVShow
from trakt.users import User, get_user_settings

from crosswatch.simulator.trakt import Fault

in_thread = asyncio.to_thread


@pytest.fixture
def pytrakt(trakt, tmp_path, monkeypatch):
    """The library pointed at the simulator, with an app but without tokens."""
    session = requests.Session()
    session.headers["User-Agent"] = "CrossWatchTests/1.0"
    monkeypatch.setattr(core, "BASE_URL", f"{trakt.api_url}/")
    monkeypatch.setattr(core, "CONFIG_PATH", str(tmp_path / "pytrakt.json"))
    monkeypatch.setattr(core, "AUTH_METHOD", core.DEVICE_AUTH)
    monkeypatch.setattr(core, "CLIENT_ID", "sample-client-id")
    monkeypatch.setattr(core, "CLIENT_SECRET", "sample-client-secret")
    monkeypatch.setattr(core, "session", session)
    core.config.cache_clear()
    core.api.cache_clear()
    yield core
    session.close()
    core.config.cache_clear()
    core.api.cache_clear()


@pytest.fixture
def member(trakt, pytrakt):
    """The same, logged in."""
    grant = trakt.link("sample-user")
    pytrakt.config().update(
        OAUTH_TOKEN=grant.access_token,
        OAUTH_REFRESH=grant.refresh_token,
        OAUTH_EXPIRES_AT=int(grant.expires_at.timestamp()),
    )
    return pytrakt


async def arrival():
    return await in_thread(Movie, "Arrival", 2016)


# ---------------------------------------------------------------- tokens


async def test_it_logs_in_by_device(trakt, pytrakt, capsys):
    trakt.set_options(device_interval_s=1)
    login = asyncio.create_task(
        in_thread(pytrakt.init, client_id="sample-client-id", client_secret="sample-client-secret")
    )
    await trakt.ledger.wait_for(lambda r: r.path == "/oauth/device/token" and r.status == 400)
    (device,) = trakt.world.oauth.devices.values()
    trakt.approve_device(device.user_code, "sample-user")
    await login
    said = capsys.readouterr().out
    assert device.user_code in said
    assert f"{trakt.auth_url}/activate" in said
    (grant,) = trakt.grants("sample-user")
    assert grant.access_token == pytrakt.config().OAUTH_TOKEN
    assert pytrakt.config().OAUTH_EXPIRES_AT - trakt.clock.timestamp() == pytest.approx(604_800, abs=5)
    assert (await in_thread(User, "me")).username == "sample-user"


async def test_it_understands_why_a_device_gets_no_tokens(trakt, pytrakt):
    adapter = DeviceAuthAdapter(pytrakt.api(), pytrakt.config())
    issued = await in_thread(adapter.get_device_code)
    poll = adapter.get_device_token
    with pytest.raises(BadRequestException):
        await in_thread(poll, issued["device_code"])
    with pytest.raises(RateLimitException):
        await in_thread(poll, issued["device_code"])
    with pytest.raises(NotFoundException):
        await in_thread(poll, "no such code")
    trakt.set_options(device_interval_s=0)
    trakt.approve_device(issued["user_code"], "sample-user")
    await in_thread(poll, issued["device_code"])
    with pytest.raises(ConflictException):
        await in_thread(poll, issued["device_code"])


async def test_it_exchanges_a_code_from_a_browser(trakt, pytrakt, monkeypatch):
    monkeypatch.setattr(pytrakt, "AUTH_METHOD", pytrakt.PIN_AUTH)
    code = trakt.authorize("sample-user", "sample-client-id").code
    app = {"client_id": "sample-client-id", "client_secret": "sample-client-secret"}
    await in_thread(pytrakt.init, pin=code, **app)
    assert trakt.grants("sample-user")[0].access_token == pytrakt.config().OAUTH_TOKEN


async def test_it_refreshes_before_its_token_ends(trakt, member):
    first = member.config().OAUTH_REFRESH
    member.config().OAUTH_EXPIRES_AT = int(trakt.clock.timestamp()) + 60
    assert (await in_thread(get_user_settings))["user"]["username"] == "sample-user"
    old, new = trakt.grants("sample-user")
    assert (old.refresh_token, old.refresh_spent) == (first, True)
    assert new.refresh_token == member.config().OAUTH_REFRESH


async def test_it_cannot_use_a_refresh_token_twice(trakt, member):
    spent = member.config().OAUTH_REFRESH
    member.config().OAUTH_EXPIRES_AT = int(trakt.clock.timestamp())
    await in_thread(get_user_settings)
    member.config().update(OAUTH_REFRESH=spent, OAUTH_EXPIRES_AT=int(trakt.clock.timestamp()))
    with pytest.raises(OAuthRefreshException) as refused:
        await in_thread(get_user_settings)
    assert (refused.value.error, refused.value.error_description) == ("invalid_grant", "session not found")


# ---------------------------------------------------------------- scrobbling


@pytest.mark.usefixtures("member")
async def test_it_scrobbles_a_movie_from_start_to_end(trakt):
    movie = await arrival()
    scrobbler = await in_thread(Scrobbler, movie, 5.0, "1.0", "2026-01-01")
    assert trakt.watching("sample-user").item.label == "Arrival (2016)"
    assert (await in_thread(lambda: User("sample-user").watching)).title == "Arrival"

    paused = await in_thread(scrobbler.pause, 40.0)
    assert paused["action"] == "pause"
    (entry,) = await in_thread(get_playback, "movies")
    assert (entry.progress, entry.id, entry.imdb) == (40.0, paused["id"], "tt2543164")
    assert await in_thread(lambda: User("sample-user").watching) is None

    stopped = await in_thread(scrobbler.stop, 95.0)
    assert stopped["action"] == "scrobble"
    (play,) = trakt.history("sample-user")
    assert (play.id, play.made_by) == (stopped["id"], "POST /scrobble/stop")
    assert await in_thread(get_playback) == []
    with pytest.raises(ConflictException):
        await in_thread(scrobbler.stop, 95.0)


@pytest.mark.usefixtures("member")
async def test_it_scrobbles_an_episode_that_it_looked_up(trakt):
    episode = await in_thread(TVEpisode, "Severance", 1, 2)
    assert (episode.title, episode.imdb, episode.runtime) == ("Half Loop", "tt9900102", 53)
    scrobbler = await in_thread(Scrobbler, episode, 50.0, "1.0", "2026-01-01")
    watched = await in_thread(lambda: User("sample-user").watching)
    assert (watched.show, watched.season, watched.number) == ("Severance", 1, 2)
    await in_thread(scrobbler.finish)
    assert [play.label for play in trakt.history("sample-user")] == ["Severance S01E02"]


@pytest.mark.usefixtures("member")
async def test_it_is_told_that_progress_makes_no_sense():
    scrobbler = Scrobbler(await arrival(), 0, "1.0", "2026-01-01")
    for refused in (scrobbler.pause, 0.5), (scrobbler.pause, 85.0), (scrobbler.stop, 0.5):
        with pytest.raises(ProcessException):
            await in_thread(*refused)


@pytest.mark.usefixtures("member")
async def test_it_checks_in_and_thinks_again(trakt):
    movie = await arrival()
    answered = await in_thread(checkin_media, movie, "1.0", "2026-01-01")
    assert answered["movie"]["title"] == "Arrival"
    with pytest.raises(ConflictException):
        await in_thread(checkin_media, movie, "1.0", "2026-01-01")
    await in_thread(delete_checkin)
    assert trakt.watching("sample-user") is None


# ---------------------------------------------------------------- history and lists


@pytest.mark.usefixtures("member")
async def test_it_adds_reads_and_removes_history(trakt):
    evening = datetime(2026, 10, 14, 20, 15, tzinfo=UTC)
    added = await in_thread(add_to_history, await arrival(), evening)
    assert added["added"] == {"movies": 1, "episodes": 0}
    (line,) = await in_thread(paginate, "sync/history/movies")
    assert (line["watched_at"], line["action"]) == ("2026-10-14T20:15:00.000Z", "watch")
    removed = await in_thread(remove_from_history, {"ids": [line["id"]]})
    assert removed["deleted"]["movies"] == 1
    assert trakt.history("sample-user") == []


@pytest.mark.usefixtures("member")
async def test_it_reads_a_long_history_page_by_page(trakt):
    noon = datetime(2026, 10, 14, 12, tzinfo=UTC)
    movies = [{"ids": {"tmdb": 603}, "watched_at": noon - timedelta(days=day)} for day in range(25)]
    await in_thread(add_to_history, {"movies": movies})
    lines = await in_thread(paginate, "sync/history")
    days = [line["watched_at"] for line in lines]
    assert len(days) == 25
    assert days == sorted(days, reverse=True)
    assert len(trakt.ledger.of("GET", "/sync/history")) == 3


@pytest.mark.usefixtures("member")
async def test_it_rates_and_keeps_a_watchlist():
    movie = await arrival()
    assert (await in_thread(rate, movie, 8))["added"]["movies"] == 1
    assert (await in_thread(add_to_watchlist, movie))["added"]["movies"] == 1
    assert [listed.title for listed in await in_thread(get_watchlist)] == ["Arrival"]
    assert (await in_thread(remove_from_watchlist, movie))["deleted"]["movies"] == 1


# ---------------------------------------------------------------- looking things up


@pytest.mark.usefixtures("member")
async def test_it_searches_by_text():
    found = await in_thread(get_search_results, "severance", ["show", "movie"])
    assert {(hit.type, hit.media.title) for hit in found} == {("show", "Severance"), ("movie", "Severance")}
    assert all(hit.score > 5 for hit in found)
    assert [movie.year for movie in await in_thread(search, "dune", "movie")] == [2021, 1984]
    assert await in_thread(search, "no such film at all") == []


@pytest.mark.parametrize(
    ("number", "id_type", "media_type", "label"),
    [
        ("tt2543164", "imdb", None, "Arrival"),
        ("1396", "tmdb", "movie", "Mirror"),
        ("1396", "tmdb", "show", "Breaking Bad"),
        ("1396", "tmdb", "episode", "To Market, to Market"),
        ("349232", "tvdb", "episode", "Pilot"),
        ("12601", "trakt", "movie", "TRON: Legacy"),
    ],
)
@pytest.mark.usefixtures("member")
async def test_it_searches_by_number(number, id_type, media_type, label):
    (found,) = await in_thread(search_by_id, number, id_type, media_type)
    assert found.title == label


@pytest.mark.usefixtures("member")
async def test_a_number_without_a_type_is_ambiguous():
    found = await in_thread(search_by_id, "1396", "tmdb")
    assert {type(one).__name__ for one in found} == {"Movie", "TVShow", "TVEpisode"}


@pytest.mark.usefixtures("member")
async def test_it_walks_through_a_show():
    show = await in_thread(TVShow, "Sherlock")
    assert (show.imdb, show.aired_episodes, f"{show.first_aired:%F}") == ("tt1475582", 12, "2010-07-25")
    seasons = await in_thread(lambda: show.seasons)
    assert [season.season for season in seasons] == [0, 1, 2, 3, 4]
    assert seasons[0].episodes[-1].title == "Many Happy Returns"


# ---------------------------------------------------------------- trouble


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault.answering(403), ForbiddenException),
        (Fault.answering(500), TraktInternalException),
        (Fault.answering(502), TraktBadGateway),
        (Fault.answering(503), TraktUnavailable),
        (Fault.html(), BadResponseException),
        (Fault.truncated_json(), BadResponseException),
        (Fault.reset(), requests.ConnectionError),
        (Fault.reset(after_apply=True), requests.ConnectionError),
    ],
    ids=lambda value: value.kind if isinstance(value, Fault) else value.__name__,
)
@pytest.mark.usefixtures("member")
async def test_it_meets_trouble_as_at_the_real_one(trakt, fault, error):
    trakt.add_fault(fault)
    with pytest.raises(error):
        await in_thread(get_user_settings)


@pytest.mark.usefixtures("member")
async def test_it_reads_the_figures_of_limits(trakt):
    trakt.add_fault(Fault.rate_limited(7, count=1))
    with pytest.raises(RateLimitException) as limited:
        await in_thread(get_user_settings)
    assert limited.value.retry_after == 7
    assert limited.value.details["name"] == "AUTHED_API_POST_LIMIT"
    trakt.set_options(watchlist_cap=0)
    with pytest.raises(AccountLimitExceeded) as full:
        await in_thread(add_to_watchlist, await arrival())
    assert full.value.account_limit == "0"


@pytest.mark.usefixtures("member")
async def test_it_notices_a_locked_account_and_a_dead_token(trakt):
    trakt.user("sample-user").locked = True
    with pytest.raises(LockedUserAccountException):
        await in_thread(get_user_settings)
    trakt.user("sample-user").locked = False
    trakt.revoke_tokens("sample-user")
    with pytest.raises(OAuthException):
        await in_thread(get_user_settings)
