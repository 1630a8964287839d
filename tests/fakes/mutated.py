"""Bodies of webhooks as they must not be: recorded ones, with something broken, missing or replaced."""

from __future__ import annotations

import copy
import json

from hypothesis import strategies as st

from crosswatch.simulator.plex.webhooks import multipart
from fakes.plex_recordings import names_in, recorded

MULTIPART = ("webhooks/20-multipart-file-part.json", "webhooks/21-multipart-field.json")
PAYLOADS = [recorded(name) for name in names_in("webhooks") if name[9:11] not in ("19", "20", "21")]
BODIES = [recorded(name) for name in MULTIPART]

EVENTS = (
    "media.play",
    "media.pause",
    "media.resume",
    "media.stop",
    "media.scrobble",
    "media.rate",
    "library.new",
    "playback.started",
    "media.unheard",
    "",
)

ODDITIES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(min_value=-(2**70), max_value=2**70)
    | st.floats()
    | st.text(max_size=12)
    | st.sampled_from(
        ["", " ", "0", "-1", "1e400", "NaN", "\x00", "\ud7ff", "tt0000000", "plex://x/y/z", "1" * 400]
    )
    | st.sampled_from([[], {}, [[]], [{}], {"id": {}}, [None]]).map(copy.deepcopy)
)

KEYS = (
    "ratingKey",
    "viewOffset",
    "duration",
    "guid",
    "Guid",
    "type",
    "live",
    "title",
    "year",
    "index",
    "parentIndex",
    "librarySectionID",
    "originallyAvailableAt",
    "grandparentTitle",
)

PLACES = st.sampled_from(
    [
        ("event",),
        ("rating",),
        ("viewOffset",),
        ("Metadata",),
        ("Account",),
        ("Account", "id"),
        ("Account", "title"),
        ("Server",),
        ("Server", "uuid"),
        ("Player",),
        ("Player", "uuid"),
        *[("Metadata", key) for key in KEYS],
    ]
)


@st.composite
def payloads(draw):
    """A recorded payload in which some things are not as they should be."""
    payload = json.loads(json.dumps(draw(st.sampled_from(PAYLOADS))))
    payload["event"] = draw(st.sampled_from(EVENTS))
    for place in draw(st.lists(PLACES, max_size=4)):
        *above, name = place
        holder = payload
        for step in above:
            holder = holder.get(step) if isinstance(holder, dict) else None
        if not isinstance(holder, dict):
            continue
        if draw(st.booleans()):
            holder.pop(name, None)
        else:
            holder[name] = draw(ODDITIES)
    return payload


@st.composite
def broken_bytes(draw, whole):
    """The bytes with pieces cut out, repeated or replaced."""
    body = bytearray(draw(whole))
    for _ in range(draw(st.integers(min_value=0, max_value=4))):
        begin = draw(st.integers(min_value=0, max_value=len(body)))
        end = min(len(body), begin + draw(st.integers(min_value=0, max_value=60)))
        piece = draw(
            st.binary(max_size=20) | st.sampled_from([b"\r\n", b"--", b'"', b"{", b"\r\n\r\n", b":"])
        )
        body[begin:end] = piece * draw(st.integers(min_value=1, max_value=3))
    return bytes(body)


TYPES = st.sampled_from(
    [
        "application/json",
        "application/json; charset=utf-8",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "multipart/form-data; boundary=",
        'multipart/form-data; boundary="a b"',
        "multipart/form-data; boundary=" + "x" * 300,
        "text/plain",
        "",
        ";;;=",
        "multipart/form-data; boundary=\xff",
    ]
)


@st.composite
def requests(draw):
    """A body and its content type: JSON, a form or multipart, whole or broken."""
    text = json.dumps(draw(payloads()))
    shape = draw(st.sampled_from(["json", "multipart", "recorded", "rubbish"]))
    if shape == "json":
        return draw(broken_bytes(st.just(text.encode(errors="replace"))) | st.just(text.encode())), draw(
            TYPES
        )
    if shape == "rubbish":
        return draw(st.binary(max_size=200)), draw(TYPES)
    if shape == "recorded":
        found = draw(st.sampled_from(BODIES))
        body, kind = found["body"].encode(), found["headers"]["Content-Type"]
    else:
        thumb = draw(st.none() | st.binary(max_size=40))
        body, kind = multipart(text, file_name=draw(st.booleans()), thumb=thumb)
    broken = draw(broken_bytes(st.just(body)) | st.just(body))
    return broken, kind if draw(st.booleans()) else draw(TYPES)
