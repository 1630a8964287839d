"""A real process, asked whatever its own OpenAPI allows, and told whatever frames and webhooks could say."""

from __future__ import annotations

import asyncio
import threading

import psutil
import pytest
import pytest_asyncio
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from crosswatch.config.model import default_document
from crosswatch.errors import PayloadError
from crosswatch.providers.scrobble.plex.frames import decode_frame
from crosswatch.simulator.plex import SimulatedPlex
from crosswatch.simulator.plex.frames import Frame
from crosswatch.simulator.trakt import SimulatedTrakt
from crosswatch.web.factory import create_app
from fakes.mutated import requests as webhooks
from fakes.mutated_frames import frames
from fakes.served import ServedApp

PASSWORD = "correct horse battery"
DESCRIBED = create_app().openapi()
OPERATIONS = [
    f"{verb.upper()} {path}" for path, verbs in sorted(DESCRIBED["paths"].items()) for verb in verbs
]
STREAMS = ("/api/events", "/api/logs/stream")
CHECKS = [
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
]
MOST_GROWTH_MB = 48
"""What caches, rings and the allocator may take once; a leak takes that much for each thousand."""
MANY, TEN_THOUSAND = 100, 10_000
PATIENCE_S = 30
DELIVERED_WITHIN_S = 60
"""Webhooks that name alice make plays as well, and Trakt takes one a second."""

pytestmark = pytest.mark.asyncio(loop_scope="module")


def examples(count):
    """Hypothesis's settings for so many; nothing is shrunk, for each example is a request.

    A few are the same each time, so that what fails every day can be found again; many are drawn by chance.
    """
    return settings(
        max_examples=count,
        derandomize=count < MANY,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
    )


async def claim(app, scope):
    """Set a password, and make a key of that scope; it is all that the guest has."""
    await app.post("/setup/claim", {"password": PASSWORD})
    headers = {"Origin": f"http://127.0.0.1:{app.port}"}
    wanted = {"name": "guest", "scope": scope}
    async with app.http.post("/api/access/keys", json=wanted, headers=headers) as answer:
        return (await answer.json())["key"]


class Guest:
    """Somebody with a key who asks whatever the description of the API allows.

    Args:
        app: The process.
        key: The key.
    """

    def __init__(self, app, key):
        self._base = f"http://127.0.0.1:{app.port}"
        self._headers = {"X-Api-Key": key}
        self._schema = schemathesis.openapi.from_dict(DESCRIBED)
        self.statuses = set()

    def ask(self, operation, count):
        """So many requests for it; each answer has to be what is described, and no mistake of ours."""
        verb, path = operation.split(" ", 1)

        @examples(count)
        @given(case=self._schema[path][verb].as_strategy())
        def each(case):
            sent = case.as_transport_kwargs(base_url=self._base, headers=self._headers)
            is_stream = path in STREAMS
            with requests.request(
                **sent, timeout=PATIENCE_S, stream=is_stream, allow_redirects=False
            ) as answer:
                self.statuses.add(answer.status_code)
                assert answer.status_code != 500, answer.text
                if not (is_stream and answer.ok):
                    case.validate_response(answer, checks=CHECKS)

        each()


def memory_mb(app):
    return psutil.Process(app.pid).memory_info().rss / 2**20


def is_well(app):
    """No task has died, and nobody has stumbled."""
    assert "Traceback" not in app.output
    assert "never retrieved" not in app.output
    assert requests.get(f"http://127.0.0.1:{app.port}/healthz", timeout=PATIENCE_S).json()["status"] == "ok"


# ---------------------------------------------------------------- whatever is asked


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def host(tmp_path_factory):
    """A process, and a guest who may do everything; afterwards it is well."""
    async with ServedApp(tmp_path_factory.mktemp("asked") / "config") as app:
        yield Guest(app, await claim(app, "admin"))
        await asyncio.to_thread(is_well, app)


@pytest.mark.parametrize("operation", OPERATIONS)
async def test_whatever_is_asked_the_answer_is_as_described(host, operation):
    await asyncio.to_thread(host.ask, operation, 3)


@pytest.mark.fuzz
@pytest.mark.timeout(3_600)
@pytest.mark.parametrize("operation", OPERATIONS)
async def test_whatever_is_asked_hundreds_of_times_the_answer_is_as_described(host, operation):
    await asyncio.to_thread(host.ask, operation, TEN_THOUSAND // len(OPERATIONS) + 1)


# ---------------------------------------------------------------- while somebody watches


@pytest_asyncio.fixture(loop_scope="module")
async def evening(tmp_path):
    """A Plex, a Trakt, and an app between them that watches for alice and takes in webhooks."""
    async with SimulatedPlex() as plex, SimulatedTrakt() as trakt:
        trakt.add_user("maya_w")
        trakt.register_app("client-id", "client-secret")
        document = default_document()
        document["plex"] |= {
            "server_url": plex.base_url,
            "account_token": plex.owner_token,
            "tv_url": plex.plextv_url,
        }
        document["trakt"] = {
            "client_id": "client-id",
            "client_secret": "client-secret",
            "api_url": trakt.api_url,
            "auth_url": trakt.auth_url,
        }
        document["auth"]["trakt"] |= trakt.link("maya_w").answer()
        document["features"]["watch"]["enabled"] = True
        document["features"]["webhook"]["enabled"] = True
        document["features"]["scrobble"] |= {"enabled": True, "providers": {"trakt": {"enabled": True}}}
        document["features"]["scrobble"]["filters"]["username_whitelist"] = ["alice"]
        async with ServedApp(tmp_path / "config") as app:
            await app.post("/api/config", document)
            await app.until("/debug/watch/status", lambda found: found["connected"])
            yield app, plex, trakt


class Storm:
    """Frames, webhooks and questions of a guest, all at once, against one process.

    Args:
        app: The process.
        plex: Whose socket the frames come by.
        guest: Who asks.
        player: Whose session must not be spoken of: a frame may say that it has ended.
    """

    def __init__(self, app, plex, guest, player):
        self._hook = f"http://127.0.0.1:{app.port}/webhook/trakt"
        self._plex, self._guest = plex, guest
        self._own = player.session_key
        self._loop = asyncio.get_running_loop()

    async def blow(self, count):
        """So many of each."""
        await asyncio.gather(
            asyncio.to_thread(self._frames, count),
            asyncio.to_thread(self._webhooks, count),
            asyncio.to_thread(self._questions, count),
        )

    def _frames(self, count):
        @examples(count)
        @given(text=frames())
        def each(text):
            sent = threading.Event()
            if not self._speaks_of_it(text):
                self._loop.call_soon_threadsafe(self._publish, text, sent)
                assert sent.wait(PATIENCE_S)

        each()

    def _publish(self, text, sent):
        self._plex.world.hub.publish(Frame(type="playing", raw=text))
        sent.set()

    def _speaks_of_it(self, text):
        try:
            return any(one.session_key in {self._own, ""} for one in decode_frame(text).notifications)
        except PayloadError:
            return False

    def _webhooks(self, count):
        with requests.Session() as http:

            @examples(count)
            @given(request=webhooks())
            def each(request):
                body, kind = request
                headers = {"Content-Type": kind.encode("latin-1")}
                answer = http.post(self._hook, data=body, headers=headers, timeout=PATIENCE_S)
                assert answer.status_code in {200, 400, 413, 415, 503}, answer.text
                assert isinstance(answer.json()["ok"], bool)

            each()

    def _questions(self, count):
        for operation in OPERATIONS:
            self._guest.ask(operation, -(-count // len(OPERATIONS)))


async def weathers(evening, count):
    """A viewing goes on through the storm, and is a play; nothing has died, and nothing has grown."""
    app, plex, trakt = evening
    player, arrival = plex.player("alice", "tv"), plex.item("Arrival")
    await player.start(arrival)
    await app.until("/api/plays", lambda found: [play["state"] for play in found["plays"]] == ["playing"])

    guest = Guest(app, await claim(app, "read"))
    storm = Storm(app, plex, guest, player)
    await storm.blow(count // 5)  # what is loaded and cached once
    before = memory_mb(app)
    await storm.blow(count)
    assert memory_mb(app) - before < MOST_GROWTH_MB
    assert {200, 403} <= guest.statuses

    await player.seek(int(arrival.length_ms * 0.95))
    await player.stop()
    async with asyncio.timeout(DELIVERED_WITHIN_S):
        while "Arrival" not in (titles := [play.item.title for play in trakt.history("maya_w")]):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    assert titles.count("Arrival") == 1
    status = await app.get("/debug/watch/status")
    assert (status["alive"], status["connected"]) == (True, True)
    await asyncio.to_thread(is_well, app)


async def test_whatever_comes_from_everywhere_the_viewing_is_a_play(evening):
    await weathers(evening, 60)


@pytest.mark.fuzz
@pytest.mark.timeout(3_600)
async def test_ten_thousand_of_everything_cost_no_play_no_task_and_no_memory(evening):
    await weathers(evening, TEN_THOUSAND)
