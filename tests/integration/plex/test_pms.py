from __future__ import annotations

import asyncio
import json
import traceback
from datetime import UTC, datetime

import pytest

from crosswatch.core.events import Account, MediaKind, Show
from crosswatch.core.ids import Ids
from crosswatch.errors import SourceAuthError, SourceError, SourceNotFoundError, SourceUnavailableError
from crosswatch.providers.scrobble.plex import pms
from crosswatch.providers.scrobble.plex.rows import Identity, PlayedRule, ServerFacts
from fakes.plex_recordings import recorded, recorded_bytes
from fakes.plex_server import OWNER_TOKEN, SERVER_UUID, Answer, page

SESSIONS = "/status/sessions"
HISTORY = "/status/sessions/history/all"
SEVERANCE = Show(title="Severance", year=2022, ids=Ids(imdb="tt11280740", tmdb=95396, tvdb=371980))
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


# ---------------------------------------------------------------- what is asked, and how


async def test_every_request_says_who_we_are_and_carries_the_token_in_a_header(plex, connect):
    await connect(plex).fetch_sessions()
    (request,) = plex.asked
    assert request.headers["X-Plex-Token"] == OWNER_TOKEN
    assert request.headers["X-Plex-Client-Identifier"] == "test-client"
    assert request.headers["X-Plex-Product"] == "CrossWatch"
    assert request.headers["Accept"] == "application/json"
    for name in ("X-Plex-Version", "X-Plex-Platform", "X-Plex-Device", "X-Plex-Device-Name"):
        assert request.headers[name]
    assert OWNER_TOKEN not in request.path_qs


async def test_the_identity_is_asked_without_the_token(plex, connect):
    assert await connect(plex).fetch_identity() == Identity(
        server_uuid=SERVER_UUID, version="1.43.3.10896-cafe0123"
    )
    assert "X-Plex-Token" not in plex.asked[0].headers


async def test_a_path_in_the_address_is_kept(plex, connect):
    plex.answers["/plex/status/sessions"] = plex.answers[SESSIONS]
    await connect(plex, url=f"{plex.url}/plex/").fetch_sessions()
    assert plex.paths() == ["/plex/status/sessions"]


async def test_the_server_says_its_name_and_its_rule(plex, connect):
    server = connect(plex)
    assert await server.fetch_server_facts() == ServerFacts(name="Example Server", owner="alice@example.com")
    assert await server.fetch_played_rule() == PlayedRule(threshold_percent=90, behaviour=3)


async def test_the_rule_is_asked_once_until_it_changes(plex, connect):
    server = connect(plex)
    for _ in range(2):
        await server.fetch_played_rule()
    plex.answers["/:/prefs"] = page({"Setting": [{"id": "LibraryVideoPlayedThreshold", "value": 70}]})
    server.forget_played_rule()
    assert (await server.fetch_played_rule()).threshold_percent == 70
    assert plex.paths() == ["/:/prefs"] * 2


# ---------------------------------------------------------------- sessions


@pytest.mark.parametrize("recording", ["sessions/01-movie.json", "sessions/02-movie.xml"])
async def test_sessions_are_read_in_both_formats(plex, connect, recording):
    plex.answers[SESSIONS] = Answer(recorded_bytes(recording))
    (row,) = await connect(plex).fetch_sessions()
    assert (row.session_key, row.account) == ("9", Account(id=1, name="alice"))


async def test_whoever_asks_at_the_same_time_shares_one_request(plex, connect):
    plex.answers[SESSIONS].delay_s = 0.05
    server = connect(plex)
    answers = await asyncio.gather(*(server.fetch_sessions() for _ in range(20)))
    assert len(answers) == 20
    await server.fetch_sessions()
    assert len(plex.asked) == 2


async def test_one_who_gives_up_does_not_take_the_answer_from_the_others(plex, connect):
    plex.answers[SESSIONS].delay_s = 0.05
    server = connect(plex)
    impatient = asyncio.create_task(server.fetch_sessions())
    patient = asyncio.create_task(server.fetch_sessions())
    await asyncio.sleep(0)
    impatient.cancel()
    assert len(await patient) == 1
    assert impatient.cancelled()


# ---------------------------------------------------------------- items


async def test_an_episode_comes_with_its_shows_ids_in_two_requests_and_then_in_none(plex, connect):
    server = connect(plex)
    for _ in range(2):
        media = await server.fetch_media("147967")
        assert (media.label, media.show) == ("Severance S01E02", SEVERANCE)
    assert plex.paths() == ["/library/metadata/147967", "/library/metadata/147960"]
    assert plex.asked[0].query["includeGuids"] == "1"


async def test_another_episode_of_the_show_costs_one_request(plex, connect):
    item = recorded("metadata/04-episode.json")["MediaContainer"]["Metadata"][0]
    plex.answers["/library/metadata/147968"] = page(
        {"Metadata": [{**item, "ratingKey": "147968", "index": 3}]}
    )
    server = connect(plex)
    await server.fetch_media("147967")
    media = await server.fetch_media("147968")
    assert (media.label, media.show) == ("Severance S01E03", SEVERANCE)
    assert len(plex.asked) == 3


async def test_a_movie_costs_one_request(plex, connect):
    media = await connect(plex).fetch_media("1357")
    assert (media.label, media.library_id, media.library) == ("The Matrix (1999)", "1", "Movies")
    assert plex.paths() == ["/library/metadata/1357"]


@pytest.mark.parametrize("key", ["147967", "147960"], ids=["the episode", "its show"])
async def test_what_was_forgotten_is_asked_again(plex, connect, key):
    server = connect(plex)
    await server.fetch_media("147967")
    server.forget(key)
    await server.fetch_media("147967")
    assert plex.paths().count(f"/library/metadata/{key}") == 2
    assert len(plex.asked) == 3


async def test_what_is_forgotten_while_it_is_fetched_is_not_kept(plex, connect):
    plex.answers["/library/metadata/1357"].delay_s = 0.05
    server = connect(plex)
    old = asyncio.create_task(server.fetch_media("1357"))
    while not plex.asked:  # noqa: ASYNC110 -- the request announces itself by arriving
        await asyncio.sleep(0.001)
    server.forget("1357")
    await server.fetch_media("1357")
    assert (await old).kind is MediaKind.MOVIE
    await server.fetch_media("1357")
    assert len(plex.asked) == 2


async def test_nothing_is_kept_beyond_what_fits(plex, connect, monkeypatch):
    monkeypatch.setattr(pms, "KEPT_ITEMS", 2)
    item = {"type": "movie", "title": "x"}
    for number in range(3):
        plex.answers[f"/library/metadata/{number}"] = page({"Metadata": [{**item, "ratingKey": str(number)}]})
    server = connect(plex)
    for number in (0, 1, 0, 2, 0, 1):  # 1 was not used for the longest time when 2 came
        await server.fetch_media(str(number))
    assert [path[-1] for path in plex.paths()] == ["0", "1", "2", "1"]


async def test_an_old_answer_is_asked_again(plex, connect, monkeypatch):
    monkeypatch.setattr(pms, "KEPT_FOR_S", 0.0)
    server = connect(plex)
    for _ in range(2):
        await server.fetch_media("1357")
    assert len(plex.asked) == 2


async def test_a_failure_is_not_kept(plex, connect):
    good = plex.answers.pop("/library/metadata/1357")
    server = connect(plex)
    with pytest.raises(SourceNotFoundError):
        await server.fetch_media("1357")
    plex.answers["/library/metadata/1357"] = good
    assert (await server.fetch_media("1357")).title == "The Matrix"


async def test_an_episode_whose_show_is_gone_keeps_what_it_has(plex, connect):
    del plex.answers["/library/metadata/147960"]
    media = await connect(plex).fetch_media("147967")
    assert media.show == Show(title="Severance")


async def test_an_episode_whose_show_cannot_be_had_now_is_not_half_an_answer(plex, connect):
    """Else a session would be bound without the show's ids for as long as it lasts."""
    plex.answers["/library/metadata/147960"] = Answer(status=503)
    with pytest.raises(SourceUnavailableError):
        await connect(plex).fetch_media("147967")


@pytest.mark.parametrize(
    "key", ["404", "", "../../identity", "1357?x=1"], ids=["unknown", "empty", "a path upwards", "a query"]
)
async def test_an_item_that_is_not_there_is_said_to_be_gone(plex, connect, key):
    with pytest.raises(SourceNotFoundError, match="no such item"):
        await connect(plex).fetch_media(key)
    assert all(path.startswith("/library/metadata/") for path in plex.paths())


async def test_a_page_without_items_is_an_item_that_is_gone(plex, connect):
    plex.answers["/library/metadata/5"] = page({"size": 0})
    with pytest.raises(SourceNotFoundError):
        await connect(plex).fetch_media("5")


# ---------------------------------------------------------------- history


def lines(count, start=0):
    return [
        {
            "historyKey": f"/status/sessions/history/{number}",
            "ratingKey": "1357",
            "type": "movie",
            "title": "The Matrix",
            "viewedAt": 1_700_000_000 + number,
            "accountID": 1,
        }
        for number in range(start, start + count)
    ]


def paged(rows, *, total=True):
    """A history that pages as Plex does."""

    def answer(request):
        start = int(request.query["X-Plex-Container-Start"])
        found = rows[start : start + int(request.query["X-Plex-Container-Size"])]
        sums = {"totalSize": len(rows)} if total else {}
        return page({"size": len(found), **sums, "Metadata": found})

    return answer


async def test_history_is_asked_from_a_moment_and_comes_oldest_first(plex, connect):
    plex.answers[HISTORY] = Answer(recorded_bytes("server/07-history-page.json"))
    plex.answers[HISTORY].body = plex.answers[HISTORY].body.replace(b'"totalSize": 1204', b'"totalSize": 4')
    rows = await connect(plex).fetch_history(datetime(2023, 11, 14, 22, 13, 20, 500_000, tzinfo=UTC))
    assert [row.history_key[-4:] for row in rows] == ["5001", "5002", "5003", "5004"]
    assert plex.asked[0].query["viewedAt>"] == "1700000000"
    assert "sort" not in plex.asked[0].query


@pytest.mark.parametrize("total", [True, False], ids=["with a total", "without"])
async def test_all_pages_of_the_history_are_read(plex, connect, total):
    plex.answers[HISTORY] = paged(lines(450), total=total)
    rows = await connect(plex).fetch_history(LONG_AGO)
    assert len(rows) == 450
    assert [int(request.query["X-Plex-Container-Start"]) for request in plex.asked] == [0, 200, 400]


async def test_a_server_that_does_not_page_is_asked_no_further(plex, connect):
    plex.answers[HISTORY] = page({"size": 300, "totalSize": 900, "Metadata": lines(300)})
    assert len(await connect(plex).fetch_history(LONG_AGO)) == 300
    assert len(plex.asked) == 2


async def test_a_history_without_end_is_cut_and_said_to_be(plex, connect, monkeypatch, caplog):
    monkeypatch.setattr(pms, "MAX_PAGES", 2)
    plex.answers[HISTORY] = paged(lines(1000))
    assert len(await connect(plex).fetch_history(LONG_AGO)) == 400
    assert "left out for now" in caplog.text


async def test_lines_that_make_no_sense_are_dropped(plex, connect):
    plex.answers[HISTORY] = page({"Metadata": [{"title": "?"}, *lines(1)]})
    assert len(await connect(plex).fetch_history(LONG_AGO)) == 1


# ---------------------------------------------------------------- whose token it is


@pytest.fixture
def offers(plex):
    """plex.tv, at the same port: what the token's account may use, and who that is."""

    def set_owned(is_owned):
        device = {"clientIdentifier": SERVER_UUID, "provides": "server", "owned": is_owned}
        plex.answers["/api/v2/resources"] = Answer(json.dumps([device]).encode())
        plex.answers["/api/v2/user"] = Answer(b'{"id": 1000002, "username": "bob"}')

    return set_owned


async def test_who_may_list_sessions_is_the_owner_and_nobody_else_is_asked(plex, connect):
    server = connect(plex)
    assert await server.fetch_sole_viewer() is None
    assert await server.fetch_sole_viewer() is None
    assert plex.paths() == [SESSIONS]


async def test_a_shared_servers_token_shows_its_own_account_only(plex, connect, offers):
    plex.answers[SESSIONS] = Answer(status=403)
    offers(is_owned=False)
    server = connect(plex)
    assert await server.fetch_sole_viewer() == Account(id=1000002, name="bob")
    assert await server.fetch_sole_viewer() == Account(id=1000002, name="bob")
    assert plex.paths().count("/api/v2/resources") == 1


@pytest.mark.parametrize("status", [401, 403])
async def test_an_owner_who_is_refused_for_a_moment_is_nobodys_stand_in(plex, connect, offers, status):
    plex.answers[SESSIONS] = Answer(status=status)
    offers(is_owned=True)
    assert await connect(plex).fetch_sole_viewer() is None


async def test_nobody_is_named_while_plex_tv_cannot_be_asked(plex, connect):
    plex.answers[SESSIONS] = Answer(status=403)
    with pytest.raises(SourceError):
        await connect(plex, tv_url="http://127.0.0.1:1").fetch_sole_viewer()


async def test_a_new_connection_finds_out_anew_whose_token_it_is(plex, connect):
    server = connect(plex)
    await server.fetch_sole_viewer()
    server.forget_all()
    await server.fetch_sole_viewer()
    assert plex.paths() == [SESSIONS, SESSIONS]


# ---------------------------------------------------------------- what goes wrong


HTML = recorded_bytes("metadata/24-401.xml")


@pytest.mark.parametrize(
    ("answer", "kind", "sentence"),
    [
        pytest.param(Answer(HTML, 401), SourceAuthError, r"refuses the token.*plex\.account_token", id="401"),
        pytest.param(Answer(HTML, 403), SourceAuthError, "may not ask this", id="403"),
        pytest.param(Answer(HTML, 404), SourceNotFoundError, "no such item", id="404"),
        pytest.param(Answer(b"", 503), SourceUnavailableError, "may be starting", id="503"),
        pytest.param(Answer(b"", 500), SourceUnavailableError, "cannot answer now", id="500"),
        pytest.param(Answer(b"", 400), SourceUnavailableError, "does not understand", id="400"),
        pytest.param(
            Answer(b"", 302, {"Location": "https://other.example/x?secret=1"}),
            SourceUnavailableError,
            r"sends us to https://other\.example\. Put the right address into plex\.server_url",
            id="redirect",
        ),
        pytest.param(
            Answer(b"", 301, {"Location": "/web/"}),
            SourceUnavailableError,
            "another page",
            id="near redirect",
        ),
        pytest.param(Answer(HTML), SourceUnavailableError, "does not answer as a Plex server", id="a page"),
        pytest.param(Answer(b"{"), SourceUnavailableError, "does not answer as a Plex server", id="cut off"),
        pytest.param(Answer(b""), SourceUnavailableError, "does not answer as a Plex server", id="empty"),
    ],
)
async def test_an_answer_that_is_none_is_one_sentence_for_who_has_to_act(
    plex, connect, answer, kind, sentence
):
    plex.answers[SESSIONS] = answer
    with pytest.raises(kind, match=sentence) as caught:
        await connect(plex).fetch_sessions()
    assert plex.url in str(caught.value)
    assert OWNER_TOKEN not in "".join(traceback.format_exception(caught.value))


async def test_a_wrong_token_is_refused_by_the_server_itself(plex, connect):
    with pytest.raises(SourceAuthError, match="refuses the token"):
        await connect(plex, token="WRONG").fetch_sessions()


@pytest.mark.parametrize("token", ["", "a\nb", "käse"], ids=["empty", "two lines", "beyond ASCII"])
async def test_a_token_that_cannot_be_one_is_not_even_sent(plex, connect, token):
    with pytest.raises(SourceAuthError, match=r"plex\.account_token"):
        await connect(plex, token=token).fetch_sessions()
    assert plex.asked == []


async def test_one_passing_failure_is_not_noticed(plex, connect):
    good = plex.answers[SESSIONS]
    plex.answers[SESSIONS] = lambda _request: Answer(status=503) if len(plex.asked) == 1 else good
    assert len(await connect(plex).fetch_sessions()) == 1
    assert len(plex.asked) == 2


async def test_a_lasting_failure_is_asked_twice_and_no_more(plex, connect):
    plex.answers[SESSIONS] = Answer(status=503)
    with pytest.raises(SourceUnavailableError):
        await connect(plex).fetch_sessions()
    assert len(plex.asked) == 2


async def test_a_connection_that_is_broken_off_is_tried_again(plex, connect):
    def answer(request):
        if len(plex.asked) == 1:
            request.transport.abort()
        return Answer(recorded_bytes("sessions/10-empty.json"))

    plex.answers[SESSIONS] = answer
    assert await connect(plex).fetch_sessions() == []


async def test_an_answer_that_breaks_off_each_time_is_said_to(plex, connect):
    def answer(request):
        request.transport.abort()
        return Answer()

    plex.answers[SESSIONS] = answer
    with pytest.raises(SourceUnavailableError, match="broke off the connection"):
        await connect(plex).fetch_sessions()


async def test_a_server_that_is_not_there_cannot_be_reached(plex, connect):
    server = connect(plex)
    await plex.hang_up()
    with pytest.raises(SourceUnavailableError, match=r"cannot be reached \(.*plex\.server_url"):
        await server.fetch_sessions()


async def test_a_server_that_takes_too_long_is_not_asked_twice(plex, connect, monkeypatch):
    from crosswatch.providers.scrobble.plex import transport

    monkeypatch.setattr(transport, "TIMEOUT", transport.aiohttp.ClientTimeout(total=0.1))
    plex.answers[SESSIONS].delay_s = 0.5
    with pytest.raises(SourceUnavailableError, match="does not answer in time"):
        await connect(plex).fetch_sessions()
    assert len(plex.asked) == 1


async def test_an_answer_too_big_to_be_one_is_not_read_to_its_end(plex, connect, monkeypatch):
    monkeypatch.setattr(pms, "MAX_SESSIONS_BYTES", 1024 * 1024)
    plex.answers[SESSIONS] = Answer(b"x" * (1024 * 1024 + 1))
    with pytest.raises(SourceUnavailableError, match="more than 1 MiB"):
        await connect(plex).fetch_sessions()


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        pytest.param("", "plex.server_url is not an address", id="empty"),
        pytest.param("192.0.2.10:32400", "plex.server_url is not an address", id="no scheme"),
        pytest.param("http://", "plex.server_url is not an address", id="no host"),
        pytest.param("http://127.0.0.1:99999", "plex.server_url is not an address", id="no such port"),
        pytest.param("http://no-such-host.invalid:32400", "cannot be found", id="unknown name"),
    ],
)
async def test_an_address_that_leads_nowhere_is_named(plex, connect, url, sentence):
    with pytest.raises(SourceUnavailableError, match=sentence):
        await connect(plex, url=url or " ").fetch_sessions()
