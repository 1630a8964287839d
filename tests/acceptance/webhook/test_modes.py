"""Watch only, webhook only, both, and webhooks of a server that nobody can ask: one viewing is one play."""

from __future__ import annotations

import pytest

from crosswatch.simulator.plex import Autoplay, Ending
from fakes.hooked_household import BOTH, HOOKS, MODES, STRANGER

PAPERMAN = "Paperman (2012)"
FIRST, SECOND = "M*A*S*H S01E01", "M*A*S*H S01E02"

HOOKED = (HOOKS, BOTH, STRANGER)

SENDERS = {
    "as they should": {},
    "as files, without pictures": {"webhook_file_name": True, "webhook_thumb": False},
    "three times": {"webhook_copies": 3},
    "five seconds late": {"webhook_delay_s": 5.0},
    "a minute late": {"webhook_delay_s": 60.0},
    "in the wrong order": {"webhook_swapped": True},
    "in the wrong order, twice": {"webhook_swapped": True, "webhook_copies": 2},
    "without positions": {"webhook_offsets": False},
    "without lengths": {"webhook_durations": False},
    "with the owner's number at plex.tv": {"webhook_owner_id": "plextv"},
}


async def is_one_play(home, item, viewing, *, within_s=120):
    """Whether Trakt holds one play of the item, dated by when it was seen, and the app one row."""
    assert home.watched() == [item]
    (watched_at,) = home.watched_at()
    assert abs((watched_at - viewing.ended_at).total_seconds()) <= within_s
    rows = await home.verdicts()
    assert [row for row in rows if row[1] != "skipped"] == [(item, "delivered", "watched")]
    return True


@pytest.mark.parametrize("mode", MODES)
async def test_a_viewing_from_start_to_end_is_one_play(live_in, mode):
    home = await live_in(mode=mode)
    viewing = await home.watch(FIRST)
    await home.settled()
    assert await is_one_play(home, FIRST, viewing)
    assert [what for what, *_ in home.told()] == ["start", "stop"]


@pytest.mark.parametrize("sender", SENDERS)
@pytest.mark.parametrize("mode", HOOKED)
async def test_however_webhooks_are_sent_a_viewing_is_one_play(live_in, mode, sender):
    home = await live_in(mode=mode, plex=SENDERS[sender])
    viewing = await home.watch(PAPERMAN, pauses=((0.3, 40.0),), seeks=((0.5, 0.6),))
    await home.settled()
    await home.later(minutes=15)
    assert await is_one_play(home, PAPERMAN, viewing)


@pytest.mark.parametrize("sender", ["a minute late", "in the wrong order, twice", "without positions"])
@pytest.mark.parametrize("mode", HOOKED)
async def test_however_webhooks_are_sent_half_a_viewing_is_none(live_in, mode, sender):
    home = await live_in(mode=mode, plex=SENDERS[sender])
    await home.watch(PAPERMAN, until=0.5, pauses=((0.3, 40.0),))
    await home.settled()
    await home.later(minutes=15)
    assert home.watched() == []
    assert {verdict for _, verdict, _ in await home.verdicts()} <= {"delivered", "skipped"}


@pytest.mark.parametrize("mode", HOOKED)
async def test_the_next_episode_is_a_play_of_its_own(live_in, mode):
    home = await live_in(mode=mode)
    items = [home.item(FIRST), home.item(SECOND)]
    await home.plex.player("alice", "web").watch_queue(items, Autoplay.NEW_KEY)
    await home.settled()
    assert home.watched() == [FIRST, SECOND]


@pytest.mark.parametrize("mode", HOOKED)
async def test_a_rewatch_is_another_play(live_in, mode):
    home = await live_in(mode=mode)
    await home.watch(PAPERMAN)
    await home.later(hours=1.2)
    await home.watch(PAPERMAN)
    await home.settled()
    assert home.watched() == [PAPERMAN, PAPERMAN]


@pytest.mark.parametrize("mode", HOOKED)
async def test_a_viewing_in_two_sittings_is_one_play(live_in, mode):
    home = await live_in(mode=mode)
    await home.watch(PAPERMAN, until=0.6)
    await home.settled()
    await home.later(hours=1)
    viewing = await home.watch(PAPERMAN, start=0.6)
    await home.settled()
    assert home.watched() == [PAPERMAN]
    (watched_at,) = home.watched_at()
    assert abs((watched_at - viewing.ended_at).total_seconds()) <= 120


@pytest.mark.parametrize("ending", [Ending.NO_FRAME, Ending.CRASH, Ending.GHOST, Ending.TRIPLE, Ending.ZERO])
@pytest.mark.parametrize("mode", [HOOKS, BOTH])
async def test_however_it_ends_it_is_one_play(live_in, mode, ending):
    home = await live_in(mode=mode)
    viewing = await home.watch(FIRST, start=0.8, until=0.97, ending=ending)
    await home.settled()
    await home.later(minutes=15)
    assert home.watched() == [FIRST]
    (watched_at,) = home.watched_at()
    assert abs((watched_at - viewing.ended_at).total_seconds()) <= 180


@pytest.mark.parametrize("mode", HOOKED)
async def test_music_and_trailers_are_nothing_for_trakt(live_in, mode):
    home = await live_in(mode=mode)
    for name in ("What a Wonderful World", "Tenet"):
        await home.watch(name, seconds=60.0)
    await home.settled()
    assert home.requests() == []
    assert {reason for *_, reason in await home.verdicts()} <= {"type_unsupported"}
