"""Requests are counted by what they are about, not by what they name."""

from __future__ import annotations

import pytest

from crosswatch.providers.scrobble.trakt.answers import route_of


@pytest.mark.parametrize(
    ("path", "route"),
    [
        ("/scrobble/start", "/scrobble/start"),
        ("/sync/history/remove", "/sync/history/remove"),
        ("/search/tmdb/95396", "/search/tmdb/{id}"),
        ("/shows/severance/seasons/2/episodes/3", "/shows/{id}/seasons/{id}/episodes/{id}"),
        ("/oauth/device/token", "/oauth/device/token"),
        ("/users/maya-w/history", "/users/{id}/history"),
        ("/", "/{id}"),
    ],
)
def test_a_route_holds_no_name(path, route):
    assert route_of(path) == route
