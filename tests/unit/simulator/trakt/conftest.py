from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from crosswatch.simulator.trakt import TraktService
from fakes.hand_clock import HandClock

EVENING = datetime(2026, 10, 14, 20, tzinfo=UTC)


class Desk:
    """A Trakt without sockets, one member, one app, and short ways to ask it."""

    def __init__(self):
        self.clock = HandClock(EVENING)
        self.trakt = TraktService(clock=self.clock)
        self.alice = self.trakt.add_user("alice")
        self.trakt.register_app("app", "secret")
        self.token = self.trakt.link("alice").access_token

    def ask(self, method, path, body=None, *, token=None, key="app", host="api", **headers):
        """The answer to a proper request; headers with underscores replace the proper ones, None drops."""
        path, _, query = path.partition("?")
        sent = {
            "user-agent": "CrossWatchTests/1.0",
            "content-type": "application/json",
            "trakt-api-key": key,
            "authorization": f"Bearer {self.token if token is None else token}",
        }
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        reply = self.trakt.serve(
            host=host,
            auth_url="http://auth.invalid",
            method=method,
            path=path,
            query=dict(part.split("=", 1) for part in query.split("&") if part),
            headers={name: value for name, value in sent.items() if value is not None},
            raw=b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode(),
        )
        return reply.answer

    def forward(self, **duration):
        """Let time pass."""
        self.clock.move(timedelta(**duration).total_seconds())

    def write(self, path, body, **more):
        """A POST, far enough from the one before."""
        self.forward(seconds=1)
        return self.ask("POST", path, body, **more)

    def scrobble(self, action, progress, item=None):
        """One scrobble, of Arrival unless something else is named."""
        named = {"movie": {"ids": {"tmdb": 329865}}} if item is None else item
        return self.write(f"/scrobble/{action}", {**named, "progress": progress})

    @property
    def labels(self):
        return [play.label for play in self.trakt.history("alice")]

    @property
    def watching(self):
        return self.trakt.watching("alice")


@pytest.fixture
def desk():
    return Desk()
