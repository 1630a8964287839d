"""Documents of configurations that more than one test begins with."""

from __future__ import annotations


def complete(*, webhook=False, filters=None, plex_token="t", trakt_token="t", **more):
    """One that is set up: it watches a server and tells Trakt; further sections come on top."""
    scrobble = {"enabled": True, "providers": {"trakt": {"enabled": True}}}
    features = {
        "watch": {"enabled": True},
        "scrobble": {**scrobble, **({"filters": filters} if filters else {})},
    }
    return {
        "plex": {"server_url": "http://192.168.1.20:32400", "account_token": plex_token},
        "trakt": {"client_id": "c"},
        "auth": {"trakt": {"access_token": trakt_token}},
        "features": {**features, **({"webhook": {"enabled": True}} if webhook else {})},
        **more,
    }
