"""Webhooks as a receiver gets them."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
from email import message_from_bytes

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from crosswatch.simulator.plex import Ending
from crosswatch.simulator.plex.images import THUMB_JPEG

EPISODE = "28841"


class Receiver:
    """Takes deliveries and keeps them."""

    def __init__(self):
        self.requests = []
        self.status = 200
        app = web.Application()
        app.router.add_post("/hook", self._take)
        self.server = TestServer(app)

    @property
    def url(self):
        return str(self.server.make_url("/hook"))

    @property
    def payloads(self):
        return [request["payload"] for request in self.requests]

    @property
    def events(self):
        return [payload["event"] for payload in self.payloads]

    async def _take(self, request):
        raw = await request.read()
        head = f"Content-Type: {request.headers['Content-Type']}\r\n\r\n".encode()
        parts = {
            part.get_param("name", header="content-disposition"): (
                part.get_filename(),
                part.get_content_type(),
                part.get_payload(decode=True),
            )
            for part in message_from_bytes(head + raw).get_payload()
        }
        self.requests.append(
            {
                "headers": request.headers,
                "raw": raw,
                "parts": parts,
                "payload": json.loads(parts["payload"][2]),
            }
        )
        return web.Response(status=self.status)


@pytest.fixture
async def receiver():
    receiver = Receiver()
    async with receiver.server:
        yield receiver


@pytest.fixture
def make_hooked(make_plex, receiver):
    """A server whose owner has a hook at the receiver."""

    async def make(**options):
        plex = await make_plex(**options)
        plex.webhooks.register(plex.person("alice"), [receiver.url])
        return plex

    return make


def keys(value):
    return {name: type(inner).__name__ for name, inner in value.items()}


async def test_a_viewing_is_told_from_play_to_stop(make_hooked, receiver):
    plex = await make_hooked()
    await plex.player("alice", "web").watch(plex.item(EPISODE), start=0.8, pauses=((0.85, 30.0),))
    await plex.webhooks.idle()
    assert receiver.events == ["media.play", "media.pause", "media.resume", "media.scrobble", "media.stop"]
    assert [one.status for one in plex.webhooks.deliveries] == [200] * 5


@pytest.mark.parametrize(
    ("event", "recorded"),
    [
        ("media.play", "01-play-movie"),
        ("media.pause", "02-pause-movie"),
        ("media.resume", "03-resume-episode-shared"),
        ("media.scrobble", "05-scrobble-episode"),
        ("playback.started", "09-playback-started"),
    ],
)
async def test_payloads_have_the_recorded_shape(make_hooked, receiver, recording, event, recorded):
    wanted = recording(f"webhooks/{recorded}.json")
    plex = await make_hooked()
    shared = "episode" in recorded or "started" in recorded
    key = wanted["Metadata"]["ratingKey"]
    if recorded.startswith("02"):
        plex.world.history.add(plex.person("alice"), plex.item(key), 1_761_917_628)
    player = plex.player("bob" if shared else "alice", "web")
    await player.start(plex.item(key))
    player.pause()
    player.resume()
    await player.seek(int(plex.item(key).length_ms * 0.95))
    await player.stop()
    await plex.webhooks.idle()
    sent = next(payload for payload in receiver.payloads if payload["event"] == event)
    assert keys(sent) == keys(wanted)
    for part in ("Account", "Server", "Player"):
        assert keys(sent[part]) == keys(wanted[part])
    known = {"viewCount", "lastViewedAt", "skipCount", "contentRating", "viewOffset"}
    assert keys(sent["Metadata"]).keys() ^ keys(wanted["Metadata"]).keys() <= known | {
        "originallyAvailableAt"
    }
    assert {n: sent["Metadata"][n] for n in ("guid", "type", "title", "librarySectionType")} == {
        n: wanted["Metadata"][n] for n in ("guid", "type", "title", "librarySectionType")
    }
    assert (sent["user"], sent["owner"]) == (wanted["user"], wanted["owner"])
    assert sent["Account"]["title"] == wanted["Account"]["title"]


@pytest.mark.parametrize(
    ("item", "recorded"), [("73894", "12-music"), ("8355", "13-trailer-clip"), ("Evening News", "14-live-tv")]
)
async def test_what_is_no_movie_or_episode_is_told_as_recorded(
    make_hooked, receiver, recording, item, recorded
):
    plex = await make_hooked(webhook_durations=False)
    await plex.player("alice", "web").start(plex.item(item))
    await plex.webhooks.idle()
    wanted, sent = recording(f"webhooks/{recorded}.json")["Metadata"], receiver.payloads[0]["Metadata"]
    extra = {"addedAt", "updatedAt", "parentYear"}
    assert {name: value for name, value in sent.items() if name not in extra} == {
        name: value for name, value in wanted.items() if name not in extra
    }


@pytest.mark.parametrize(
    ("options", "recorded"),
    [
        ({"webhook_file_name": True}, "20-multipart-file-part"),
        ({"webhook_file_name": False}, "21-multipart-field"),
    ],
)
async def test_the_request_is_multipart_as_recorded(make_hooked, receiver, recording, options, recorded):
    plex = await make_hooked(**options)
    await plex.player("alice", "web").start(plex.item(EPISODE), offset_ms=1000)
    await plex.webhooks.idle()
    wanted, request = recording(f"webhooks/{recorded}.json"), receiver.requests[0]
    sent_head, wanted_head = (
        text.partition("\r\n\r\n")[0].partition("\r\n")[2]
        for text in (request["raw"].decode(errors="replace"), wanted["body"])
    )
    assert sent_head == wanted_head
    assert request["headers"]["User-Agent"] == "PlexMediaServer/1.43.3.10896-cafe0123"
    assert request["headers"]["Content-Type"].startswith("multipart/form-data; boundary=-----")
    assert "X-Plex-Signature" not in request["headers"]


async def test_some_events_have_a_picture(make_hooked, receiver):
    plex = await make_hooked()
    player = plex.player("alice", "web")
    await player.start(plex.item(EPISODE))
    player.pause()
    await plex.webhooks.idle()
    assert [request["parts"].get("thumb") for request in receiver.requests] == [
        ("thumb.jpg", "image/jpeg", THUMB_JPEG),
        None,
    ]


async def test_the_picture_can_be_left_out(make_hooked, receiver):
    plex = await make_hooked(webhook_thumb=False)
    await plex.player("alice", "web").start(plex.item(EPISODE))
    await plex.webhooks.idle()
    assert list(receiver.requests[0]["parts"]) == ["payload"]


async def test_the_owner_hears_of_everybody_and_others_of_themselves(make_hooked, receiver):
    plex = await make_hooked()
    plex.webhooks.register(plex.person("bob"), [f"{receiver.url}?bob"])
    await plex.player("alice", "tv").start(plex.item("1357"))
    await plex.player("bob", "web").start(plex.item(EPISODE))
    await plex.webhooks.idle()
    told = sorted((p["event"], p["Account"]["title"], p["user"], p["owner"]) for p in receiver.payloads)
    assert told == [
        ("media.play", "alice", True, True),
        ("media.play", "bob", False, True),
        ("media.play", "bob", True, False),
        ("playback.started", "bob", False, True),
    ]


@pytest.mark.parametrize(("rule", "number"), [("local", 1), ("plextv", 1_000_001)])
async def test_the_owners_number_is_one_of_two(make_hooked, receiver, rule, number):
    plex = await make_hooked(webhook_owner_id=rule)
    await plex.player("alice", "web").start(plex.item(EPISODE))
    await plex.webhooks.idle()
    assert receiver.payloads[0]["Account"]["id"] == number


async def test_somebody_who_has_not_signed_in_has_a_blank_account(make_hooked, receiver):
    plex = await make_hooked()
    await plex.player(None, "dlna").start(plex.item(EPISODE))
    await plex.webhooks.idle()
    assert receiver.payloads[0]["Account"] == {"id": 0, "thumb": "", "title": ""}


async def test_offsets_are_missing_at_first_play_and_at_the_watched_mark(make_hooked, receiver):
    plex = await make_hooked()
    player = plex.player("alice", "web")
    await player.start(plex.item(EPISODE))
    await player.seek(400_000)
    await player.stop()
    await plex.webhooks.idle()
    offsets = {p["event"]: p["Metadata"].get("viewOffset") for p in receiver.payloads}
    assert offsets["media.play"] is None
    assert offsets["media.scrobble"] is None
    assert offsets["media.stop"] >= 400_000


async def test_offsets_and_durations_can_be_missing_always(make_hooked, receiver):
    plex = await make_hooked(webhook_offsets=False, webhook_durations=False)
    await plex.player("alice", "web").watch(plex.item(EPISODE), start=0.5, until=0.55)
    await plex.webhooks.idle()
    assert not any({"viewOffset", "duration"} & p["Metadata"].keys() for p in receiver.payloads)


async def test_deliveries_can_be_doubled(make_hooked, receiver):
    plex = await make_hooked(webhook_copies=2)
    await plex.player("alice", "web").start(plex.item(EPISODE))
    await plex.webhooks.idle()
    assert receiver.events == ["media.play"] * 2


async def test_deliveries_can_be_swapped(make_hooked):
    plex = await make_hooked(webhook_swapped=True)
    player = plex.player("alice", "web")
    await player.start(plex.item(EPISODE))
    player.pause()
    await plex.webhooks.idle()
    assert [one.event for one in plex.webhooks.deliveries] == ["media.pause", "media.play"]


async def test_deliveries_can_be_late(make_hooked):
    plex = await make_hooked(webhook_delay_s=100.0)
    began = plex.clock.timestamp()
    await plex.player("alice", "web").start(plex.item(EPISODE))
    await plex.webhooks.idle()
    assert plex.clock.timestamp() - began >= 99


async def test_a_refused_delivery_is_not_repeated(make_hooked, receiver):
    receiver.status = 500
    plex = await make_hooked()
    await plex.player("alice", "web").start(plex.item(EPISODE))
    await plex.webhooks.idle()
    assert [one.status for one in plex.webhooks.deliveries] == [500]


async def test_a_receiver_that_is_not_there_hurts_nobody(plex):
    plex.webhooks.register(plex.person("alice"), ["http://127.0.0.1:1/hook"])
    await plex.player("alice", "web").watch(plex.item(EPISODE), until=0.05, ending=Ending.NORMAL)
    await plex.webhooks.idle()
    assert all(one.status == 0 and one.error for one in plex.webhooks.deliveries)


async def test_a_signature_covers_the_raw_body_where_one_is_asked_for(make_hooked, receiver):
    plex = await make_hooked(webhook_secret="sample-secret")
    await plex.player("alice", "web").start(plex.item(EPISODE))
    await plex.webhooks.idle()
    digest = hmac.digest(b"sample-secret", receiver.requests[0]["raw"], hashlib.sha1)
    assert receiver.requests[0]["headers"]["X-Plex-Signature"] == base64.b64encode(digest).decode()


async def test_any_payload_can_be_sent(make_hooked, receiver, recording):
    plex = await make_hooked()
    for name in ("06-rate", "07-library-new-show", "10-device-new", "11-admin-backup"):
        plex.webhooks.send_payload(recording(f"webhooks/{name}.json"))
    await plex.webhooks.idle()
    assert sorted(receiver.events) == ["admin.database.backup", "device.new", "library.new", "media.rate"]


async def test_a_crash_tells_nobody(make_hooked, receiver):
    plex = await make_hooked()
    await plex.player("alice", "web").watch(plex.item(EPISODE), until=0.05, ending=Ending.CRASH)
    await plex.webhooks.idle()
    await asyncio.sleep(0)
    assert receiver.events == ["media.play"]
