"""Routes that no recording and no other client covers."""

from __future__ import annotations

import pytest

# ---------------------------------------------------------------- the library


@pytest.mark.parametrize(
    ("path", "titles"),
    [
        ("/library/metadata/147960/children", ["Season 1", "Season 2"]),
        ("/library/metadata/147965/children?X-Plex-Container-Size=1", ["Good News About Hell"]),
        ("/library/metadata/147960/allLeaves?X-Plex-Container-Start=18", ["Cold Harbor"]),
        ("/library/sections/10/all?type=10", ["What a Wonderful World"]),
    ],
)
async def test_lists_can_be_walked(plex, ask, path, titles):
    status, answer = await ask(plex, path)
    assert status == 200
    assert [item["title"] for item in answer["MediaContainer"]["Metadata"]] == titles


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/library/metadata/0/children", 404),
        ("/library/metadata/0/allLeaves", 404),
        ("/library/metadata/0/thumb/1", 404),
        ("/library/metadata/1357/sound/1", 404),
        ("/library/sections/99/all", 404),
        ("/library/sections/1/all?type=99", 400),
        ("/library/sections/1/all?X-Plex-Container-Size=all", 400),
        ("/photo/:/transcode", 400),
        ("/:/prefs/get?id=Colour", 404),
        ("/nowhere", 404),
    ],
)
async def test_what_makes_no_sense_is_refused(plex, ask, path, status):
    assert (await ask(plex, path))[0] == status


@pytest.mark.parametrize("query", ["Colour=red", "LibraryVideoPlayedThreshold=most"])
async def test_a_preference_that_makes_no_sense_is_refused(plex, ask, query):
    assert (await ask(plex, f"/:/prefs?{query}", method="PUT"))[0] == 400


async def test_lists_have_external_ids_when_asked_only(plex, ask):
    for query, expected in (("", False), ("?includeGuids=1", True)):
        _, answer = await ask(plex, f"/library/sections/1/all{query}")
        assert any("Guid" in item for item in answer["MediaContainer"]["Metadata"]) is expected


async def test_unknown_keys_of_a_comma_list_are_left_out(plex, ask):
    _, answer = await ask(plex, "/library/metadata/1357,0,9723")
    assert [item["ratingKey"] for item in answer["MediaContainer"]["Metadata"]] == ["1357", "9723"]


@pytest.mark.parametrize(
    "path", ["/library/metadata/1357/thumb/1", "/library/metadata/1357/art/1", "/photo/:/transcode?url=/x"]
)
async def test_there_are_pictures(plex, http, path):
    headers = {"X-Plex-Token": plex.owner_token}
    async with http.get(plex.base_url + path, headers=headers) as response:
        assert (response.content_type, (await response.read())[:4]) == ("image/png", b"\x89PNG")


# ---------------------------------------------------------------- plex.tv


async def test_a_home_member_is_entered_by_uuid_only(plex, ask):
    home = f"{plex.plextv_url}/api/v2/home/users"
    kids = plex.person("Kids")
    status, answer = await ask(plex, f"{home}/{kids.uuid}/switch", method="POST")
    assert (status, answer["authToken"]) == (201, kids.account_token)
    assert (await ask(plex, f"{home}/{kids.number}/switch", method="POST"))[0] == 404
    _, me = await ask(plex, f"{plex.plextv_url}/api/v2/user", token=kids.account_token)
    assert (me["title"], me["username"], me["restricted"]) == ("Kids", "", True)


async def test_friends_come_in_json_too(plex, ask):
    _, friends = await ask(plex, f"{plex.plextv_url}/api/v2/friends")
    assert [(one["id"], one["title"], one["username"]) for one in friends] == [
        (1_000_002, "bob", "bob"),
        (1_000_004, "Carol C.", "carol84"),
    ]


async def test_others_have_neither_friends_nor_shares_here(plex, ask):
    token = plex.person("bob").account_token
    assert (await ask(plex, f"{plex.plextv_url}/api/v2/friends", token=token))[1] == []
    path = f"/api/servers/{plex.options.machine_identifier}/shared_servers"
    assert (await ask(plex, plex.plextv_url + path, token=token))[0] == 404


async def test_a_friend_without_a_share_finds_no_server(plex, ask):
    token = plex.person("carol84").account_token
    assert (await ask(plex, f"{plex.plextv_url}/api/v2/resources", token=token))[1] == []


async def test_a_pin_needs_to_know_who_asks(plex, ask):
    url = f"{plex.plextv_url}/api/v2/pins"
    assert (await ask(plex, url, token=None, method="POST"))[0] == 400
    assert (await ask(plex, f"{url}/nonsense", token=None))[0] == 404


async def test_a_code_that_was_never_given_cannot_be_linked(plex, ask):
    url = f"{plex.plextv_url}/api/v2/pins/link"
    assert (await ask(plex, url, method="PUT", data={"code": "ZZZZ"}))[0] == 404


async def test_the_media_server_is_not_at_plextvs_listener(plex, ask):
    assert (await ask(plex, f"{plex.plextv_url}/identity"))[0] == 404
