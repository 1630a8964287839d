"""Every reason, from the player to the verdict: each is given at least once, by what it is meant for."""

from __future__ import annotations

from dataclasses import replace

import pytest

from crosswatch.core.reasons import Reason
from crosswatch.simulator.plex.faults import Fault as PlexFault
from crosswatch.simulator.plex.faults import FaultKind
from crosswatch.simulator.titles import movie_title
from crosswatch.simulator.trakt.faults import Fault
from fakes.household import CLIENT_ID, MEMBER

PAPERMAN, ARRIVAL, FIRST = "Paperman (2012)", "Arrival (2016)", "M*A*S*H S01E01"
ANOTHER_SERVER = "f" * 40
ALICE = {"name": "Alice", "plex_ids": [1], "accounts": ["default"]}
WAYS = {}


def by(reason):
    """Says which reason a way leads to."""

    def keep(way):
        assert reason not in WAYS
        WAYS[reason] = way
        return way

    return keep


def test_no_reason_is_left_out():
    assert sorted(WAYS) == sorted(Reason)


@pytest.mark.parametrize("reason", WAYS)
async def test_a_reason_is_given_by_what_it_is_meant_for(live_in, reason):
    home = None

    async def move_in(**options):
        nonlocal home
        home = await live_in(**options)
        return home

    await WAYS[reason](move_in)

    async def is_given():
        return reason in [play.reason for play in await home.plays()]

    await home.until(is_given, f"a play says {reason}", within_s=3600)
    await home.stop_app()  # what is held stays so


async def watched(home, name=PAPERMAN, **script):
    await home.watch(name, **{"start": 0.5, **script})
    await home.later(minutes=2)
    return (await home.plays())[-1]


async def with_trouble(live_in, fault):
    """Somebody watches something to the end while Trakt answers so."""
    home = await live_in()
    home.trakt.add_fault(fault)
    await home.watch(PAPERMAN, start=0.5)


async def with_filters(live_in, **filters):
    home = await live_in()
    home.edit(features={"scrobble": {"filters": filters}})
    await home.later(minutes=1)
    await watched(home)


async def with_people(live_in, *people):
    home = await live_in(whitelist=())
    home.edit(people=list(people))
    await home.later(minutes=1)
    await watched(home)


# ---------------------------------------------------------------- on its way


@by(Reason.LIVE)
async def something_plays(live_in):
    home = await live_in()
    await home.plex.player().start(home.item(ARRIVAL))


@by(Reason.IDENTIFYING)
async def plex_tv_does_not_say_who_it_is(live_in):
    home = await live_in(whitelist=("carol84",))
    await home.stop_app()
    home.plex.add_fault(PlexFault(kind=FaultKind.STATUS, status=503, path="/api/v2/user"))
    await home.start_app()
    await home.plex.player("carol84").start(home.item(ARRIVAL))


@by(Reason.TRAKT_DOWN)
async def trakt_is_down(live_in):
    await with_trouble(live_in, Fault.answering(503))


@by(Reason.RATE_LIMITED)
async def trakt_asks_for_patience(live_in):
    await with_trouble(live_in, Fault.rate_limited(600, path="/scrobble/stop"))


@by(Reason.OUTCOME_UNKNOWN)
async def the_connection_breaks_before_the_answer(live_in):
    await with_trouble(live_in, Fault.reset(after_apply=True, path="/scrobble/stop"))


@by(Reason.LINK_EXPIRED)
async def the_link_is_taken_away(live_in):
    home = await live_in()
    home.trakt.revoke_tokens(MEMBER)
    home.trakt.refuse_refreshes(MEMBER)
    await watched(home)


@by(Reason.ACCOUNT_LOCKED)
async def trakt_has_locked_the_account(live_in):
    await with_trouble(live_in, Fault.answering(423))


@by(Reason.ACCOUNT_LIMIT)
async def the_account_is_full(live_in):
    await with_trouble(live_in, Fault.account_limit())


@by(Reason.APP_REFUSED)
async def trakt_has_deleted_the_app(live_in):
    home = await live_in()
    home.trakt.set_app_state(CLIENT_ID, "invalid")
    await watched(home)


@by(Reason.VIP_ONLY)
async def trakt_wants_vip(live_in):
    await with_trouble(live_in, Fault.answering(426))


# ---------------------------------------------------------------- delivered


@by(Reason.WATCHED)
async def somebody_watches_to_the_end(live_in):
    await watched(await live_in())


@by(Reason.POSITION_SAVED)
async def somebody_stops_in_the_middle(live_in):
    await watched(await live_in(), until=0.7)


@by(Reason.ALREADY_RECORDED)
async def somebody_else_was_faster(live_in):
    home = await live_in()
    await home.stop_app()
    viewing = await home.watch(ARRIVAL, start=0.5)
    await home.later(minutes=2)
    world, at = home.trakt.world, viewing.ended_at
    movie = world.catalogue.movie("tmdb", movie_title("arrival").tmdb)
    play = world.new_play(movie, at, action="scrobble", made_at=at, made_by="another app")
    world.record(world.user(MEMBER), play)
    await home.start_app()


# ---------------------------------------------------------------- skipped


@by(Reason.BELOW_THRESHOLD)
async def a_position_is_too_old_to_be_told(live_in):
    home = await live_in()
    home.trakt.add_fault(Fault.answering(503))
    await watched(home, until=0.6)
    await home.later(hours=9)
    home.trakt.clear_faults()


@by(Reason.TOO_SHORT)
async def somebody_looks_in(live_in):
    await watched(await live_in(), FIRST, start=0.0, until=0.009)


@by(Reason.PROGRESS_UNKNOWN)
async def the_length_is_unknown(live_in):
    await watched(await live_in(), "[REC] (2007)", until=0.6)


@by(Reason.SKIPPED_THROUGH)
async def somebody_jumps_to_the_end(live_in):
    home = await live_in()
    player = home.plex.player()
    await player.start(home.item(PAPERMAN))
    await home.later(seconds=4)
    await player.seek(419_500)
    await player.stop()


@by(Reason.DUPLICATE_OF)
async def somebody_watches_the_rest_the_next_evening(live_in):
    home = await live_in()
    await watched(home, FIRST, until=0.85)
    await home.later(hours=20)
    await watched(home, FIRST, start=0.85)


@by(Reason.TYPE_UNSUPPORTED)
async def somebody_listens_to_music(live_in):
    home = await live_in()
    await home.watch("What a Wonderful World", seconds=120)


@by(Reason.PERSON_UNKNOWN)
async def nobody_has_signed_in(live_in):
    home = await live_in(whitelist=(), plex={"session_user": "absent"})
    await watched(home)


@by(Reason.PERSON_NOT_LISTED)
async def somebody_else_watches(live_in):
    home = await live_in()
    await home.watch(PAPERMAN, person="bob", device="tv", start=0.5)


@by(Reason.PERSON_UNLINKED)
async def somebody_is_linked_but_not_who_watches(live_in):
    await with_people(live_in, {**ALICE, "plex_ids": [1_000_002]})


@by(Reason.PERSON_PAUSED)
async def scrobbling_is_paused(live_in):
    await with_people(live_in, {**ALICE, "paused": True})


@by(Reason.SERVER_OFF)
async def the_server_does_not_count_for_them(live_in):
    await with_people(live_in, {**ALICE, "servers": [ANOTHER_SERVER]})


@by(Reason.SERVER_NOT_SELECTED)
async def another_server_is_selected(live_in):
    await with_filters(live_in, server_uuid=ANOTHER_SERVER)


@by(Reason.LIBRARY_OFF)
async def the_library_does_not_count(live_in):
    await with_filters(live_in, libraries=["TV Shows"])


@by(Reason.TITLE_OFF)
async def the_title_is_ignored(live_in):
    await with_filters(live_in, ignored_titles=[PAPERMAN])


@by(Reason.KIND_OFF)
async def films_do_not_count(live_in):
    await with_filters(live_in, kinds=["episode"])


@by(Reason.PLAYER_OFF)
async def the_player_does_not_count(live_in):
    await with_filters(live_in, players=["Kitchen"])


@by(Reason.NETWORK_OFF)
async def the_network_does_not_count(live_in):
    await with_filters(live_in, networks=["cellular"])


@by(Reason.FEATURE_OFF)
async def scrobbling_is_off(live_in):
    home = await live_in()
    home.edit(features={"scrobble": {"enabled": False}})
    await home.later(minutes=1)
    await watched(home)


@by(Reason.IGNORED_BY_YOU)
async def somebody_says_that_it_does_not_count(live_in):
    home = await live_in()
    home.trakt.add_fault(Fault.answering(503))
    play = await watched(home)
    await home.app.corrections.ignore(play.id)


@by(Reason.TAKEN_BACK)
async def somebody_takes_it_back(live_in):
    home = await live_in()
    play = await watched(home)
    assert home.watched() == [PAPERMAN]
    await home.app.corrections.undo(play.id)
    assert home.watched() == []


# ---------------------------------------------------------------- failed


@by(Reason.NO_MATCH)
async def trakt_has_never_heard_of_it(live_in):
    home = await live_in()
    item = home.item(PAPERMAN)
    item.title, item.guids = "A Film of One's Own", ()
    await watched(home, item.rating_key)
    assert home.watched() == []


@by(Reason.AMBIGUOUS_MATCH)
async def two_films_share_title_and_year(live_in):
    home = await live_in()
    twin = replace(movie_title("paddington-2"), key="twin", imdb=None, tmdb=99_000_099)
    home.trakt.world.catalogue.add_movie(twin)
    await watched(home, "Paddington 2 (2017)")
    assert home.watched() == []


@by(Reason.WRONG_MATCH)
async def trakt_takes_it_for_something_else(live_in):
    await with_trouble(live_in, Fault.wrong_item(path="/scrobble"))


@by(Reason.REJECTED)
async def trakt_refuses_it(live_in):
    await with_trouble(live_in, Fault(kind=FaultKind.STATUS, status=412, path="/scrobble"))
