from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crosswatch.core.events import PlayerState
from crosswatch.core.facts import Notification
from crosswatch.errors import PayloadError
from crosswatch.providers.scrobble.plex.frames import MAX_FRAME_BYTES, Frame, decode_frame
from fakes.plex_recordings import names_in, recorded, recorded_bytes

WEB = "exampleplayerweb00000001"
TV = "exampleplayertv000000002"


def playing(session_key, rating_key, offset_ms, **fields):
    return Notification(
        session_key=session_key,
        rating_key=rating_key,
        offset_ms=offset_ms,
        **{"state": PlayerState.PLAYING, "key": f"/library/metadata/{rating_key}", **fields},
    )


def frame(*notifications):
    return Frame(type="playing", notifications=notifications)


EXPECTED = {
    "ws/01-playing-directplay-noqueue.json": frame(playing("29", "144504", 154_000, client_id=WEB)),
    "ws/02-playing-transcode-queue.json": frame(playing("19", "9723", 39_000, play_queue_item="17659")),
    "ws/03-playing-all-fields.json": frame(
        playing("9", "1357", 482_000, client_id=TV, play_queue_item="271222")
    ),
    "ws/04-paused.json": frame(
        playing("2", "147967", 4_910, client_id=WEB, play_queue_item="576940", state=PlayerState.PAUSED)
    ),
    "ws/05-buffering.json": frame(
        playing("9", "1357", 482_000, client_id=TV, play_queue_item="271222", state=PlayerState.BUFFERING)
    ),
    "ws/06-stopped.json": frame(
        playing("2", "147967", 3_174_000, client_id=WEB, play_queue_item="576940", state=PlayerState.STOPPED)
    ),
    "ws/07-error.json": frame(playing("9", "1357", 500_000, client_id=TV, state=PlayerState.ERROR)),
    "ws/08-first-frame-offset-zero.json": frame(
        playing("92", "147968", 0, client_id=WEB, play_queue_item="576941")
    ),
    "ws/09-stop-nokey-noitem.json": frame(Notification(state=PlayerState.STOPPED, offset_ms=0)),
    "ws/10-stop-key-noitem.json": frame(
        Notification(session_key="35", client_id=WEB, state=PlayerState.STOPPED, offset_ms=1_299_968)
    ),
    "ws/11-guid-filled-kodi.json": frame(
        playing(
            "16",
            "147967",
            3_117_400,
            client_id="00000000-0000-4000-8000-000000000003",
            play_queue_item="1371",
            guid="plex://episode/5d7768000000000000147967",
        )
    ),
    "ws/12-live-tv.json": frame(
        playing("51", "", 61_000, client_id=TV, key="/livetv/sessions/00000000-0000-4000-8000-00000000ab01")
    ),
    "ws/13-preroll-clip.json": frame(playing("95", "47999", 2_000, client_id=TV, play_queue_item="31")),
    "ws/14-two-entries.json": frame(
        playing("4", "9723", 100_000, client_id=WEB),
        playing("5", "147967", 900_000, client_id="exampleplayerphone000004", state=PlayerState.PAUSED),
    ),
    "ws/15-no-size.json": frame(playing("4", "9723", 110_000, client_id=WEB)),
    "ws/16-legacy-children.json": frame(playing("3", "9723", 61_000)),
    "ws/17-unwrapped.json": frame(playing("3", "9723", 62_000, client_id=WEB, state=PlayerState.PAUSED)),
    "ws/18-type-trailing-space.json": frame(playing("3", "9723", 63_000, client_id=WEB)),
    "ws/19-ids-as-numbers.json": frame(playing("3", "9723", 64_000)),
    "ws/20-timeline-processed.json": Frame(type="timeline", forgotten=("147967",)),
    "ws/21-timeline-deleted.json": Frame(type="timeline", forgotten=("147967",)),
    "ws/22-activity.json": Frame(type="activity"),
    "ws/23-transcode-update.json": Frame(type="transcodeSession.update"),
    "ws/24-status-library-update.json": Frame(type="status"),
    "ws/25-progress.json": Frame(type="progress"),
    "ws/26-reachability.json": Frame(type="reachability"),
    "ws/27-background-queue.json": Frame(type="backgroundProcessingQueue"),
    "ws/28-preference.json": Frame(type="preference", preferences=("LibraryVideoPlayedThreshold",)),
    "ws/29-update-statechange.json": Frame(type="update.statechange"),
    "ws/30-account.json": Frame(type="account"),
    "ws/31-provider-content-change.json": Frame(type="provider.content.change"),
    "ws/32-unknown-type.json": Frame(type="some.future.type"),
    "ws/34-log.json": Frame(type="log"),
}

MALFORMED = [
    "A frame is not JSON.",
    "A frame is not JSON.",
    "A frame is not an object with a container.",
    "A frame is not an object with a container.",
    "A frame is not JSON.",
    "A frame names no type.",
    "A frame of type playing has no entries.",
    "A frame of type playing has no entries.",
    Frame(
        type="playing",
        problems=(
            "A notification is not an object.",
            "A notification is not an object.",
            "A notification has the state ''.",
        ),
    ),
]

STREAMS = {
    "sse/01-stream.json": [
        "A frame names no type.",
        frame(playing("104", "9723", 39_000, client_id=WEB, play_queue_item="17659")),
        "A frame names no type.",
        frame(
            playing("104", "9723", 52_000, client_id=WEB, play_queue_item="17659", state=PlayerState.STOPPED)
        ),
    ],
    "sse/02-stream-wrapped.json": [
        frame(playing("104", "9723", 52_000, client_id=WEB, state=PlayerState.PAUSED))
    ],
}


def test_every_recorded_frame_has_its_meaning_written_down():
    assert [*EXPECTED, "ws/33-malformed-frames.json"] == sorted(
        names_in("ws"), key=lambda name: (name.startswith("ws/33"), name)
    )
    assert list(STREAMS) == names_in("sse")


@pytest.mark.parametrize("path", EXPECTED)
def test_a_recorded_frame_is_understood(path):
    assert decode_frame(recorded_bytes(path).decode()) == EXPECTED[path]


@pytest.mark.parametrize("path", EXPECTED)
def test_a_binary_frame_is_read_like_a_text(path):
    assert decode_frame(recorded_bytes(path)) == EXPECTED[path]


def outcome(text):
    """What comes of a text: a frame, or what is wrong with it."""
    try:
        return decode_frame(text)
    except PayloadError as error:
        return str(error)


def test_each_malformed_frame_is_told_what_is_wrong_with_it():
    assert [outcome(text) for text in recorded("ws/33-malformed-frames.json")] == MALFORMED


@pytest.mark.parametrize("path", STREAMS)
def test_the_data_of_an_event_stream_is_read_without_its_event_name(path):
    lines = recorded(path)["raw"].splitlines()
    data = [line.removeprefix("data: ") for line in lines if line.startswith("data: ")]
    assert [outcome(text) for text in data] == STREAMS[path]


def test_a_single_object_stands_for_a_list_of_one():
    text = '{"type":"timeline","TimelineEntry":{"itemID":5,"state":9}}'
    assert decode_frame(text) == Frame(type="timeline", forgotten=("5",))


@pytest.mark.parametrize(
    ("entry", "forgotten"),
    [
        pytest.param('{"itemID":5,"state":0}', (), id="created"),
        pytest.param('{"itemID":5,"state":"5"}', ("5",), id="processed, as text"),
        pytest.param('{"itemID":"","state":9}', (), id="deleted, but nobody says what"),
    ],
)
def test_only_a_finished_or_deleted_item_is_forgotten(entry, forgotten):
    text = f'{{"type":"timeline","TimelineEntry":[{entry}]}}'
    assert decode_frame(text).forgotten == forgotten


@pytest.mark.parametrize(
    ("kind", "name"),
    [("timeline", "TimelineEntry"), ("preference", "Setting")],
    ids=["timeline", "preference"],
)
def test_an_entry_that_is_no_object_is_left_out_and_named(kind, name):
    found = decode_frame(json.dumps({"type": kind, name: [None, {"id": "x", "itemID": 1, "state": 5}]}))
    assert len(found.problems) == 1
    assert found.forgotten == (("1",) if kind == "timeline" else ())
    assert found.preferences == (("x",) if kind == "preference" else ())


def test_the_lists_of_a_frame_that_does_not_matter_are_not_even_looked_at():
    text = '{"type":"activity","PlaySessionStateNotification":[5],"TimelineEntry":[5]}'
    assert decode_frame(text) == Frame(type="activity")


def test_the_good_entries_of_a_frame_are_kept():
    entries = [{"state": "playing", "sessionKey": "1"}, {"state": "dancing"}, 5]
    found = decode_frame(json.dumps({"type": "playing", "PlaySessionStateNotification": entries}))
    assert [one.session_key for one in found.notifications] == ["1"]
    assert found.problems == ("A notification has the state 'dancing'.", "A notification is not an object.")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        pytest.param("x" * (MAX_FRAME_BYTES + 1), "A frame is larger than 1 MiB.", id="huge"),
        pytest.param('{"x":' * 100_000, "A frame is nested too deeply.", id="deep"),
        pytest.param(
            '{"type":"activity","x":' + "[" * 50_000 + "]" * 50_000 + "}",
            "A frame is nested too deeply.",
            id="deep where nobody looks",
        ),
        pytest.param(b'{"type":"\xff"}', "A frame is not JSON.", id="not UTF-8"),
        pytest.param("\ud800", "A frame is not JSON.", id="half a character"),
        pytest.param('{"type":5}', "A frame names no type.", id="a number for a type"),
        pytest.param('{"type":"  "}', "A frame names no type.", id="a blank type"),
        pytest.param(
            '{"NotificationContainer":[]}', "A frame is not an object with a container.", id="a list for one"
        ),
        pytest.param(
            '{"type":"playing","PlaySessionStateNotification":"x\xff"}'.encode("latin-1"),
            "The text is not JSON",
            id="not UTF-8 in an entry",
        ),
    ],
)
def test_a_frame_that_is_none_says_why(text, problem):
    assert outcome(text).startswith(problem)


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
FIELDS = st.sampled_from(
    ["sessionKey", "ratingKey", "key", "viewOffset", "state", "guid", "playQueueItemID", "clientIdentifier"]
)
ENTRIES = st.dictionaries(FIELDS, VALUES | st.sampled_from(["playing", "PAUSED", "stopped"]), max_size=8)


@settings(max_examples=300)
@given(st.binary(max_size=200) | st.text(max_size=200) | VALUES.map(json.dumps))
def test_whatever_comes_is_a_frame_or_a_payload_error(text):
    outcome(text)


@settings(max_examples=300)
@given(
    st.sampled_from(["playing", " playing", "timeline", "preference"]), st.lists(ENTRIES | VALUES, max_size=4)
)
def test_whatever_the_entries_are_each_is_read_or_named(kind, entries):
    names = ("PlaySessionStateNotification", "TimelineEntry", "Setting")
    found = outcome(json.dumps({"NotificationContainer": {"type": kind, **dict.fromkeys(names, entries)}}))
    if isinstance(found, str):
        assert not entries
        return
    if found.type == "playing":
        assert len(found.notifications) + len(found.problems) == len(entries)
    assert all(one.offset_ms is None or one.offset_ms >= 0 for one in found.notifications)
