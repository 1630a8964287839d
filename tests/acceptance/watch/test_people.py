"""Whose plays count: the listed person's, wherever the server says that it is them, and nobody else's."""

from __future__ import annotations

import asyncio

import pytest

PAPERMAN, ARRIVAL = "Paperman (2012)", "Arrival (2016)"
FIRST = "M*A*S*H S01E01"


async def test_two_people_with_one_item_are_one_play_of_the_one_who_is_listed(live_in):
    home = await live_in()
    await asyncio.gather(
        home.watch(PAPERMAN, person="alice", device="web"),
        home.watch(PAPERMAN, person="bob", device="tv"),
        home.watch(PAPERMAN, person="Kids", device="tablet"),
    )
    await home.settled()
    await home.later(hours=2)
    assert home.watched() == [PAPERMAN]
    assert len(home.requests()) == 2
    assert {(play.account.name, str(play.verdict), str(play.reason)) for play in await home.plays()} == {
        ("alice", "delivered", "watched"),
        ("bob", "skipped", "person_not_listed"),
        ("Kids", "skipped", "person_not_listed"),
    }
    assert len(home.look_ups()) <= 4


async def test_whoever_is_not_listed_is_told_of_to_nobody(live_in):
    home = await live_in()
    await home.watch(PAPERMAN, person="bob")
    await home.watch(PAPERMAN, person="Kids", device="tablet")
    await home.watch(PAPERMAN, person="carol84", device="phone")
    await home.settled()
    await home.later(hours=2)
    assert home.requests() == []
    assert {reason for _, _, reason in await home.verdicts()} == {"person_not_listed"}


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("Alice", id="in capitals"),
        pytest.param(" alice ", id="with blanks"),
        pytest.param("alice@example.com", id="by e-mail"),
        pytest.param("id:1", id="by number"),
    ],
)
async def test_a_listed_person_may_be_named_in_several_ways(live_in, name):
    home = await live_in(whitelist=("somebody else", name))
    await home.watch(PAPERMAN, start=0.5)
    await home.settled()
    assert home.watched() == [PAPERMAN]


async def test_a_person_is_known_by_the_name_of_the_session_and_by_that_of_the_servers_list(live_in):
    home = await live_in(whitelist=("Carol C.",))
    await home.watch(PAPERMAN, person="carol84", start=0.5)
    await home.settled()
    assert home.watched() == [PAPERMAN]


async def test_a_managed_profile_may_be_listed(live_in):
    home = await live_in(whitelist=("Kids",))
    await home.watch(PAPERMAN, person="Kids", device="tablet", start=0.5)
    await home.watch(FIRST, person="alice", start=0.9)
    await home.settled()
    assert home.watched() == [PAPERMAN]


@pytest.mark.parametrize("shown", ["absent", "blank"])
async def test_who_is_never_named_is_nobody_and_least_of_all_the_owner(live_in, shown):
    home = await live_in(plex={"session_user": shown})
    await home.watch(PAPERMAN, person="bob", device="tv")
    await home.settled()
    await home.later(hours=2)
    assert home.told() == []
    assert home.watched() == []


@pytest.mark.parametrize("user_late_s", [3.0, 45.0, 200.0])
async def test_a_late_name_is_waited_for_and_the_whole_viewing_counts(live_in, user_late_s):
    home = await live_in(plex={"session_user": "late", "user_late_s": user_late_s})
    await asyncio.gather(
        home.watch(PAPERMAN, person="alice", device="web"),
        home.watch(FIRST, person="bob", device="tv", start=0.7),
    )
    await home.settled()
    assert home.watched() == [PAPERMAN]
    assert [what for what, _, _ in home.told()] == ["start", "stop"]


async def test_an_empty_list_lets_everybody_pass_whom_the_server_names(live_in):
    home = await live_in(whitelist=())
    await home.watch(PAPERMAN, person="bob", start=0.5)
    await home.watch(FIRST, person=None, device="dlna", start=0.8)
    await home.settled()
    assert home.watched() == [PAPERMAN]


async def test_a_token_that_is_not_the_owners_hears_of_its_own_person_only(live_in):
    home = await live_in(whitelist=("bob",), account_token="EXAMPLE-TOKEN-BOB")
    await asyncio.gather(
        home.watch(PAPERMAN, person="bob", device="tv"),
        home.watch(FIRST, person="alice", device="web", start=0.7),
    )
    await home.settled()
    assert home.watched() == [PAPERMAN]
    assert [play.account.name for play in await home.plays()] == ["bob"]


async def test_a_token_that_is_not_the_owners_ends_what_vanished(live_in):
    home = await live_in(whitelist=("bob",), account_token="EXAMPLE-TOKEN-BOB")
    player = home.plex.player("bob", "tv")
    await player.start(home.item(PAPERMAN))
    await home.later(minutes=6, seconds=30)
    player.abandon()
    await home.settled()
    assert home.watched() == [PAPERMAN]


async def test_an_edited_list_counts_from_the_next_word_on(live_in):
    home = await live_in(whitelist=("bob",))
    player = home.plex.player("alice")
    await player.start(home.item(FIRST))
    await home.later(minutes=5)
    assert home.told() == []
    home.edit(features={"scrobble": {"filters": {"username_whitelist": ["alice"]}}})
    await home.later(minutes=20)
    await player.stop()
    await home.settled()
    assert home.watched() == [FIRST]


async def test_what_was_skipped_counts_at_its_own_time_once_its_cause_is_mended_and_somebody_says_so(live_in):
    home = await live_in(whitelist=())
    home.edit(people=[{"name": "Bob", "plex_ids": [home.plex.person("bob").number], "accounts": ["default"]}])
    await home.later(minutes=1)
    viewing = await home.watch("Paperman (2012)")
    await home.watch("Arrival (2016)", until=0.3)
    await home.later(hours=5)
    (play,) = [one for one in await home.plays() if one.media.title == "Paperman"]
    assert await home.app.corrections.retry(play.id) == 0, "nothing is mended yet"
    home.edit(people=[{"name": "Alice", "plex_ids": [1], "accounts": ["default"]}])
    await home.later(minutes=1)
    assert home.watched() == [], "nobody has asked for it"
    for one in await home.plays():
        assert await home.app.corrections.retry(one.id) == (1 if one.id == play.id else 0)
    await home.settled()
    assert home.watched() == ["Paperman (2012)"]
    assert abs((home.watched_at()[0] - viewing.ended_at).total_seconds()) < 5
    assert await home.app.corrections.retry(play.id) == 0, "it is there"
    home.forget_requests()  # each time it was asked anew what the item is
