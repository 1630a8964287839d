"""What ends, or happens altogether, while nobody listens: restarts on every side, lost sockets, history."""

from __future__ import annotations

import pytest

from crosswatch.simulator.trakt import Fault

PAPERMAN, ARRIVAL, MATRIX = "Paperman (2012)", "Arrival (2016)", "The Matrix (1999)"
FIRST, SECOND = "M*A*S*H S01E01", "M*A*S*H S01E02"


async def restart_app(home):
    await home.restart_app()


async def kill_app(home):
    await home.kill_app()
    await home.later(seconds=20)
    await home.start_app()


async def restart_plex(home):
    await home.plex.restart(down_s=15, starting_s=10)
    await home.connected()


async def restart_both(home):
    await home.stop_app()
    await home.plex.restart(down_s=15, starting_s=0)
    await home.start_app()


async def kill_app_while_plex_restarts(home):
    await home.kill_app()
    await home.plex.restart(down_s=15, starting_s=20)
    await home.start_app()


async def drop_socket(home):
    home.plex.drop()
    await home.later(seconds=1)
    await home.connected()


async def half_open_socket(home):
    home.plex.silence()
    await home.later(seconds=25)
    await home.connected()


async def refuse_connections(home):
    await home.plex.refuse(90.0)
    await home.later(seconds=90)
    await home.connected()


MISHAPS = [
    restart_app,
    kill_app,
    restart_plex,
    restart_both,
    kill_app_while_plex_restarts,
    drop_socket,
    half_open_socket,
    refuse_connections,
]


def between(moment, earliest, latest, *, slack_s=120):
    return earliest.timestamp() - slack_s <= moment.timestamp() <= latest.timestamp() + slack_s


# ---------------------------------------------------------------- in mid play


@pytest.mark.parametrize("mishap", MISHAPS, ids=lambda mishap: mishap.__name__)
async def test_a_viewing_goes_on_across(live_in, mishap):
    home = await live_in()
    player = home.plex.player()
    await player.start(home.item(FIRST))
    await home.later(minutes=8)
    await mishap(home)
    await home.later(minutes=1)
    assert len([play for play in await home.plays() if play.state != "ended"]) == 1
    home.forget_requests()
    await home.later(minutes=15)
    assert home.plex.ledger.requests == []
    await player.stop()
    await home.settled()
    await home.later(minutes=90)
    assert home.watched() == [FIRST]
    assert between(home.watched_at()[0], player.viewing.ended_at, player.viewing.ended_at)
    assert len([what for what, _ in home.requests() if "POST" in what]) == 1
    assert [verdict for _, verdict, _ in await home.verdicts()] == ["delivered"]


@pytest.mark.parametrize("mishap", MISHAPS, ids=lambda mishap: mishap.__name__)
async def test_a_paused_viewing_survives(live_in, mishap):
    home = await live_in()
    player = home.plex.player()
    await player.start(home.item(FIRST))
    await home.later(minutes=8)
    player.pause()
    await home.later(minutes=2)
    await mishap(home)
    await home.later(minutes=2)
    player.resume()
    await home.later(minutes=16)
    await player.stop()
    await home.settled()
    assert home.watched() == [FIRST]
    assert [what for what, _, _ in home.told()] == ["start", "pause", "start", "stop"]


@pytest.mark.parametrize("mishap", MISHAPS, ids=lambda mishap: mishap.__name__)
async def test_a_viewing_past_the_mark_is_not_two_plays_after(live_in, mishap):
    home = await live_in()
    player = home.plex.player()
    await player.start(home.item(FIRST))
    await home.later(minutes=22)
    await mishap(home)
    await home.later(minutes=2)
    await player.stop()
    await home.settled()
    await home.later(hours=2)
    assert home.watched() == [FIRST]


async def test_two_viewings_go_on_though_app_and_plex_restart_and_their_keys_are_swapped(live_in):
    home = await live_in(whitelist=("alice", "bob"))
    alice, bob = home.plex.player("alice", "web"), home.plex.player("bob", "tv")
    await alice.start(home.item(FIRST))
    await bob.start(home.item(SECOND))
    await home.later(minutes=10)
    keys = alice.session_key, bob.session_key
    await home.kill_app()
    await home.plex.restart(down_s=20, swap_keys=True)
    await home.start_app()
    await home.later(minutes=14)
    assert (bob.session_key, alice.session_key) == keys
    await alice.stop()
    await bob.stop()
    await home.settled()
    assert sorted(home.watched()) == [FIRST, SECOND]
    assert {(play.account.name, play.media.label) for play in await home.plays()} == {
        ("alice", FIRST),
        ("bob", SECOND),
    }
    assert [what for what, _, _ in home.told()] == ["start", "start", "stop", "stop"]


# ---------------------------------------------------------------- ended meanwhile


async def socket_down(home):
    await home.plex.refuse()
    return home.plex.listen


async def app_down(home):
    await home.stop_app()
    return home.start_app


async def app_killed(home):
    await home.kill_app()
    return home.start_app


async def come_back(home, up):
    """End what was down, and wait until nothing more is to be expected."""
    await up()
    await home.connected()
    await home.settled()
    await home.later(hours=2)


DOWN = [socket_down, app_down, app_killed]


@pytest.mark.parametrize("down", DOWN, ids=lambda down: down.__name__)
async def test_a_viewing_that_ends_past_the_mark_meanwhile_is_a_play(live_in, down):
    home = await live_in()
    player = home.plex.player()
    await player.start(home.item(FIRST))
    await home.later(minutes=21, seconds=30)
    up = await down(home)
    await home.later(minutes=3)
    await player.stop()
    await home.later(minutes=10)
    await come_back(home, up)
    assert home.watched() == [FIRST]
    assert between(home.watched_at()[0], player.viewing.counted_at, player.viewing.ended_at)


@pytest.mark.parametrize("down", DOWN, ids=lambda down: down.__name__)
async def test_a_viewing_that_passes_the_mark_meanwhile_is_a_play(live_in, down):
    home = await live_in()
    player = home.plex.player()
    await player.start(home.item(FIRST))
    await home.later(minutes=10)
    up = await down(home)
    await home.later(minutes=15)
    await player.stop()
    await home.later(minutes=40)
    await come_back(home, up)
    assert home.watched() == [FIRST]
    assert between(home.watched_at()[0], player.viewing.counted_at, player.viewing.ended_at)
    assert await home.verdicts() == [(FIRST, "delivered", "watched")]


@pytest.mark.parametrize("down", DOWN, ids=lambda down: down.__name__)
async def test_a_viewing_that_is_given_up_meanwhile_keeps_its_position_and_is_no_play(live_in, down):
    home = await live_in()
    player = home.plex.player()
    await player.start(home.item(FIRST))
    await home.later(minutes=10)
    up = await down(home)
    await home.later(minutes=2)
    await player.stop()
    await come_back(home, up)
    assert home.watched() == []
    assert home.positions() == {FIRST: pytest.approx(40, abs=2.5)}  # a position is written down every 30 s


@pytest.mark.parametrize("down", DOWN, ids=lambda down: down.__name__)
async def test_what_happens_altogether_meanwhile_is_a_play_of_whose_it_is(live_in, down):
    home = await live_in()
    up = await down(home)
    viewing = await home.watch(FIRST)
    await home.watch(MATRIX, person="bob", start=0.85)
    await home.watch(ARRIVAL, start=0.5, until=0.7)
    await home.later(minutes=40)
    await come_back(home, up)
    assert home.watched() == [FIRST]
    assert between(home.watched_at()[0], viewing.counted_at, viewing.ended_at)
    assert {(name, verdict) for name, verdict, _ in await home.verdicts()} == {
        (FIRST, "delivered"),
        (MATRIX, "skipped"),
    }


async def test_what_was_watched_twice_meanwhile_is_two_plays(live_in):
    home = await live_in()
    await home.stop_app()
    for _ in range(2):
        await home.watch(PAPERMAN)
        await home.later(minutes=20)
    await home.start_app()
    await home.settled()
    assert home.watched() == [PAPERMAN, PAPERMAN]


async def test_lines_that_the_history_holds_twice_are_one_play(live_in):
    home = await live_in(plex={"doubled_history": True})
    await home.watch(PAPERMAN)
    await home.stop_app()
    await home.watch(FIRST)
    await home.start_app()
    await home.settled()
    await home.later(hours=3)
    assert home.watched() == [PAPERMAN, FIRST]


@pytest.mark.parametrize("name", [FIRST, PAPERMAN])
async def test_an_item_that_was_deleted_after_it_was_watched_meanwhile_is_a_play(live_in, name):
    home = await live_in()
    await home.stop_app()
    await home.watch(name)
    await home.later(minutes=5)
    home.plex.world.delete_item(home.item(name).rating_key)
    await home.start_app()
    await home.settled()
    await home.later(hours=1)
    assert home.watched() == [name]


async def test_an_item_that_was_deleted_while_the_socket_was_down_is_a_play(live_in):
    home = await live_in()
    player = home.plex.player()
    await player.start(home.item(FIRST))
    await home.later(minutes=10)
    await home.plex.refuse()
    await home.later(minutes=15)
    await player.stop()
    home.plex.world.delete_item(home.item(FIRST).rating_key)
    await home.later(minutes=10)
    await home.plex.listen()
    await home.connected()
    await home.settled()
    await home.later(hours=1)
    assert home.watched() == [FIRST]


async def test_the_first_contact_imports_nothing_old(live_in):
    home = await live_in(connects=False, server_url="http://127.0.0.1:9")
    await home.watch(FIRST)
    await home.later(minutes=2)
    home.edit(plex={"server_url": home.plex.base_url})
    await home.connected()
    await home.later(hours=3)
    assert (home.watched(), await home.plays()) == ([], [])
    await home.watch(SECOND, start=0.5)
    await home.settled()
    assert home.watched() == [SECOND]


async def test_with_catch_up_switched_off_nothing_is_made_good(live_in):
    home = await live_in(options={"catch_up": False})
    await home.stop_app()
    await home.watch(FIRST)
    await home.start_app()
    await home.settled()
    await home.later(hours=3)
    assert home.watched() == []


async def test_what_is_older_than_the_days_to_catch_up_is_left_alone(live_in):
    home = await live_in(options={"catch_up_days": 1})
    await home.stop_app()
    await home.watch(FIRST)
    await home.later(hours=30)
    await home.watch(SECOND)
    await home.start_app()
    await home.settled()
    assert home.watched() == [SECOND]


# ---------------------------------------------------------------- Trakt's side


async def test_a_play_that_ends_while_trakt_is_down_keeps_its_time(live_in):
    home = await live_in()
    home.trakt.add_fault(Fault.answering(503, seconds=2 * 3600.0))
    viewing = await home.watch(FIRST)
    await home.settled()
    assert home.watched() == [FIRST]
    assert between(home.watched_at()[0], viewing.ended_at, viewing.ended_at, slack_s=5)


@pytest.mark.parametrize("pause_s", [5, 1_200, 4_000], ids=["right after", "within the hour", "later"])
async def test_a_rewatch_is_a_second_play(live_in, pause_s):
    home = await live_in()
    viewings = []
    for _ in range(2):
        viewings.append(await home.watch(PAPERMAN))
        await home.later(seconds=pause_s)
    await home.settled()
    assert home.watched() == [PAPERMAN, PAPERMAN]
    for watched_at, viewing in zip(home.watched_at(), viewings, strict=True):
        assert between(watched_at, viewing.ended_at, viewing.ended_at)


async def test_the_end_of_what_was_stopped_past_the_mark_is_no_second_play(live_in):
    home = await live_in()
    await home.watch(FIRST, until=0.88)
    await home.later(minutes=70)
    await home.watch(FIRST, start=0.88)
    await home.settled()
    await home.later(hours=2)
    assert home.watched() == [FIRST]


@pytest.mark.parametrize("pause_m", [17, 15 * 60])
@pytest.mark.parametrize("down", DOWN, ids=lambda down: down.__name__)
async def test_the_end_of_what_was_stopped_past_the_mark_is_no_second_play_if_it_is_watched_meanwhile(
    live_in, down, pause_m
):
    home = await live_in()
    await home.watch(FIRST, until=0.82)  # counts here, but not yet at Plex
    await home.settled()
    up = await down(home)
    await home.later(minutes=pause_m)
    viewing = await home.watch(FIRST, start=0.82)
    assert viewing.counted_at
    await home.later(minutes=5)
    await come_back(home, up)
    assert home.watched() == [FIRST]


@pytest.mark.parametrize("ahead_s", [-7_200.0, -300.0, 300.0, 7_200.0])
async def test_q37_what_happened_meanwhile_is_found_by_a_server_whose_clock_is_wrong(live_in, ahead_s):
    home = await live_in(plex={"clock_offset_s": ahead_s})
    await home.stop_app()
    viewing = await home.watch(FIRST)
    await home.later(hours=3)
    await home.start_app()
    await home.settled()
    await home.later(hours=2)
    assert home.watched() == [FIRST]
    assert between(home.watched_at()[0], viewing.counted_at, viewing.ended_at)
