"""What the simulated server answers has the shape of what was recorded, in both dialects."""

from __future__ import annotations

from xml.etree.ElementTree import fromstring

import pytest

from crosswatch.simulator.plex import Ending

MAY_BE_MORE = {
    # Left out of single recordings, present in others of the same kind.
    "Media",
    "Session",
    "TranscodeSession",
    "allowSync",
    "contentRating",
    "grandparentGuid",
    "lastViewedAt",
    "librarySectionUUID",
    "mediaTagPrefix",
    "mediaTagVersion",
    "originallyAvailableAt",
    "parentGuid",
    "parentTitle",
    "skipCount",
    "slug",
    "updatedAt",
    "year",
    "librarySectionKey",
    "librarySectionTitle",
    "librarySectionID",
    "addedAt",
    "index",
    "primaryExtraKey",
    # Shortened recordings; plexapi needs them.
    "Attributes",
    "authToken",
    "scrobbleTypes",
    "profile",
    "device",
    "platform",
    "platformVersion",
}


def tree_of(text):
    return fromstring(text)  # noqa: S314 -- our own text, or a recording


def shape(value):
    """Names and types of a document; a list is the union of its entries."""
    if isinstance(value, dict):
        return {name: shape(inner) for name, inner in value.items()}
    if isinstance(value, list):
        union = {}
        for entry in value:
            if isinstance(entry, dict):
                union |= shape(entry)
        return [union]
    if isinstance(value, bool) or value is None:
        return type(value).__name__
    return "number" if isinstance(value, int | float) else "text"


def differences(recorded, answered, at=""):
    """Where an answer lacks something recorded, has another type, or has something never recorded."""
    if isinstance(recorded, list) and isinstance(answered, list):
        yield from differences(recorded[0], answered[0], f"{at}[]")
    elif isinstance(recorded, dict) and isinstance(answered, dict):
        for name, inner in recorded.items():
            if name not in answered:
                yield f"{at}.{name} is missing"
            else:
                yield from differences(inner, answered[name], f"{at}.{name}")
        for name in answered.keys() - recorded.keys() - MAY_BE_MORE:
            yield f"{at}.{name} was never recorded"
    elif recorded != answered and "NoneType" not in (recorded, answered):
        yield f"{at} is {answered}, recorded as {recorded}"


def tree_shape(element):
    """Tags and attribute names of an XML document."""
    union = {}
    for child in element:
        union[child.tag] = {**union.get(child.tag, {}), **tree_shape(child)}
    return {**dict.fromkeys(element.attrib, "text"), **union}


def assert_same_shape(recorded, answered):
    if isinstance(recorded, str):
        found = differences(tree_shape(tree_of(recorded)), tree_shape(tree_of(answered)))
    else:
        found = differences(shape(recorded), shape(answered))
    assert list(found) == []


def dialect(name):
    return {"Accept": "application/json"} if name.endswith(".json") else {}


# ---------------------------------------------------------------- items

ITEMS = {
    "01-movie.json": "1357",
    "02-movie.xml": "1357",
    "03-movie-real-2025.json": "15496",
    "04-episode.json": "147967",
    "05-show.json": "147960",
    "06-show.xml": "147960",
    "07-episode-real.json": "144504",
    "08-special-season0.json": "30177",
    "09-multi-episode-file.json": "40101,40102",
    "10-legacy-imdb-movie.json": "3456",
    "11-legacy-tmdb-movie.xml": "3457",
    "12-legacy-tvdb-episode.json": "59852",
    "13-hama-anidb.json": "71005",
    "14-hama-tvdb.json": "71203",
    "15-nfo-episode.json": "72011",
    "16-local-home-video.json": "81001",
    "17-none-agent.json": "81002",
    "18-youtube.json": "82005",
    "19-track.json": "73894",
    "20-markers.json": "147967?includeMarkers=1",
    "21-unmatched-empty-guid.json": "90001",
    "23-404.xml": "404404",
}

SAME_VALUES = (
    "ratingKey",
    "key",
    "guid",
    "type",
    "title",
    "year",
    "index",
    "parentIndex",
    "duration",
    "grandparentTitle",
    "grandparentRatingKey",
    "parentRatingKey",
    "parentTitle",
    "librarySectionID",
    "originallyAvailableAt",
    "Guid",
    "originalTitle",
)


@pytest.mark.parametrize("name", ITEMS)
async def test_an_item_is_described_as_recorded(plex, ask, recording, name):
    recorded = recording(f"metadata/{name}")
    if name.startswith("12"):  # seen twice by then
        for _ in range(2):
            plex.world.history.add(plex.person("alice"), plex.item("59852"), 1_547_095_971)
    status, answered = await ask(plex, f"/library/metadata/{ITEMS[name]}", headers=dialect(name))
    if name.startswith("23"):
        assert (status, answered) == (404, recorded.strip())
        return
    assert status == 200
    assert_same_shape(recorded, answered)
    if name.endswith(".json") and name != "05-show.json":  # where the recording rounds the length
        for wanted, item in zip(
            recorded["MediaContainer"]["Metadata"], answered["MediaContainer"]["Metadata"], strict=True
        ):
            assert {n: item.get(n) for n in SAME_VALUES if n in wanted} == {
                n: wanted[n] for n in SAME_VALUES if n in wanted
            }


async def test_an_item_that_was_matched_twice_has_both_ids_and_the_rubbish(plex, ask, recording):
    recorded = recording("metadata/22-double-match.json")
    key = plex.item("Face/Off").rating_key
    _, answered = await ask(plex, f"/library/metadata/{key}")
    assert_same_shape(recorded, answered)
    kinds = [
        [guid.get("id", "").partition("://")[0] for guid in document["MediaContainer"]["Metadata"][0]["Guid"]]
        for document in (recorded, answered)
    ]
    assert sorted(kinds[0]) == sorted([*kinds[1], "tvdb"])


async def test_a_wrong_token_gets_the_recorded_page_even_where_json_was_asked_for(plex, ask, recording):
    status, body = await ask(plex, "/library/metadata/1357", token="WRONG")
    assert (status, body) == (401, recording("metadata/24-401.xml").strip())


# ---------------------------------------------------------------- sessions

SESSIONS = {
    "01-movie": ("1357", "alice", "tv", {"transcode": True}, {}),
    "02-movie": ("1357", "alice", "tv", {"transcode": True}, {}),
    "03-episode-shared-user": ("147967", "bob", "web", {"location": "wan"}, {}),
    "04-track": ("73894", "alice", "web", {}, {}),
    "05-live-tv": ("Evening News", "alice", "tv", {"transcode": True}, {}),
    "06-preroll": ("47999", "alice", "tv", {}, {}),
    "07-unknown-clip": ("48001", "alice", "tv", {}, {}),
    "08-trailer-clip": ("8355", "alice", "web", {}, {}),
    "09-no-user": ("1357", None, "dlna", {}, {}),
    "13-legacy-lists": ("1357", "alice", "tv", {"transcode": True}, {"legacy_lists": True}),
}


@pytest.mark.parametrize("name", SESSIONS)
async def test_a_session_is_listed_as_recorded(make_plex, ask, recording, name):
    item, person, device, manners, options = SESSIONS[name]
    plex = await make_plex(**options)
    player = plex.player(person, device, **manners)
    await player.start(plex.item(item), offset_ms=9_000)
    file = f"sessions/{name}.{'xml' if name[:2] in ('02', '05', '06', '07') else 'json'}"
    _, answered = await ask(plex, "/status/sessions", headers=dialect(file))
    assert_same_shape(recording(file), answered)


@pytest.mark.parametrize("file", ["10-empty.json", "11-empty.xml"])
async def test_nothing_playing_is_a_list_that_is_not_there(plex, ask, recording, file):
    _, answered = await ask(plex, "/status/sessions", headers=dialect(file))
    recorded = recording(f"sessions/{file}")
    if file.endswith(".json"):
        assert answered == recorded
    else:
        assert tree_of(answered).attrib == tree_of(recorded).attrib


async def test_two_people_on_one_item_and_a_profile_are_three_sessions(plex, ask, recording):
    await plex.player("bob", "web").start(plex.item("147967"))
    await plex.player("alice", "tv").start(plex.item("147967"))
    await plex.player("Kids", "tablet").start(plex.item("28841"))
    _, answered = await ask(plex, "/status/sessions")
    recorded = recording("sessions/12-same-item-two-users.json")
    assert_same_shape(recorded, answered)
    users = [
        [
            (one["User"]["id"], one["User"]["title"], one["ratingKey"])
            for one in document["MediaContainer"]["Metadata"]
        ]
        for document in (recorded, answered)
    ]
    assert users[0] == users[1]


# ---------------------------------------------------------------- server and history


@pytest.mark.parametrize(
    ("file", "path"),
    [
        ("01-identity.xml", "/identity"),
        ("02-identity.json", "/identity"),
        ("03-root.json", "/"),
        ("04-accounts.json", "/accounts"),
        ("05-accounts.xml", "/accounts"),
        ("06-prefs.json", "/:/prefs"),
    ],
)
async def test_the_server_describes_itself_as_recorded(plex, ask, recording, file, path):
    _, answered = await ask(plex, path, headers=dialect(file))
    recorded = recording(f"server/{file}")
    assert_same_shape(recorded, answered)
    if file.endswith(".json") and path != "/":
        without_pictures = [_without(document, "thumb") for document in (recorded, answered)]
        assert without_pictures[0] == without_pictures[1]


def _without(value, name):
    if isinstance(value, dict):
        return {key: _without(inner, name) for key, inner in value.items() if key != name}
    return [_without(inner, name) for inner in value] if isinstance(value, list) else value


@pytest.mark.parametrize("file", ["07-history-page.json", "08-history-page.xml"])
async def test_the_history_is_written_as_recorded(plex, ask, recording, file):
    rows = [
        ("alice", "30177", 1_700_000_500),
        ("alice", "1357", 1_700_001_000),
        ("bob", "147967", 1_700_002_000),
    ]
    for person, item, viewed_at in rows:
        plex.world.history.add(plex.person(person), plex.item(item), viewed_at)
    if file.startswith("07"):
        plex.world.history.add(plex.person("alice"), plex.item("147968"), 1_700_003_000)
        plex.world.delete_item("30177")
    query = "?sort=viewedAt:desc" if file.startswith("07") else "?viewedAt%3C=1700001000"
    _, answered = await ask(plex, f"/status/sessions/history/all{query}", headers=dialect(file))
    recorded = recording(f"server/{file}")
    assert_same_shape(recorded, answered)
    if file.startswith("07"):
        pages = [document["MediaContainer"]["Metadata"] for document in (recorded, answered)]
        assert [_without(row, "deviceID") for row in pages[0]] == [
            _without(row, "deviceID") for row in pages[1]
        ]


async def test_an_empty_history_is_written_as_recorded(plex, ask, recording):
    _, answered = await ask(plex, "/status/sessions/history/all")
    assert answered == recording("server/09-history-empty.json")


# ---------------------------------------------------------------- plex.tv


async def test_a_pin_goes_through_its_recorded_states(make_plex, ask, recording):
    plex = await make_plex(scale=20_000.0)
    headers = {
        "Accept": "application/json",
        "X-Plex-Client-Identifier": "00000000-0000-4000-8000-00000000c1d1",
        "X-Plex-Product": "Example Scrobbler",
    }
    url = f"{plex.plextv_url}/api/v2/pins"
    status, pin = await ask(plex, f"{url}?strong=true", token=None, headers=headers, method="POST")
    assert status == 201
    assert_same_shape(recording("plextv/01-pin-created.json"), pin)
    assert (pin["id"], pin["authToken"], len(pin["code"])) == (100_000_001, None, 25)
    assert pin["expiresIn"] == 1800
    plex.pins.claim(pin["code"], plex.person("alice"), plex.clock.now())
    status, claimed = await ask(plex, f"{url}/{pin['id']}", token=None, headers=headers)
    assert_same_shape(recording("plextv/02-pin-claimed.json"), claimed)
    assert (status, claimed["authToken"]) == (200, "EXAMPLE-TOKEN-OWNER")
    await plex.clock.sleep(1800)
    status, gone = await ask(plex, f"{url}/{pin['id']}", token=None, headers=headers)
    assert (status, gone) == (404, recording("plextv/03-pin-expired.json"))


@pytest.mark.parametrize(
    ("file", "path"),
    [
        ("04-user.json", "/api/v2/user"),
        ("06-home-users.json", "/api/v2/home/users"),
        ("07-users.xml", "/api/users/"),
        ("08-shared-servers.xml", "/api/servers/0123456789abcdef0123456789abcdef01234567/shared_servers"),
        ("09-resources.json", "/api/v2/resources?includeHttps=1&includeRelay=1&includeIPv6=1"),
    ],
)
async def test_plextv_answers_as_recorded(plex, ask, recording, file, path):
    recorded = recording(f"plextv/{file}")
    for address in (plex.base_url, plex.plextv_url):
        status, answered = await ask(plex, address + path, headers=dialect(file))
        assert status == 200
        assert_same_shape(recorded, answered)


async def test_a_bad_token_at_plextv_is_refused_as_recorded(plex, ask, recording):
    status, body = await ask(plex, f"{plex.plextv_url}/api/v2/user", token="WRONG")
    assert (status, body) == (401, recording("plextv/05-user-401.json"))


# ---------------------------------------------------------------- both dialects


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/accounts",
        "/:/prefs",
        "/library/sections",
        "/library/sections/1/all?includeGuids=1",
        "/library/sections/2/all?type=4",
        "/library/metadata/147967,1357?includeMarkers=1",
        "/status/sessions",
        "/status/sessions/history/all",
    ],
)
async def test_both_dialects_say_the_same(plex, ask, path):
    await plex.player("bob", "tv", transcode=True).watch(plex.item("28841"), start=0.85, until=0.95)
    await plex.player("alice", "kodi", period_s=1000.0).start(plex.item("147967"))
    _, as_json = await ask(plex, path)
    _, as_xml = await ask(plex, path, headers={})
    assert _flat_xml(tree_of(as_xml)) == sorted(_flat_json("MediaContainer", as_json["MediaContainer"]))


def _flat_json(name, value):
    """Every plain value of a document, with the name of what holds it, as text."""
    for key, inner in value.items():
        if isinstance(inner, dict):
            yield from _flat_json(key, inner)
        elif isinstance(inner, list):
            for entry in inner:
                yield from _flat_json(_tag(key, entry), entry)
        elif inner is not None:
            yield (name, key, str(int(inner)) if isinstance(inner, bool) else str(inner))


def _tag(key, entry):
    tags = {"movie": "Video", "episode": "Video", "clip": "Video", "show": "Directory", "track": "Track"}
    return tags[entry["type"]] if key == "Metadata" else key


def _flat_xml(element):
    found = [(element.tag, name, value) for name, value in element.attrib.items()]
    for child in element:
        found += _flat_xml(child)
    return sorted(found)


async def test_truth_is_a_digit_in_xml(plex, ask):
    _, answered = await ask(plex, "/identity", headers={})
    assert 'claimed="1"' in answered


async def test_ids_are_text_in_sessions_and_numbers_in_details(plex, ask):
    player = plex.player("bob", "web")
    await player.start(plex.item("1357"))
    _, listed = await ask(plex, "/status/sessions")
    _, detailed = await ask(plex, "/library/metadata/1357")
    session, item = (document["MediaContainer"]["Metadata"][0] for document in (listed, detailed))
    assert (session["librarySectionID"], session["Media"][0]["id"], session["User"]["id"]) == (
        "1",
        "2357",
        "1000002",
    )
    assert (item["librarySectionID"], item["Media"][0]["id"]) == (1, 2357)
    assert session["Player"]["userID"] == 1_000_002
    await player.stop(Ending.NORMAL)
