from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import time

import pytest
from hypothesis import HealthCheck, given, settings

from crosswatch.core.events import PlayId
from crosswatch.core.ignored import SENTENCES, Ignored
from crosswatch.errors import StorageError
from crosswatch.providers.scrobble.plex.webhook import MOST_BODY_BYTES, MOST_PAYLOAD_BYTES
from crosswatch.service.webhooks import Receipt
from crosswatch.simulator.plex.webhooks import multipart
from crosswatch.web.factory import create_app
from crosswatch.web.routes.webhook import STATUSES
from fakes.asgi import Caller
from fakes.hand_clock import HandClock
from fakes.memory_ledger import MemoryLedger
from fakes.mutated import requests
from fakes.plex_recordings import recorded
from fakes.runtime import FakeRuntime

PATH = "/webhook/trakt"
JSON = {"Content-Type": "application/json"}
PLAY = recorded("webhooks/01-play-movie.json")
TEST = recorded("webhooks/18-handover-test.json")
SECRET = "canary-for-the-webhook"


@pytest.fixture
async def hook(runtime, web):
    """Posts a webhook while webhook mode is on; a secret may be set."""

    def configure(secret="", further=""):
        document = json.loads((runtime.config.directory / "config.json").read_text())
        document["features"]["webhook"]["enabled"] = True
        document["plex"]["webhook_secret"] = secret
        if further:
            document["servers"] = [{"server_url": "http://127.0.0.1:1", "webhook_secret": further}]
        runtime.config.replace(document)

    async def post(payload=PLAY, query="", **headers):
        body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        return await web("POST", f"{PATH}{query}", body=body, headers={**JSON, **headers})

    configure()
    post.configure = configure
    return post


def told(answer):
    return answer.status, answer.json()


async def test_while_webhook_mode_is_off_nothing_is_taken_in_and_the_sender_learns_why(runtime, web):
    answer = await web("POST", PATH, body=json.dumps(PLAY).encode(), headers=JSON)
    assert told(answer) == (
        503,
        {
            "ok": False,
            "play": None,
            "reason": "feature_off",
            "detail": "Webhook mode is off: set features.webhook.enabled to true in config.json.",
        },
    )
    assert runtime.webhooks == []


async def test_a_webhook_is_answered_with_the_play_that_it_is_about(runtime, hook):
    assert told(await hook()) == (200, {"ok": True, "play": "play-1"})
    (fact,) = runtime.webhooks
    assert (fact.event, fact.media.title, fact.server_name) == ("media.play", "October Sky", "Example Server")


async def test_the_example_of_the_hand_over_is_taken_in(runtime, hook):
    assert (await hook(TEST)).json()["ok"]
    assert (runtime.webhooks[0].offset_ms, runtime.webhooks[0].media.title) == (60_000, "Ping")


@pytest.mark.parametrize("file_name", [False, True], ids=["as a field", "as a file"])
async def test_multipart_is_taken_in(runtime, hook, file_name):
    body, kind = multipart(json.dumps(PLAY), file_name=file_name, thumb=bytes(300_000))
    assert (await hook(body, **{"Content-Type": kind})).status == 200
    assert runtime.webhooks[0].media.title == "October Sky"


ANSWERS = {
    "nothing new": (Receipt(play_id=PlayId("p"), ignored=Ignored.HEARD_ALREADY), 200, True, "p"),
    "an event that says nothing": (Receipt(ignored=Ignored.EVENT_IGNORED), 200, True, None),
    "an event that nobody knows": (Receipt(ignored=Ignored.EVENT_UNKNOWN), 200, True, None),
    "too many at once": (Receipt(ignored=Ignored.TOO_MANY), 503, False, None),
}


@pytest.mark.parametrize("case", ANSWERS)
async def test_what_changes_nothing_is_answered_with_a_reason(runtime, hook, case):
    runtime.receipt, status, is_ok, play = ANSWERS[case]
    answer = await hook()
    assert answer.status == status
    assert answer.json() == {
        "ok": is_ok,
        "play": play,
        "reason": runtime.receipt.ignored.value,
        "detail": SENTENCES[runtime.receipt.ignored],
    }


async def test_what_could_not_be_written_down_is_no_success(runtime, hook):
    runtime.receipt = Receipt(play_id=PlayId("p"), problem="There is no room left.")
    answer = await hook()
    assert (answer.status, answer.json()["ok"], answer.json()["play"]) == (503, False, "p")
    assert "There is no room left." in answer.json()["detail"]


async def test_without_a_database_nothing_is_promised(runtime, hook):
    runtime.receipt = StorageError("The database is not open yet.")
    assert told(await hook()) == (
        503,
        {"ok": False, "play": None, "detail": "The database is not open yet."},
    )


MALFORMED = [text.encode() for text in recorded("webhooks/19-malformed.json")[:9]]


@pytest.mark.parametrize("text", [*MALFORMED, b"\xff\xfe", b"[" * 100_000], ids=lambda text: repr(text[:30]))
async def test_what_is_no_payload_is_a_bad_request(runtime, hook, text):
    answer = await hook(text)
    assert (answer.status, answer.json()["reason"]) == (400, "payload_malformed")
    assert runtime.webhooks == []


async def test_an_event_that_nobody_knows_is_handed_on_to_be_counted(runtime, hook):
    assert (await hook({"event": "media.unknown", "Metadata": {"type": "movie"}})).status == 200
    assert runtime.webhooks[0].event == "media.unknown"


# ---------------------------------------------------------------- limits


def padded(size):
    empty = json.dumps({**PLAY, "pad": ""}).encode()
    return empty[:-2] + b"x" * (size - len(empty)) + b'"}'


async def test_a_payload_may_have_a_mebibyte_and_no_more(runtime, hook):
    assert (await hook(padded(MOST_PAYLOAD_BYTES))).status == 200
    answer = await hook(padded(MOST_PAYLOAD_BYTES + 1))
    assert (answer.status, answer.json()["reason"]) == (413, "too_large")
    assert len(runtime.webhooks) == 1


async def test_a_picture_is_bounded_too(runtime, hook):
    body, kind = multipart(json.dumps(PLAY), file_name=True, thumb=bytes(MOST_BODY_BYTES))
    answer = await hook(body, **{"Content-Type": kind})
    assert (answer.status, answer.json()["reason"]) == (413, "too_large")
    assert runtime.webhooks == []


# ---------------------------------------------------------------- secrets


def signature(body, secret=SECRET):
    return base64.b64encode(hmac.digest(secret.encode(), body, hashlib.sha1)).decode()


BODY = json.dumps(PLAY).encode()

SENDERS = {
    "the token": (f"?token={SECRET}", {}, 200),
    "the signature": ("", {"X-Plex-Signature": signature(BODY)}, 200),
    "a wrong token beside the signature": ("?token=x", {"X-Plex-Signature": signature(BODY)}, 200),
    "nothing": ("", {}, 401),
    "a wrong token": ("?token=guess", {}, 401),
    "an empty token": ("?token=", {}, 401),
    "a wrong signature": ("", {"X-Plex-Signature": signature(b"another body")}, 401),
}


@pytest.mark.parametrize("sender", SENDERS)
async def test_where_a_secret_is_set_only_who_knows_it_may_send(runtime, hook, sender):
    query, headers, status = SENDERS[sender]
    hook.configure(SECRET)
    assert (await hook(BODY, query, **headers)).status == status
    assert len(runtime.webhooks) == (1 if status == 200 else 0)


async def test_the_secret_of_a_further_server_is_as_good(hook):
    hook.configure("", further=SECRET)
    assert (await hook(BODY)).status == 401
    assert (await hook(BODY, f"?token={SECRET}")).status == 200


async def test_a_refusal_says_why_and_neither_answer_nor_log_holds_a_secret(hook, web):
    hook.configure(SECRET)
    guess = "canary-that-somebody-guessed"
    answers = [
        await hook(BODY, f"?token={guess}"),
        await hook(BODY, **{"X-Plex-Signature": signature(BODY, guess)}),
        await hook(BODY, f"?token={SECRET}"),
        await hook(b"rubbish", f"?token={SECRET}"),
    ]
    assert answers[0].json()["reason"] == "webhook_unsigned"
    log = (await web.get("/api/logs/dump?channel=WEBHOOK&n=500")).text
    assert "webhook_unsigned" in log
    shown = log + "".join(answer.text for answer in answers)
    assert guess not in shown
    assert SECRET not in shown


async def test_who_knows_no_secret_is_refused_before_a_byte_of_the_body_is_read(hook, web):
    hook.configure(SECRET)
    read = []

    async def receive():
        read.append(1)
        await asyncio.sleep(3600)

    sent = []

    async def send(message):
        sent.append(message)

    scope = web._scope("POST", PATH, {**JSON, "Content-Length": "100"}, "")
    async with asyncio.timeout(5):
        await web.app(scope, receive, send)
    assert (sent[0]["status"], read) == (401, [])


# ---------------------------------------------------------------- whatever comes


STATES = {200, *STATUSES.values()} - {401}


async def is_answered(web, request):
    """The route answers whatever comes; what it hands on, it has understood."""
    body, kind = request
    answer = await web("POST", PATH, body=body, headers={"Content-Type": kind})
    assert answer.status in STATES, (answer.status, answer.text)
    assert isinstance(answer.json()["ok"], bool)


async def test_a_webhook_is_answered_in_milliseconds(hook):
    await hook()
    began = time.perf_counter()
    for _ in range(20):
        await hook()
    assert time.perf_counter() - began < 2.0


COMMON = {"deadline": None, "suppress_health_check": [HealthCheck.function_scoped_fixture]}


class TestWhateverComes:
    """No request makes a mistake of ours visible."""

    @pytest.fixture
    def put(self, tmp_path):
        runtime = FakeRuntime(tmp_path / "config", MemoryLedger(HandClock()), clock=HandClock())
        loop = asyncio.new_event_loop()

        def prepare():
            runtime.config.load()
            runtime.access.open()
            document = json.loads((runtime.config.directory / "config.json").read_text())
            document["features"]["webhook"]["enabled"] = True
            runtime.config.replace(document)

        prepare()
        app = create_app(runtime)
        app.state.runtime = runtime
        web = Caller(app)
        yield lambda request: loop.run_until_complete(is_answered(web, request))
        loop.close()

    @settings(max_examples=500, **COMMON)
    @given(request=requests())
    def test_hundreds_of_broken_deliveries_are_answered(self, put, request):
        put(request)

    @pytest.mark.fuzz
    @settings(max_examples=10_000, **COMMON)
    @given(request=requests())
    def test_ten_thousand_broken_deliveries_are_answered(self, put, request):
        put(request)
