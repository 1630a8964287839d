"""How the simulated server writes: documents, frames, pages, PINs and people."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.etree.ElementTree import fromstring

import pytest

from crosswatch.simulator.plex import Ending, Role, Script
from crosswatch.simulator.plex.answers import RefusedError, page, refuse
from crosswatch.simulator.plex.documents import to_json, to_xml
from crosswatch.simulator.plex.frames import STOP_WITHOUT_SESSION, WITHOUT_ITEM, Frame, playing_entry
from crosswatch.simulator.plex.hub import Filters
from crosswatch.simulator.plex.images import THUMB_JPEG, poster
from crosswatch.simulator.plex.noise import MALFORMED, NOTICES, activity_frame, make_noise
from crosswatch.simulator.plex.options import PlexOptions
from crosswatch.simulator.plex.people import People
from crosswatch.simulator.plex.plextv import PinDesk
from crosswatch.simulator.plex.preferences import Preferences
from crosswatch.simulator.plex.sessions import DEVICES, Session, SessionTable
from crosswatch.simulator.plex.shelving import default_library
from crosswatch.simulator.plex.world import World
from fakes.hand_clock import HandClock

RECORDINGS = Path(__file__).parents[3] / "recordings" / "plex"
LIBRARY = default_library()
NOW = datetime(2026, 11, 20, 20, 15, tzinfo=UTC)


def recorded(name):
    return json.loads((RECORDINGS / "ws" / f"{name}.json").read_text("utf-8"))


def tree_of(text):
    return fromstring(text)  # noqa: S314 -- our own text, or a recording


def types(entry):
    """Names and types of an entry, objects in it included."""
    return {n: types(v) if isinstance(v, dict) else type(v).__name__ for n, v in entry.items()}


# ---------------------------------------------------------------- documents


def test_json_names_the_container_and_nothing_else():
    assert json.loads(to_json("MediaContainer", {"size": 0})) == {"MediaContainer": {"size": 0}}
    assert json.loads(to_json("pin", {"id": 1})) == {"id": 1}


def test_xml_knows_text_only():
    document = {"size": 1, "yes": True, "no": False, "nothing": None, "share": 6.2, "name": 'a "b" & <c>'}
    element = tree_of(to_xml("MediaContainer", document))
    assert element.attrib == {"size": "1", "yes": "1", "no": "0", "share": "6.2", "name": 'a "b" & <c>'}


def test_xml_names_items_by_their_kind():
    kinds = ("movie", "episode", "clip", "show", "season", "track", "photo", "album")
    document = {"Metadata": [{"type": kind} for kind in kinds]}
    element = tree_of(to_xml("MediaContainer", document))
    assert [child.tag for child in element] == [
        "Video",
        "Video",
        "Video",
        "Directory",
        "Directory",
        "Track",
        "Photo",
        "Directory",
    ]


def test_lists_in_small_letters_are_wrapped():
    element = tree_of(to_xml("home", {"users": [{"id": 1}, {"id": 2}]}))
    assert [user.get("id") for user in element.find("users")] == ["1", "2"]
    assert [child.tag for child in tree_of(to_xml("resources", [{"id": 1}]))] == ["resource"]


@pytest.mark.parametrize(("status", "file"), [(404, "23-404.xml"), (401, "24-401.xml")])
def test_refusals_are_the_recorded_pages(status, file):
    assert page(status).body.decode() == (RECORDINGS / "metadata" / file).read_text("utf-8").strip()
    assert refuse(status).answer.status == status


# ---------------------------------------------------------------- frames


def session(item="9723", device="web", **fields):
    moment = NOW.timestamp()
    return Session(
        key="9",
        run=1,
        person=None,
        device=DEVICES[device],
        item=LIBRARY.find(item),
        opened_at=moment,
        reported_at=moment,
        **{"state": "playing", "offset_ms": 39_000, **fields},
    )


QUEUED = {"queue": 14462, "queue_item": 17659}


@pytest.mark.parametrize(
    ("name", "playing", "options", "changes"),
    [
        ("01-playing-directplay-noqueue", session(), {}, {}),
        (
            "02-playing-transcode-queue",
            session(transcode="t", **QUEUED),
            {"client_identifier": False, "play_queue_id": False},
            {},
        ),
        ("03-playing-all-fields", session(transcode="t", **QUEUED), {}, {}),
        ("04-paused", session(state="paused", **QUEUED), {}, {}),
        ("05-buffering", session(state="buffering", **QUEUED), {}, {}),
        ("06-stopped", session(state="stopped", **QUEUED), {}, {}),
        ("07-error", session(), {}, {"state": "error"}),
        ("08-first-frame-offset-zero", session(offset_ms=0, **QUEUED), {}, {}),
        ("10-stop-key-noitem", session(state="stopped", transcode="t", **QUEUED), {}, WITHOUT_ITEM),
        ("11-guid-filled-kodi", session("147967", "kodi", **QUEUED), {}, {}),
        ("12-live-tv", session("Evening News", "tv", transcode="t"), {}, {}),
        ("13-preroll-clip", session("47999", "tv", **QUEUED), {}, {}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_entries_look_as_recorded(name, playing, options, changes):
    [wanted] = recorded(name)["NotificationContainer"]["PlaySessionStateNotification"]
    entry = playing_entry(playing, PlexOptions(**options), **changes)
    assert list(entry) == list(wanted)
    assert types(entry) == types(wanted)
    same = ("state", "url", "guid", "ratingKey") if name[:2] in ("07", "10", "12", "13") else ("state", "url")
    assert {n: entry[n] for n in same if n != "ratingKey" or name[:2] != "07"} == {
        n: wanted[n] for n in same if n != "ratingKey" or name[:2] != "07"
    }


def test_the_stop_without_a_session_is_word_for_word():
    [wanted] = recorded("09-stop-nokey-noitem")["NotificationContainer"]["PlaySessionStateNotification"]
    assert wanted == STOP_WITHOUT_SESSION


@pytest.mark.parametrize(
    "name",
    [
        "24-status-library-update",
        "25-progress",
        "26-reachability",
        "27-background-queue",
        "29-update-statechange",
        "30-account",
        "31-provider-content-change",
        "32-unknown-type",
        "34-log",
    ],
)
def test_notices_look_as_recorded(name):
    wanted = recorded(name)["NotificationContainer"]
    entry = dict(NOTICES)[wanted["type"]]
    sent = json.loads(Frame(type=wanted["type"], entries=[entry]).text("modern"))["NotificationContainer"]
    assert sent.keys() == wanted.keys()
    [list_name] = sent.keys() - {"type", "size"}
    assert types(sent[list_name][0]) == types(wanted[list_name][0])


def test_an_activity_looks_as_recorded():
    [wanted] = recorded("22-activity")["NotificationContainer"]["ActivityNotification"]
    assert activity_frame("updated", "/library/metadata/513", 33).entries == [wanted]


def test_a_transcode_update_looks_as_recorded(world):
    frames = []
    world.hub.publish = frames.append
    make_noise(world, 300)
    sent = next(frame for frame in frames if frame.type == "transcodeSession.update")
    [wanted] = recorded("23-transcode-update")["NotificationContainer"]["TranscodeSession"]
    assert types(sent.entries[0]) == types(wanted)


def test_every_recorded_broken_frame_is_among_the_noise():
    assert set(recorded("33-malformed-frames")) <= set(MALFORMED)


@pytest.mark.parametrize(
    ("query", "allowed", "denied"),
    [
        ({}, {"playing", "timeline"}, {"log"}),
        ({"filters": "-log"}, {"playing"}, {"log"}),
        ({"filters": "playing,activity"}, {"playing", "activity"}, {"timeline", "log"}),
        ({"filters": ""}, {"playing", "log"}, set()),
        ({"filters": "-playing,timeline"}, {"activity", "log"}, {"playing", "timeline"}),
        ({"filter": "playing"}, {"playing"}, {"timeline"}),
    ],
)
def test_filters_read_as_documented(query, allowed, denied):
    filters = Filters.from_query(query)
    assert {name for name in allowed | denied if filters.allow(name)} == allowed


# ---------------------------------------------------------------- keys of sessions


def test_keys_count_from_one_and_again_after_a_restart():
    table = SessionTable(PlexOptions())
    assert [table.key_for(owner) for owner in "abc"] == ["1", "2", "3"]
    table.restart(swap_keys=False)
    assert (table.key_for("c"), table.run) == ("1", 2)


def test_after_a_restart_everybody_gets_anothers_key():
    table = SessionTable(PlexOptions())
    for owner in "abc":
        table.key_for(owner)
    table.restart(swap_keys=True)
    assert [table.key_for(owner) for owner in "abcd"] == ["3", "2", "1", "4"]


# ---------------------------------------------------------------- scripts


def test_interruptions_come_in_order_of_their_places():
    script = Script(pauses=((0.5, 60.0),), seeks=((0.2, 0.4),), buffers=((0.9, 3),))
    assert script.interruptions() == [(0.2, "seek", 0.4), (0.5, "pause", 60.0), (0.9, "buffer", 3.0)]


def test_a_lost_connection_is_lost_half_way_unless_it_is_said_where():
    assert Script(start=0.2, until=0.8, ending=Ending.OFFLINE).interruptions() == [(0.5, "lose", 0.0)]
    assert Script(ending=Ending.OFFLINE, lost_at=0.9).interruptions() == [(0.9, "lose", 0.0)]


def test_seconds_take_the_place_of_an_end():
    assert Script(start=0.5, seconds=30).end_ms(100_000) == 80_000
    assert Script(until=1.1).end_ms(100_000) == 110_000


def test_a_script_can_be_read_from_json():
    sent = {"start": 0.1, "pauses": [[0.3, 60]], "ending": "ghost"}
    assert Script.from_json(sent) == Script(start=0.1, pauses=((0.3, 60.0),), ending=Ending.GHOST)
    with pytest.raises(ValueError, match="unknown fields of a script: speed"):
        Script.from_json({"speed": 2})


# ---------------------------------------------------------------- people


@pytest.fixture
def people():
    return People()


@pytest.mark.parametrize(
    ("token", "name"),
    [
        ("EXAMPLE-TOKEN-OWNER", "alice"),
        ("EXAMPLE-TOKEN-SERVER", "alice"),
        ("EXAMPLE-TOKEN-BOB", "bob"),
        ("EXAMPLE-TOKEN-BOB-ACCOUNT", None),
        ("", None),
        (None, None),
        ("WRONG", None),
    ],
)
def test_a_servers_token_is_another_than_an_accounts(people, token, name):
    person = people.at_server(token)
    assert (person and person.name) == name


def test_the_owner_is_number_one_at_home_only(people):
    alice, bob = people.named("alice"), people.named("bob")
    assert (alice.account_id, alice.number) == (1, 1_000_001)
    assert (bob.account_id, bob.number) == (1_000_002, 1_000_002)


def test_a_friend_has_no_token_for_the_server_and_another_name_in_sessions(people):
    carol = people.named("carol84")
    assert (carol.server_token, carol.title, people.named("Carol C.")) == (None, "Carol C.", carol)


def test_a_managed_profile_has_a_title_only(people):
    kids = people.named("Kids")
    assert (kids.username, kids.email, kids.role, kids.at_home) == ("", None, Role.MANAGED, True)


def test_a_name_is_given_once(people):
    with pytest.raises(ValueError, match="'bob' is taken"):
        people.add("bob")
    with pytest.raises(KeyError, match="nobody"):
        people.named("nobody")


# ---------------------------------------------------------------- PINs


@pytest.fixture
def world():
    return World(clock=HandClock(NOW), options=PlexOptions(), library=default_library())


@pytest.mark.parametrize(("strong", "length", "life_s"), [(False, 4, 900), (True, 25, 1800)])
def test_a_pin_lives_its_time(world, strong, length, life_s):
    desk = PinDesk(world)
    pin = desk.create(product="p", client_id="c", strong=strong, now=NOW)
    assert len(pin.code) == length
    assert desk.poll(pin.number, "c", NOW + timedelta(seconds=life_s - 1)) is pin
    assert desk.poll(pin.number, "c", NOW + timedelta(seconds=life_s)) is None
    with pytest.raises(KeyError):
        desk.claim(pin.code, world.people.owner, NOW + timedelta(seconds=life_s))


def test_a_pin_is_for_who_asked(world):
    desk = PinDesk(world)
    pin = desk.create(product="p", client_id="c", strong=False, now=NOW)
    assert desk.poll(pin.number, "somebody else", NOW) is None
    assert desk.poll(pin.number + 1, "c", NOW) is None
    desk.claim(pin.code.lower(), world.people.owner, NOW)
    assert (pin.claimed_by, desk.open_pins(NOW)) == (world.people.owner, [])


# ---------------------------------------------------------------- preferences and pictures


def test_preferences_keep_their_types():
    preferences = Preferences(PlexOptions())
    preferences.set("LibraryVideoPlayedThreshold", "75")
    preferences.set("LibraryVideoPlayedAtBehaviour", "1")
    assert (preferences.played_threshold, preferences.played_behaviour) == (75, "1")
    with pytest.raises(ValueError, match="invalid literal"):
        preferences.set("LibraryVideoPlayedThreshold", "most")
    with pytest.raises(KeyError):
        preferences.document("Colour")


def test_pictures_are_real_and_differ():
    assert poster("a").startswith(b"\x89PNG\r\n\x1a\n")
    assert poster("a") != poster("b")
    assert (THUMB_JPEG[:2], THUMB_JPEG[6:10]) == (b"\xff\xd8", b"JFIF")


def test_a_refusal_says_what_it_answers():
    with pytest.raises(RefusedError, match="answered 403"):
        raise refuse(403)
