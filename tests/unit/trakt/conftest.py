"""Items, orders and recorded exchanges for the pure parts of the Trakt sink."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qsl, unquote

import pytest

from crosswatch.core.events import Media, MediaKind, Percent, PlayId, Show
from crosswatch.core.ids import Ids
from crosswatch.core.plays import DesiredAction, SinkAccount
from crosswatch.core.ports import Order
from crosswatch.providers.scrobble.trakt.answers import Answer
from crosswatch.simulator.trakt import TraktOptions, TraktService

RECORDINGS = Path(__file__).parents[2] / "recordings" / "trakt"

NOW = datetime(2026, 11, 20, 21, 0, tzinfo=UTC)


@pytest.fixture
def now():
    return NOW


@pytest.fixture
def recorded():
    """The answer of a recorded exchange, by the name of its file."""

    def load(name):
        response = json.loads((RECORDINGS / f"{name}.json").read_text())["response"]
        body = response.get("body")
        text = response.get("body_text", "") if body is None else json.dumps(body)
        return Answer(status=response["status"], headers=response["headers"], json=body, text=text)

    return load


@pytest.fixture
def movie():
    """Guardians of the Galaxy, or with other attributes another movie."""

    def make(**given):
        facts = {
            "title": "Guardians of the Galaxy",
            "year": 2014,
            "ids": Ids(imdb="tt2015381", tmdb=118340),
            "duration_ms": 121 * 60_000,
        }
        return Media(kind=MediaKind.MOVIE, **{**facts, **given})

    return make


@pytest.fixture
def episode():
    """Breaking Bad S01E01, or with other attributes another episode."""

    def make(**given):
        facts = {
            "title": "Pilot",
            "ids": Ids(tvdb=349232, imdb="tt0959621", tmdb=62085),
            "show": Show(title="Breaking Bad", year=2008, ids=Ids(tmdb=1396, tvdb=81189, imdb="tt0903747")),
            "season": 1,
            "number": 1,
        }
        return Media(kind=MediaKind.EPISODE, **{**facts, **given})

    return make


@pytest.fixture
def order():
    """An order for an item of the default account."""

    def make(media, action=DesiredAction.START, progress=10.0, **given):
        facts = {"account": SinkAccount(), "at": NOW, "started_at": NOW - timedelta(hours=1)}
        return Order(
            media=media,
            action=action,
            progress=Percent(progress),
            play_id=PlayId("play-1"),
            **{**facts, **given},
        )

    return make


@pytest.fixture
def drive():
    """Run a generator of requests; what it returned and the requests it made."""

    def run(flow, answer):
        requests = []
        try:
            request = next(flow)
            while True:
                requests.append(request)
                request = flow.send(answer(request))
        except StopIteration as end:
            return end.value, requests

    return run


@pytest.fixture
def service():
    """The simulated Trakt without its sockets, with one linked member."""
    service = TraktService(options=TraktOptions(enforce_write_limit=False, enforce_read_limit=False))
    service.add_user("sample-user")
    service.register_app("sample-client-id", "sample-client-secret")
    return service


@pytest.fixture
def ask(service):
    """What the simulated Trakt answers to a request of the member."""
    headers = {
        "user-agent": "CrossWatchTests/1.0",
        "content-type": "application/json",
        "trakt-api-key": "sample-client-id",
        "authorization": f"Bearer {service.link('sample-user').access_token}",
    }

    def answer(request):
        path, _, query = request.target.partition("?")
        said = service.serve(
            method=request.method,
            path=unquote(path),
            query=dict(parse_qsl(query)),
            headers=headers,
            raw=json.dumps(request.body).encode() if request.body is not None else b"",
        ).answer
        names = {name.lower(): value for name, value in said.all_headers().items()}
        text = said.body().decode()
        return Answer(status=said.status, headers=names, json=said.json, text=text)

    return answer
