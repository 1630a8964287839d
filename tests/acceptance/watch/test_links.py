"""People, their accounts at Plex and at Trakt: each play reaches whom it belongs to, and nobody else."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import timedelta

import pytest

from crosswatch.core.people import Home
from crosswatch.simulator.plex import PlexOptions, SimulatedPlex
from crosswatch.simulator.plex.faults import Fault, FaultKind
from fakes.household import CLIENT_ID, MEMBER

PAPERMAN, FIRST, ARRIVAL = "Paperman (2012)", "M*A*S*H S01E01", "Arrival (2016)"
FRIENDS = "89abcdef0123456789abcdef0123456789abcdef"
BOB, KIDS, CAROL = 1_000_002, 1_000_003, 1_000_004
EVERYONE = {"whitelist": ()}
ALICE = {"name": "Alice", "plex_ids": [1], "accounts": ["default"]}


def link(home, *users):
    """Link further Trakt accounts, each under its user's name."""
    for user in users:
        home.trakt.add_user(user, vip=True)
    home.edit(accounts={user: home.trakt.link(user, CLIENT_ID).answer() for user in users})


async def live_with(live_in, *people, users=("tom_t", "maya_w"), **options):
    """A household whose configuration lists these people."""
    home = await live_in(**{**EVERYONE, **options})
    await home.stop_app()
    link(home, *users)
    home.edit(people=list(people))
    await home.start_app()
    return home


async def reasons(home):
    return {(play.account.name, str(play.verdict), str(play.reason)) for play in await home.plays()}


# ---------------------------------------------------------------- names


@pytest.mark.parametrize("name", ["carol84", "CAROL84 ", "Carol C.", "carol@example.com", f"id:{CAROL}"])
async def test_a_friend_may_be_listed_by_any_name_although_sessions_show_another(live_in, name):
    home = await live_in(whitelist=(name,))
    await home.watch(PAPERMAN, person="carol84", start=0.5)
    await home.watch(PAPERMAN, person="bob", start=0.5)
    await home.settled()
    assert home.watched() == [PAPERMAN]


async def test_plex_tv_is_asked_once_however_much_is_played(live_in):
    home = await live_in(whitelist=("carol84",))
    for start in (0.5, 0.6, 0.7):
        await home.watch(PAPERMAN, person="carol84", start=start)
    await home.settled()
    asked = [one.path for one in home.plex.ledger.of("GET") if one.listener == "plextv"]
    assert len(asked) == len(set(asked)) <= 4


async def test_while_plex_tv_is_away_the_servers_own_names_do(live_in):
    home = await live_in(whitelist=("Carol C.", "alice"), tv_url="http://127.0.0.1:1")
    await home.watch(PAPERMAN, person="carol84", start=0.5)
    await home.watch(FIRST, person="alice", start=0.8)
    await home.settled()
    assert sorted(home.watched()) == sorted([PAPERMAN, FIRST])


async def test_a_name_that_plex_tv_tells_late_still_counts_at_the_end(live_in):
    home = await live_in(whitelist=("carol84",))
    await home.stop_app()
    fault = home.plex.add_fault(Fault(kind=FaultKind.STATUS, status=503, path="/api/v2/user"))
    await home.start_app()
    watching = asyncio.create_task(home.watch(PAPERMAN, person="carol84", start=0.2))
    await home.later(minutes=1.5)
    assert await reasons(home) == {("Carol C.", "watching", "identifying")}
    home.plex.clear_faults()
    del fault
    await home.watch(FIRST, person="bob", device="tv", start=0.97)  # somebody's play asks again
    await watching
    await home.settled()
    assert home.watched() == [PAPERMAN]


async def test_a_name_that_never_comes_is_skipped_with_what_is_known(live_in):
    home = await live_in(whitelist=("carol84",), tv_url="http://127.0.0.1:1")
    await home.watch(PAPERMAN, person="carol84", start=0.5)
    await home.settled()
    (play,) = await home.plays()
    assert (play.reason, play.account.id, play.account.name) == ("person_not_listed", CAROL, "Carol C.")
    assert "plex.tv has not told" in play.detail


# ---------------------------------------------------------------- people


async def test_a_family_each_in_their_own_account(live_in):
    home = await live_with(
        live_in,
        ALICE,
        {"name": "Tom", "plex_ids": [BOB], "accounts": ["tom_t"]},
        {"name": "Kids", "plex_ids": [KIDS], "accounts": []},
        {"name": "Carol", "aliases": ["carol84"], "accounts": ["maya_w"]},
    )
    await asyncio.gather(
        home.watch(PAPERMAN, person="alice", device="web"),
        home.watch(PAPERMAN, person="bob", device="tv", start=0.3),
        home.watch(PAPERMAN, person="Kids", device="tablet", start=0.2),
        home.watch(FIRST, person="carol84", device="phone", start=0.8),
    )
    await home.settled()
    assert [home.watched(user) for user in (MEMBER, "tom_t", "maya_w")] == [[PAPERMAN], [PAPERMAN], [FIRST]]
    assert await reasons(home) == {
        ("alice", "delivered", "watched"),
        ("bob", "delivered", "watched"),
        ("Kids", "skipped", "person_unlinked"),
        ("Carol C.", "delivered", "watched"),
    }


async def test_whoever_is_not_linked_is_nobodys(live_in):
    home = await live_with(live_in, ALICE)
    await home.watch(PAPERMAN, person="bob", start=0.5)
    await home.watch(PAPERMAN, person="carol84", start=0.5)
    await home.settled()
    assert home.requests() == []
    assert {reason for _, _, reason in await reasons(home)} == {"person_unlinked"}


async def test_a_shared_profile_counts_for_both_and_each_has_a_verdict_of_its_own(live_in):
    home = await live_with(
        live_in,
        {"name": "Alice", "plex_ids": [1, KIDS], "accounts": ["default"]},
        {"name": "Tom", "plex_ids": [BOB, KIDS], "accounts": ["tom_t"], "watched_at_percent": 95},
    )
    await home.watch(PAPERMAN, person="Kids", device="tablet", start=0.5, until=0.85)
    await home.settled()
    assert (home.watched(), home.watched("tom_t")) == ([PAPERMAN], [])
    assert list(home.positions("tom_t")) == [PAPERMAN]
    (play,) = await home.plays()
    rows = (await home.app.ledger.deliveries([play.id]))[play.id]
    assert {row.account.name: str(row.reason) for row in rows} == {
        "default": "watched",
        "tom_t": "position_saved",
    }
    assert (play.verdict, play.reason) == ("delivered", "watched")


async def test_one_account_on_hold_never_keeps_another_waiting(live_in):
    home = await live_with(
        live_in, {"name": "Both", "plex_ids": [1], "accounts": ["default", "tom_t"]}, users=("tom_t",)
    )
    home.trakt.revoke_tokens("tom_t")
    home.trakt.refuse_refreshes("tom_t")
    await home.watch(PAPERMAN, start=0.5)
    await home.until(lambda: home.watched() == [PAPERMAN], "the sound account has the play")
    assert home.watched("tom_t") == []
    sinks = {status["name"]: status for status in home.app.sink_status()}
    assert (sinks["trakt/default"]["ok"], sinks["trakt/tom_t"]["ok"]) == (True, False)
    assert sinks["trakt/tom_t"]["reason"] == "link_expired"
    (play,) = await home.plays()
    assert (play.verdict, play.reason) == ("queued", "link_expired")

    home.edit(accounts={"tom_t": home.trakt.link("tom_t", CLIENT_ID).answer()})
    await home.settled()
    assert (home.watched(), home.watched("tom_t")) == ([PAPERMAN], [PAPERMAN])
    assert abs((home.watched_at("tom_t")[0] - home.watched_at()[0]).total_seconds()) <= 120


async def test_a_pause_holds_from_the_moment_it_is_set_and_its_plays_stay_out(live_in):
    home = await live_with(live_in, ALICE)
    watching = asyncio.create_task(home.watch(PAPERMAN, start=0.2))
    await home.later(minutes=1)
    home.edit(people=[{**ALICE, "paused": True}])
    await watching
    await home.later(minutes=5)
    home.edit(people=[ALICE])
    await home.later(hours=2)
    assert home.watched() == []
    assert await reasons(home) == {("alice", "skipped", "person_paused")}
    await home.watch(FIRST, start=0.8)
    await home.settled()
    assert home.watched() == [FIRST]


async def test_a_title_that_is_ignored_while_it_plays_is_told_no_more_and_others_are(live_in):
    home = await live_with(live_in, ALICE)
    watching = asyncio.create_task(home.watch(PAPERMAN, start=0.2))
    await home.until(lambda: home.requests() != [], "its start is told")
    home.edit(people=[{**ALICE, "ignored_titles": [PAPERMAN]}])
    await watching
    await home.later(minutes=5)
    home.edit(people=[ALICE])
    await home.later(hours=2)  # the server's history says that it was watched
    assert home.watched() == []
    assert await reasons(home) == {("alice", "skipped", "title_off")}
    await home.watch(FIRST, start=0.8)
    await home.settled()
    assert home.watched() == [FIRST]


async def test_an_episode_is_ignored_by_its_show_for_everyone(live_in):
    home = await live_in()
    home.edit(features={"scrobble": {"filters": {"ignored_titles": ["M*A*S*H"]}}})
    await home.later(minutes=1)
    await home.watch(FIRST, start=0.8)
    await home.watch(PAPERMAN, start=0.5)
    await home.settled()
    assert home.watched() == [PAPERMAN]
    assert await reasons(home) == {("alice", "skipped", "title_off"), ("alice", "delivered", "watched")}


async def test_a_pause_ends_by_itself_what_ended_in_it_stays_out_and_what_goes_on_after_it_counts(live_in):
    home = await live_with(live_in, ALICE)
    until = home.clock.now() + timedelta(minutes=30)
    home.edit(people=[{**ALICE, "paused_until": until.isoformat()}])
    await home.later(minutes=1)
    await home.watch(PAPERMAN, start=0.5)
    await home.later(minutes=1)
    assert home.clock.now() < until
    assert await reasons(home) == {("alice", "skipped", "person_paused")}
    [told] = [play.detail for play in await home.plays()]
    assert told == f"Until {until.astimezone():%Y-%m-%d %H:%M}."

    await home.later(seconds=(until - home.clock.now()).total_seconds() - 300)
    await home.watch(FIRST, start=0.5)  # it lasts for longer than the pause
    assert home.clock.now() > until
    await home.later(hours=2)  # the server's history says that both were watched
    assert home.watched() == [FIRST]
    assert await reasons(home) == {("alice", "skipped", "person_paused"), ("alice", "delivered", "watched")}


async def test_what_ended_unheard_in_a_pause_is_not_made_good_after_it(live_in):
    home = await live_with(live_in, ALICE)
    until = home.clock.now() + timedelta(minutes=30)
    home.edit(people=[{**ALICE, "paused_until": until.isoformat()}])
    await home.later(minutes=1)
    await home.stop_app()
    await home.watch(PAPERMAN, start=0.5)
    assert home.clock.now() < until
    await home.later(hours=1)
    await home.start_app()
    await home.until(home.plays, "the play is found in the history")
    assert await reasons(home) == {("alice", "skipped", "person_paused")}
    assert home.watched() == []
    await home.watch(FIRST, start=0.8)
    await home.settled()
    assert home.watched() == [FIRST]


@pytest.mark.parametrize(
    ("switches", "reason"),
    [
        pytest.param({"libraries": ["TV Shows"]}, "library_off", id="another library"),
        pytest.param({"ignored_libraries": ["movies"]}, "library_off", id="an ignored library"),
        pytest.param({"ignored_titles": [PAPERMAN]}, "title_off", id="an ignored title"),
        pytest.param({"kinds": ["episode"]}, "kind_off", id="another kind"),
        pytest.param({"players": ["Kitchen"]}, "player_off", id="another player"),
        pytest.param({"networks": ["cellular"]}, "network_off", id="another network"),
        pytest.param({"servers": [FRIENDS]}, "server_off", id="another server"),
    ],
)
async def test_what_is_switched_off_for_somebody_is_skipped_and_the_rest_counts(live_in, switches, reason):
    home = await live_with(live_in, {**ALICE, **switches})
    await home.watch(PAPERMAN, start=0.5)
    await home.settled()
    assert home.watched() == []
    assert await reasons(home) == {("alice", "skipped", reason)}
    home.edit(people=[ALICE])
    await home.later(minutes=1)
    await home.watch(FIRST, start=0.8)
    await home.settled()
    assert home.watched() == [FIRST]


async def test_what_was_missed_is_made_good_for_whom_it_belongs_to(live_in):
    home = await live_with(
        live_in, ALICE, {"name": "Tom", "plex_ids": [BOB], "accounts": ["tom_t"]}, users=("tom_t",)
    )
    await home.stop_app()
    await home.watch(PAPERMAN, person="bob", start=0.5)
    await home.watch(FIRST, person="carol84", device="phone", start=0.8)
    await home.start_app()
    await home.settled()
    assert (home.watched("tom_t"), home.watched()) == ([PAPERMAN], [])


# ---------------------------------------------------------------- several servers


@contextlib.asynccontextmanager
async def second_server(home, **options):
    """Another server on the household's clock."""
    options = PlexOptions(machine_identifier=FRIENDS, friendly_name="Attic", **options)
    async with SimulatedPlex(clock=home.clock, options=options) as server:
        yield server


def entry(server, token=None):
    return {
        "name": "Attic",
        "server_url": server.base_url,
        "account_token": token or server.owner_token,
        "tv_url": server.plextv_url,
    }


async def both_connected(home):
    await home.until(
        lambda: [one["connected"] for one in home.app.watch_status()["servers"]] == [True, True],
        "both servers are watched",
    )
    await home.later(1)


async def test_the_owner_of_two_servers_is_one_person(live_in):
    home = await live_with(live_in, ALICE, users=())
    async with second_server(home) as attic:
        home.edit(servers=[entry(attic)])
        await both_connected(home)
        assert home.app.rules().home == Home(
            server=home.plex.options.machine_identifier, owner_plex_id=1_000_001
        )
        player = attic.player("alice", "tv")
        await player.watch(attic.item(PAPERMAN), start=0.5)
        await home.settled()
        assert home.watched() == [PAPERMAN]
        await home.stop_app()


@pytest.mark.parametrize("heard", [True, False], ids=["live", "from the history"])
async def test_what_the_owner_watches_elsewhere_before_home_has_answered_counts_once_it_has(live_in, heard):
    """Number 1 of the configuration is the first server's owner, and it is not up yet."""
    home = await live_with(live_in, ALICE, users=())
    async with second_server(home) as attic:
        home.edit(servers=[entry(attic)])
        await both_connected(home)
        await home.kill_app()
        await home.plex.refuse()
        seen = attic.player("alice", "tv").watch(attic.item(PAPERMAN), start=0.5)
        if not heard:
            await seen
        await home.start_app(connects=False)
        await home.until(
            lambda: any(one["connected"] for one in home.app.watch_status()["servers"]), "one is watched"
        )
        if heard:
            await seen
        await home.until(lambda: _is_undecided(home), "the play has ended as nobody's")
        await home.plex.listen()
        await both_connected(home)
        await home.later(minutes=10)
        assert home.watched() == [PAPERMAN]
        assert await reasons(home) == {("alice", "delivered", "watched")}
        await home.stop_app()


async def _is_undecided(home):
    return await reasons(home) == {("alice", "skipped", "person_unlinked")}


async def test_the_owner_of_a_strange_server_is_a_stranger(live_in):
    home = await live_with(live_in, ALICE, users=())
    async with second_server(home) as attic:
        attic.world.people.owner.number = 2_000_001
        home.edit(servers=[entry(attic)])
        await both_connected(home)
        await attic.player("alice", "tv").watch(attic.item(PAPERMAN), start=0.5)
        await home.settled()
        assert home.watched() == []
        assert await reasons(home) == {("alice", "skipped", "person_unlinked")}
        await home.stop_app()


async def test_a_guest_elsewhere_is_the_owner_at_home(live_in):
    home = await live_with(live_in, {"name": "Bob", "plex_ids": [BOB], "accounts": ["default"]}, users=())
    async with second_server(home) as attic:
        home.edit(servers=[entry(attic, "EXAMPLE-TOKEN-BOB")])
        await both_connected(home)
        await attic.player("bob", "tv").watch(attic.item(PAPERMAN), start=0.5)
        await attic.player("alice", "web").watch(attic.item(FIRST), start=0.8)
        await home.settled()
        assert home.watched() == [PAPERMAN]
        await home.stop_app()


async def test_a_server_that_is_away_keeps_no_other_waiting_and_is_named_by_its_key(live_in):
    home = await live_with(live_in, ALICE, users=())
    async with second_server(home) as attic:
        home.edit(servers=[entry(attic, "WRONG")])
        await home.until(
            lambda: any(one["problem"] for one in home.app.watch_status()["servers"]), "the token is refused"
        )
        await home.watch(PAPERMAN, start=0.5)
        await home.settled()
        assert home.watched() == [PAPERMAN]
        assert "servers[0].account_token" in home.app.watch_status()["problem"]
        await home.stop_app()
