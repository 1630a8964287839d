"""Frames as they must not be: recorded ones, with something broken, missing or replaced."""

from __future__ import annotations

import json

from hypothesis import strategies as st

from fakes.mutated import ODDITIES, broken_bytes
from fakes.plex_recordings import names_in, recorded

FRAMES = [recorded(name) for name in names_in("ws") if "malformed" not in name]
STATES = st.sampled_from(["playing", "PAUSED", "stopped", "buffering", "error", "resting", ""])
FIELDS = (
    "sessionKey",
    "ratingKey",
    "key",
    "viewOffset",
    "state",
    "guid",
    "playQueueItemID",
    "clientIdentifier",
)


def entries_of(frame):
    """The objects in the frame's lists, wherever they are."""
    inside = frame.get("NotificationContainer", frame)
    lists = [value if isinstance(value, list) else [value] for value in inside.values()]
    return [entry for found in lists for entry in found if isinstance(entry, dict)]


@st.composite
def documents(draw):
    """A recorded frame in which some fields are not as they should be."""
    frame = json.loads(json.dumps(draw(st.sampled_from(FRAMES))))
    for entry in entries_of(frame):
        for name in draw(st.lists(st.sampled_from(FIELDS), max_size=3)):
            if draw(st.booleans()):
                entry.pop(name, None)
            else:
                entry[name] = draw(STATES if name == "state" else ODDITIES)
    return frame


@st.composite
def frames(draw):
    """The text of a frame, or bytes that were one; sometimes nothing of the kind."""
    if not draw(st.integers(min_value=0, max_value=9)):
        return draw(st.text(max_size=200) | st.binary(max_size=200))
    text = json.dumps(draw(documents()))
    if draw(st.booleans()):
        return text
    return draw(broken_bytes(st.just(text.encode(errors="replace"))))
