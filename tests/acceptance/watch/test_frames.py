"""Every recorded frame of Plex goes through the running app, which survives it, counts it, and goes on."""

from __future__ import annotations

import json

import pytest

from fakes.plex_recordings import names_in, recorded

PAPERMAN = "Paperman (2012)"
MALFORMED = "ws/33-malformed-frames.json"


def texts_of(name):
    """What the recording puts on the wire: one frame, or a list of raw texts."""
    document = recorded(name)
    return document if isinstance(document, list) else [json.dumps(document)]


@pytest.mark.parametrize("name", names_in("ws"))
async def test_a_recorded_frame_is_survived_and_counted_and_a_viewing_after_it_is_right(live_in, name):
    home = await live_in()
    texts = texts_of(name)
    for text in texts:
        home.plex.push_frame(text)
    await home.later(seconds=5)
    (server,) = home.app.watch_status()["servers"]
    assert (server["alive"], server["connected"], server["frames"]) == (True, True, len(texts))
    assert bool(server["malformed"]) == (name == MALFORMED)
    await home.watch(PAPERMAN, start=0.5)
    await home.settled()
    assert home.told() == [("start", PAPERMAN, 50.0), ("stop", PAPERMAN, 100.0)]
    assert home.watched() == [PAPERMAN]
