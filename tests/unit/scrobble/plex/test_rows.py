from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from crosswatch.core.events import Account, Media, MediaKind, Player, PlayerState, Show
from crosswatch.core.facts import HistoryRow, SessionRow
from crosswatch.errors import PayloadError
from crosswatch.providers.scrobble.plex.documents import parse_document
from crosswatch.providers.scrobble.plex.rows import (
    Identity,
    PlayedRule,
    ServerFacts,
    accounts_from,
    history_from,
    identity_from,
    played_rule_from,
    server_facts_from,
    sessions_from,
    viewer_from,
)
from fakes.plex_recordings import names_in, recorded_bytes

SERVER = "0123456789abcdef0123456789abcdef01234567"
ALICE = Account(id=1, name="alice")
BOB = Account(id=1000002, name="bob")
KIDS = Account(id=1000003, name="Kids")
TV = Player(
    client_id="exampleplayertv000000002",
    title="Living Room",
    product="Plex for Android (TV)",
    network="lan",
)
TV_WEB = Player(client_id="exampleplayertv000000002", title="Living Room", product="Plex Web", network="lan")
CHROME = Player(client_id="exampleplayerweb00000001", title="Chrome", product="Plex Web", network="lan")

MATRIX = Media(
    kind=MediaKind.MOVIE,
    title="The Matrix",
    year=1999,
    aired_on=date(1999, 3, 30),
    duration_ms=8_180_000,
    guid="plex://movie/5d7768000000000000001357",
    rating_key="1357",
    library_id="1",
    library="Movies",
    file="/media/Movies/1357.mkv",
)
HALF_LOOP = Media(
    kind=MediaKind.EPISODE,
    title="Half Loop",
    year=2022,
    show=Show(title="Severance"),
    season=1,
    number=2,
    aired_on=date(2022, 2, 18),
    duration_ms=3_180_000,
    guid="plex://episode/5d7768000000000000147967",
    rating_key="147967",
    show_rating_key="147960",
    library_id="2",
    library="TV Shows",
    file="/media/TV Shows/147967.mkv",
)
EXPLORERS = Media(
    kind=MediaKind.EPISODE,
    title="Explorers",
    year=2021,
    show=Show(title="Bluey"),
    season=3,
    number=15,
    aired_on=date(2021, 12, 5),
    duration_ms=420_000,
    guid="plex://episode/61a7767ce791a9a4411afd38",
    rating_key="28841",
    show_rating_key="28825",
    library_id="2",
    library="TV Shows",
    file="/media/TV Shows/28841.mkv",
)
WONDERFUL_WORLD = Media(
    kind=MediaKind.TRACK,
    title="What a Wonderful World",
    duration_ms=136_411,
    guid="plex://track/5d07cdbb403c640290f5881e",
    rating_key="73894",
    library_id="10",
    library="Music",
    file="/media/Music/73894.mp3",
)
NEWS = Media(
    kind=MediaKind.LIVE,
    title="Evening News",
    year=2025,
    guid="plex://episode/5fc70265c40548002d539d23",
)
PREROLL = Media(
    kind=MediaKind.CLIP,
    title="house intro",
    duration_ms=6_000,
    guid="analyzed.prerolls://0f1e2d3c4b5a69788796a5b4c3d2e1f001234567",
    rating_key="47999",
)
CLIP = Media(kind=MediaKind.CLIP, title="clip", duration_ms=60_000, guid="no_idea", rating_key="48001")
TRAILER = Media(
    kind=MediaKind.CLIP,
    title="Tenet",
    year=2019,
    aired_on=date(2019, 12, 19),
    duration_ms=130_000,
    guid="iva://api.internetvideoarchive.com/2.0/DataService/VideoAssets(409353)"
    "?lang=en&bitrates=80,212,450,750,1500,2500,5000,8000&duration=130&adaptive=1&dts=0",
    rating_key="8355",
    library_id="1",
    library="Movies",
)


def row(session_key, offset_ms, account, media, player, *, state=PlayerState.PLAYING):
    return SessionRow(
        session_key=session_key,
        state=state,
        offset_ms=offset_ms,
        account=account,
        media=media,
        player=player,
    )


SESSIONS = {
    "sessions/01-movie.json": [row("9", 482_000, ALICE, MATRIX, TV)],
    "sessions/02-movie.xml": [row("9", 482_000, ALICE, MATRIX, TV)],
    "sessions/03-episode-shared-user.json": [
        row("2", 4_910, BOB, HALF_LOOP, replace(CHROME, network="wan"), state=PlayerState.PAUSED)
    ],
    "sessions/04-track.json": [
        row(
            "326",
            9_000,
            ALICE,
            WONDERFUL_WORLD,
            Player(client_id="exampleplayerweb00000001", title="Firefox", product="Plex Web", network="lan"),
        )
    ],
    "sessions/05-live-tv.xml": [
        row(
            "51",
            61_000,
            ALICE,
            NEWS,
            Player(
                client_id="exampleplayertv000000002",
                title="Living Room",
                product="Plex for Roku",
                network="lan",
            ),
        )
    ],
    "sessions/06-preroll.xml": [row("95", 2_000, ALICE, PREROLL, TV_WEB)],
    "sessions/07-unknown-clip.xml": [row("96", 2_000, ALICE, CLIP, TV_WEB)],
    "sessions/08-trailer-clip.json": [row("97", 15_000, ALICE, TRAILER, CHROME)],
    "sessions/09-no-user.json": [
        row(
            "11",
            1_000,
            Account(),
            MATRIX,
            Player(client_id="exampleplayertv000000002", title="DLNA TV", product="DLNA", network="lan"),
        )
    ],
    "sessions/10-empty.json": [],
    "sessions/11-empty.xml": [],
    "sessions/12-same-item-two-users.json": [
        row("2", 4_910, BOB, HALF_LOOP, CHROME),
        row("7", 2_500_000, ALICE, HALF_LOOP, TV_WEB),
        row(
            "8",
            60_000,
            KIDS,
            EXPLORERS,
            Player(
                client_id="exampleplayerkids0000005",
                title="Kids tablet",
                product="Plex for iOS",
                network="lan",
            ),
            state=PlayerState.PAUSED,
        ),
    ],
    "sessions/13-legacy-lists.json": [row("9", 482_000, ALICE, MATRIX, TV)],
}


def history_row(number, rating_key, account_id, viewed_at, media):
    return HistoryRow(
        history_key=f"/status/sessions/history/{number}",
        rating_key=rating_key,
        account_id=account_id,
        viewed_at=datetime.fromtimestamp(viewed_at, UTC),
        media=media,
    )


def counted_episode(what, show_key, key, aired_on):
    title, number, season, show = what
    return Media(
        kind=MediaKind.EPISODE,
        title=title,
        show=Show(title=show),
        season=season,
        number=number,
        aired_on=aired_on,
        rating_key=key,
        show_rating_key=show_key,
        library_id="2",
    )


COUNTED_MATRIX = Media(
    kind=MediaKind.MOVIE, title="The Matrix", aired_on=date(1999, 3, 30), rating_key="1357", library_id="1"
)
RETURNS = ("Many Happy Returns", 8, 0, "Sherlock")

SERVER_PAGES = {
    "server/01-identity.xml": (identity_from, Identity(server_uuid=SERVER, version="1.43.3.10896-cafe0123")),
    "server/02-identity.json": (identity_from, Identity(server_uuid=SERVER, version="1.43.3.10896-cafe0123")),
    "server/03-root.json": (
        server_facts_from,
        ServerFacts(name="Example Server", owner="alice@example.com"),
    ),
    "server/04-accounts.json": (accounts_from, [ALICE, BOB, KIDS, Account(id=1000004)]),
    "server/05-accounts.xml": (accounts_from, [ALICE, BOB, KIDS, Account(id=1000004)]),
    "server/06-prefs.json": (played_rule_from, PlayedRule(threshold_percent=90, behaviour=3)),
    "server/07-history-page.json": (
        history_from,
        [
            history_row(
                5004,
                "147968",
                1,
                1_700_003_000,
                counted_episode(("In Perpetuity", 3, 1, "Severance"), "147960", "147968", date(2022, 2, 25)),
            ),
            history_row(
                5003,
                "147967",
                1000002,
                1_700_002_000,
                counted_episode(("Half Loop", 2, 1, "Severance"), "147960", "147967", date(2022, 2, 18)),
            ),
            history_row(5002, "1357", 1, 1_700_001_000, COUNTED_MATRIX),
            history_row(5001, "", 1, 1_700_000_500, counted_episode(RETURNS, "", "", date(2013, 12, 24))),
        ],
    ),
    "server/08-history-page.xml": (
        history_from,
        [
            history_row(
                5001,
                "30177",
                1,
                1_700_000_500,
                counted_episode(RETURNS, "30100", "30177", date(2013, 12, 24)),
            ),
            history_row(5002, "1357", 1, 1_700_001_000, COUNTED_MATRIX),
        ],
    ),
    "server/09-history-empty.json": (history_from, []),
}


def test_every_recorded_list_has_its_meaning_written_down():
    assert list(SESSIONS) == names_in("sessions")
    assert list(SERVER_PAGES) == names_in("server")


@pytest.mark.parametrize("path", SESSIONS)
def test_a_recorded_list_of_sessions_is_understood(path):
    assert sessions_from(parse_document(recorded_bytes(path))) == SESSIONS[path]


@pytest.mark.parametrize("path", SERVER_PAGES)
def test_a_recorded_page_of_the_server_is_understood(path):
    parse, expected = SERVER_PAGES[path]
    assert parse(parse_document(recorded_bytes(path))) == expected


@pytest.mark.parametrize(
    ("user", "account"),
    [
        pytest.param({"id": "1", "title": "alice"}, ALICE, id="the owner"),
        pytest.param({"id": 1000002, "title": "bob"}, BOB, id="a friend, by number"),
        pytest.param({"id": "1000004", "title": ""}, Account(id=1000004), id="a friend without a name"),
        pytest.param({"id": "1", "title": ""}, Account(), id="a player let in without a sign-in"),
        pytest.param({"id": "0", "title": ""}, Account(), id="nobody"),
        pytest.param({"title": "alice"}, Account(name="alice"), id="only a name"),
        pytest.param({}, Account(), id="no user at all"),
    ],
)
def test_a_viewer_who_is_not_named_is_never_the_owner(user, account):
    assert viewer_from(user) == account


def test_a_session_without_its_key_is_left_out_and_one_without_a_player_plays():
    rows = sessions_from({"Metadata": [{"ratingKey": "1"}, {"sessionKey": 5, "ratingKey": 1}, None]})
    assert [(one.session_key, one.state) for one in rows] == [("5", PlayerState.PLAYING)]


GOOD_LINE = {"historyKey": "/h/1", "accountID": 1, "viewedAt": 1_700_000_000, "type": "movie", "title": "x"}


@pytest.mark.parametrize(
    "fault",
    [
        {"historyKey": ""},
        {"accountID": None},
        {"accountID": "me"},
        {"viewedAt": 0},
        {"viewedAt": "yesterday"},
        {"viewedAt": 10**17},
    ],
    ids=repr,
)
def test_a_line_of_the_history_that_makes_no_sense_is_dropped(fault):
    rows = history_from({"Metadata": [{**GOOD_LINE, **fault}, GOOD_LINE]})
    assert [one.history_key for one in rows] == ["/h/1"]


def test_an_identity_without_a_machine_identifier_is_none():
    with pytest.raises(PayloadError, match="machineIdentifier"):
        identity_from({"size": 0})


@pytest.mark.parametrize(
    ("settings", "rule"),
    [
        pytest.param({}, PlayedRule(), id="nothing said"),
        pytest.param({"LibraryVideoPlayedThreshold": 85}, PlayedRule(threshold_percent=85), id="85 %"),
        pytest.param({"LibraryVideoPlayedThreshold": "101"}, PlayedRule(threshold_percent=100), id="101 %"),
        pytest.param({"LibraryVideoPlayedThreshold": "x"}, PlayedRule(), id="nonsense"),
        pytest.param({"LibraryVideoPlayedAtBehaviour": "0"}, PlayedRule(behaviour=0), id="zero as text"),
    ],
)
def test_the_servers_rule_has_plexs_own_defaults(settings, rule):
    container = {"Setting": [{"id": name, "value": value} for name, value in settings.items()]}
    assert played_rule_from(container) == rule


@pytest.mark.parametrize(
    ("session", "player", "network"),
    [
        pytest.param({"location": "Cellular"}, {"local": False}, "cellular", id="the session says it"),
        pytest.param({"location": "moon"}, {"local": "1"}, "lan", id="the player says it, in XML"),
        pytest.param({}, {"local": False}, "wan", id="the player says it, in JSON"),
        pytest.param({}, {}, "", id="nobody says it"),
    ],
)
def test_how_a_player_reaches_the_server_is_what_session_or_player_say(session, player, network):
    (row,) = sessions_from({"Metadata": [{"sessionKey": "1", "Player": player, "Session": session}]})
    assert row.player.network == network
