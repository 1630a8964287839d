from __future__ import annotations

import contextlib
import email.message
import email.parser
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosswatch.core.events import Account, Media, MediaKind, Numbering, Player, PlayerState, Show
from crosswatch.core.facts import Notification, WebhookFact
from crosswatch.core.ids import Ids
from crosswatch.errors import PayloadError
from crosswatch.providers.scrobble.plex.documents import parse_json
from crosswatch.providers.scrobble.plex.items import ShowFacts, media_from
from crosswatch.providers.scrobble.scrobble import enrich, from_plex_pssn, from_plex_webhook
from fakes.plex_recordings import names_in, recorded

SERVER = "0123456789abcdef0123456789abcdef01234567"
ALICE = Account(id=1, name="alice")
BOB = Account(id=1000002, name="bob")
CHROME = Player(client_id="exampleplayerweb00000001", title="Chrome", network="lan")
PLAYING, PAUSED, STOPPED = PlayerState.PLAYING, PlayerState.PAUSED, PlayerState.STOPPED

OCTOBER_SKY = Media(
    kind=MediaKind.MOVIE,
    title="October Sky",
    year=1999,
    ids=Ids(imdb="tt0132477", tmdb=13466, tvdb=5370),
    aired_on=date(1999, 2, 19),
    duration_ms=6_480_000,
    guid="plex://movie/5d9f3504e4fc29001eb65755",
    rating_key="15496",
    library_id="1",
    library="Movies",
)
MATRIX = Media(
    kind=MediaKind.MOVIE,
    title="The Matrix",
    year=1999,
    ids=Ids(imdb="tt0133093", tmdb=603, tvdb=169),
    aired_on=date(1999, 3, 30),
    duration_ms=8_180_000,
    guid="plex://movie/5d7768000000000000001357",
    rating_key="1357",
    library_id="1",
    library="Movies",
)
BARRY_LYNDON = Media(
    kind=MediaKind.MOVIE,
    title="Barry Lyndon",
    year=1975,
    ids=Ids(imdb="tt0072684"),
    aired_on=date(1975, 12, 18),
    duration_ms=11_040_000,
    guid="com.plexapp.agents.imdb://tt0072684?lang=en",
    rating_key="3456",
    library_id="1",
    library="Movies",
)
EXPLORERS = Media(
    kind=MediaKind.EPISODE,
    title="Explorers",
    year=2021,
    ids=Ids(imdb="tt15551010", tmdb=3366778, tvdb=8858893),
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
)
BATTLE = Media(
    kind=MediaKind.EPISODE,
    title="The Battle Begins",
    year=2021,
    ids=Ids(imdb="tt14765720", tmdb=3087250, tvdb=8530933),
    show=Show(title="Baki Hanma"),
    season=1,
    number=1,
    duration_ms=1_500_000,
    guid="plex://episode/5d7768000000000000061001",
    rating_key="61001",
    show_rating_key="61000",
    library_id="5",
    library="Anime",
)
HALF_LOOP = Media(
    kind=MediaKind.EPISODE,
    title="Half Loop",
    year=2022,
    ids=Ids(imdb="tt9900102", tmdb=9900102, tvdb=9900102),
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
)
CLONE = Media(
    kind=MediaKind.EPISODE,
    title="A Clone of My Own",
    year=2000,
    show=Show(title="Futurama", ids=Ids(tvdb=73871)),
    season=2,
    number=15,
    aired_on=date(2000, 4, 9),
    guid="com.plexapp.agents.thetvdb://73871/2/15?lang=en",
    rating_key="59852",
    show_rating_key="59800",
    library_id="2",
    library="TV Shows",
)


def fact(event, state=None, *, media=None, account=ALICE, player=CHROME, **fields):
    return WebhookFact(
        event=event,
        state=state,
        media=media,
        account=account,
        player=player,
        **{"server_uuid": SERVER, "server_name": "Example Server", **fields},
    )


EXPECTED = {
    "webhooks/01-play-movie.json": fact("media.play", PLAYING, media=OCTOBER_SKY),
    "webhooks/02-pause-movie.json": fact("media.pause", PAUSED, media=OCTOBER_SKY, offset_ms=4_355_000),
    "webhooks/03-resume-episode-shared.json": fact(
        "media.resume", PLAYING, media=EXPLORERS, account=BOB, offset_ms=342_000
    ),
    "webhooks/04-stop-movie-no-offset.json": fact("media.stop", STOPPED, media=BARRY_LYNDON),
    "webhooks/05-scrobble-episode.json": fact(
        "media.scrobble", PLAYING, media=BATTLE, account=BOB, is_counted=True
    ),
    "webhooks/06-rate.json": fact("media.rate", media=MATRIX, rating=8.0),
    "webhooks/07-library-new-show.json": fact(
        "library.new",
        media=Media(
            kind=MediaKind.UNKNOWN,
            title="Severance",
            year=2022,
            aired_on=date(2022, 2, 17),
            duration_ms=2_700_000,
            guid="plex://show/5d7768000000000000147960",
            rating_key="147960",
            library_id="2",
            library="TV Shows",
        ),
    ),
    "webhooks/08-library-on-deck.json": fact("library.on.deck", media=HALF_LOOP),
    "webhooks/09-playback-started.json": fact("playback.started", media=HALF_LOOP, account=BOB),
    "webhooks/10-device-new.json": fact(
        "device.new", player=Player(client_id="exampleplayerphone000004", title="New Phone", network="wan")
    ),
    "webhooks/11-admin-backup.json": fact("admin.database.backup", player=Player()),
    "webhooks/12-music.json": fact(
        "media.play",
        PLAYING,
        media=Media(
            kind=MediaKind.TRACK,
            title="What a Wonderful World",
            guid="plex://track/5d07cdbb403c640290f5881e",
            rating_key="73894",
            library_id="10",
            library="Music",
        ),
    ),
    "webhooks/13-trailer-clip.json": fact(
        "media.play",
        PLAYING,
        media=Media(
            kind=MediaKind.CLIP,
            title="Tenet",
            year=2019,
            aired_on=date(2019, 12, 19),
            guid="iva://api.internetvideoarchive.com/2.0/DataService/VideoAssets(409353)"
            "?lang=en&bitrates=80,212,450,750,1500,2500,5000,8000&duration=130&adaptive=1&dts=0",
            rating_key="8355",
        ),
    ),
    "webhooks/14-live-tv.json": fact(
        "media.play",
        PLAYING,
        media=Media(
            kind=MediaKind.LIVE,
            title="Evening News",
            year=2025,
            guid="plex://episode/5fc70265c40548002d539d23",
        ),
    ),
    "webhooks/15-legacy-episode-no-duration.json": fact(
        "media.pause", PAUSED, media=CLONE, offset_ms=1_127_000
    ),
    "webhooks/16-account-email.json": fact(
        "media.play", PLAYING, media=MATRIX, account=Account(id=1000001, name="alice@example.com")
    ),
    "webhooks/17-account-blank.json": fact(
        "media.stop", STOPPED, media=MATRIX, account=Account(), offset_ms=8_000_000
    ),
    "webhooks/18-handover-test.json": fact(
        "media.play",
        PLAYING,
        media=Media(
            kind=MediaKind.MOVIE,
            title="Ping",
            ids=Ids(imdb="tt0878804"),
            duration_ms=600_000,
            guid="imdb://tt0878804",
        ),
        account=Account(),
        player=Player(),
        server_uuid="",
        server_name="",
        offset_ms=60_000,
    ),
    "webhooks/20-multipart-file-part.json": fact("media.stop", STOPPED, media=EXPLORERS, offset_ms=410_000),
    "webhooks/21-multipart-field.json": fact("media.pause", PAUSED, media=EXPLORERS, offset_ms=210_000),
}

MALFORMED = [
    "The text is not JSON",
    "The text is not JSON",
    "The payload is not an object.",
    "The payload is not an object.",
    "The payload is not an object.",
    "The payload names no event.",
    "The payload of media.play describes no item.",
    "The payload of media.play describes no item.",
    "The payload of media.play describes no item.",
    WebhookFact(
        event="media.unknown", state=None, account=Account(), media=Media(kind=MediaKind.MOVIE, title="")
    ),
]


def payload_of(path):
    """The payload of a recording, out of its multipart body where it has one."""
    found = recorded(path)
    if "body" not in found:
        return found
    text = f"Content-Type: {found['headers']['Content-Type']}\r\n\r\n{found['body']}"
    part = email.parser.Parser(email.message.EmailMessage).parsestr(text).get_payload()[0]
    return parse_json(part.get_payload())


def test_every_recorded_webhook_has_its_meaning_written_down():
    assert sorted([*EXPECTED, "webhooks/19-malformed.json"]) == names_in("webhooks")


@pytest.mark.parametrize("path", EXPECTED)
def test_a_recorded_webhook_is_understood(path):
    assert from_plex_webhook(payload_of(path)) == EXPECTED[path]


def test_each_malformed_payload_is_told_what_is_wrong_with_it():
    texts = recorded("webhooks/19-malformed.json")
    for text, expected in zip(texts, MALFORMED, strict=True):
        if isinstance(expected, str):
            with pytest.raises(PayloadError, match=expected):
                from_plex_webhook(parse_json(text))
        else:
            assert from_plex_webhook(parse_json(text)) == expected


@pytest.mark.parametrize(
    ("rating", "number"),
    [
        ("8.0", 8.0),
        (7, 7.0),
        ("-1", -1.0),
        ("11", None),
        ("nan", None),
        (10**400, None),
        ("best", None),
        ("", -1.0),
        (None, -1.0),
        ([], None),
    ],
    ids=repr,
)
def test_a_rating_is_a_number_within_its_scale_or_none(rating, number):
    payload = {"event": "media.rate", "rating": rating, "Metadata": {"type": "movie"}}
    assert from_plex_webhook(payload).rating == number


def test_a_position_of_zero_is_not_an_unknown_one():
    payload = {"event": "media.play", "Metadata": {"type": "movie", "viewOffset": 0}, "viewOffset": 5}
    assert from_plex_webhook(payload).offset_ms == 0


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=10,
)
PARTS = st.sampled_from(["Metadata", "Account", "Player", "Server", "viewOffset", "rating"])


@given(JSON | st.dictionaries(PARTS, JSON).map(lambda parts: {"event": "media.rate", **parts}))
def test_whatever_comes_is_a_fact_or_a_payload_error(payload):
    with contextlib.suppress(PayloadError):
        from_plex_webhook(payload)


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        pytest.param(
            {"sessionKey": 3, "ratingKey": 9723, "state": "Playing", "viewOffset": "64000"},
            Notification(session_key="3", rating_key="9723", state=PLAYING, offset_ms=64_000),
            id="numbers for texts and a text for a number",
        ),
        pytest.param(
            {"state": "stopped", "viewOffset": -1, "transcodeSession": None, "what": {}},
            Notification(state=STOPPED),
            id="a negative position is none",
        ),
        pytest.param(
            {"state": "paused", "ratingKey": "/library/metadata/9723"},
            Notification(state=PAUSED, rating_key="9723"),
            id="a path for a key",
        ),
    ],
)
def test_a_notification_is_read_whatever_types_it_uses(entry, expected):
    assert from_plex_pssn(entry) == expected


@pytest.mark.parametrize("entry", [None, "x", [], {}, {"state": 5}, {"state": "dancing"}], ids=repr)
def test_an_entry_without_a_players_state_is_no_notification(entry):
    with pytest.raises(PayloadError):
        from_plex_pssn(entry)


SEVERANCE = ShowFacts(
    show=Show(title="Severance", year=2022, ids=Ids(imdb="tt11280740", tmdb=95396, tvdb=371980))
)


def test_an_episode_gets_its_shows_ids_and_first_year_and_keeps_its_own():
    media = enrich(HALF_LOOP, SEVERANCE)
    assert media.show == SEVERANCE.show
    assert media.ids == HALF_LOOP.ids
    assert (media.season, media.number, media.numbering) == (1, 2, Numbering.AIRED)


def test_an_episode_keeps_what_it_knew_of_its_show_where_the_page_is_silent():
    media = enrich(CLONE, ShowFacts(show=Show(title="")))
    assert media.show == CLONE.show


def test_the_shows_own_page_is_right_about_the_show():
    media = enrich(CLONE, ShowFacts(show=Show(title="Futurama", year=1999, ids=Ids(tvdb=1))))
    assert media.show == Show(title="Futurama", year=1999, ids=Ids(tvdb=1))


@pytest.mark.parametrize(
    ("guid", "of_show", "numbering"),
    [
        pytest.param("plex://episode/1", None, Numbering.AIRED, id="left as it is"),
        pytest.param("plex://episode/1", Numbering.DVD, Numbering.DVD, id="the show was set to DVD order"),
        pytest.param(
            "com.plexapp.agents.hama://anidb-23/1/5",
            Numbering.DVD,
            Numbering.ANIDB,
            id="the agent knows better",
        ),
    ],
)
def test_the_order_of_a_show_reaches_its_episodes(guid, of_show, numbering):
    media = media_from({"type": "episode", "guid": guid, "parentIndex": 1, "index": 5})
    assert enrich(media, ShowFacts(show=Show(title="x"), numbering=of_show)).numbering is numbering


def test_ids_beyond_the_sinks_are_gathered_from_both():
    facts = ShowFacts(show=Show(title="Cowboy Bebop"), foreign_ids=("anidb-23", "mal-1"))
    media = Media(kind=MediaKind.EPISODE, title="x", foreign_ids=("anidb-23",))
    assert enrich(media, facts).foreign_ids == ("anidb-23", "mal-1")


def test_a_movie_has_no_show_to_be_enriched_from():
    assert enrich(MATRIX, SEVERANCE) is MATRIX
