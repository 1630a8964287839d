"""When an ended viewing is watched: our mark, Trakt's limits, and what Plex itself has counted."""

from __future__ import annotations

import pytest

from crosswatch.simulator.plex.items import Marker

FIRST, PAPERMAN = "M*A*S*H S01E01", "Paperman (2012)"


@pytest.mark.parametrize(
    ("mark", "until", "progress", "is_watched"),
    [
        pytest.param(80, 0.79, 79.0, False, id="79 of 80"),
        pytest.param(80, 0.80, 80.0, True, id="80 of 80"),
        pytest.param(90, 0.85, 79.9, False, id="85 of 90 is kept below 80"),
        pytest.param(90, 0.92, 92.0, True, id="92 of 90"),
        pytest.param(70, 0.75, 80.0, True, id="75 of 70 is told as 80"),
        pytest.param(70, 0.65, 65.0, False, id="65 of 70"),
        pytest.param(100, 0.89, 79.9, False, id="89 of 100"),
    ],
)
async def test_a_viewing_is_watched_from_the_mark_on(live_in, mark, until, progress, is_watched):
    home = await live_in(options={"watched_at_percent": mark})
    await home.watch(FIRST, start=0.5, until=until)
    await home.settled()
    await home.later(minutes=30)
    assert home.told() == [("start", FIRST, 50.0), ("stop", FIRST, pytest.approx(progress, abs=0.01))]
    assert home.watched() == ([FIRST] if is_watched else [])
    assert home.positions() == ({} if is_watched else {FIRST: pytest.approx(progress, abs=0.01)})


async def test_a_stop_below_one_percent_is_not_told(live_in):
    home = await live_in()
    await home.watch(FIRST, until=0.009)
    await home.settled()
    await home.later(minutes=30)
    assert home.told() == [("start", FIRST, 0.0)]
    assert await home.verdicts() == [(FIRST, "skipped", "too_short")]


@pytest.mark.parametrize(
    ("at", "is_told"),
    [
        pytest.param(0.005, False, id="below 1"),
        pytest.param(0.5, True, id="between"),
        pytest.param(0.85, False, id="above 80"),
    ],
)
async def test_a_pause_is_told_between_1_and_80_percent(live_in, at, is_told):
    home = await live_in()
    await home.watch(FIRST, until=0.95, pauses=((at, 300.0),))
    await home.settled()
    assert ("pause" in [what for what, _, _ in home.told()]) is is_told
    assert {status for _, status in home.requests()} == {201}
    assert home.watched() == [FIRST]


@pytest.mark.parametrize("status", ["404", "405", "410"])
async def test_where_trakt_has_no_pause_a_stop_keeps_the_position(live_in, status):
    home = await live_in(trakt={"pause_endpoint": status})
    await home.watch(FIRST, until=0.6, pauses=((0.5, 300.0),))
    await home.settled()
    assert home.positions() == {FIRST: pytest.approx(60.0, abs=0.01)}
    assert ("stop", FIRST, pytest.approx(50.0, abs=0.01)) in home.told()
    assert home.watched() == []


async def test_what_plex_counted_at_its_credits_is_watched_below_the_mark(live_in):
    home = await live_in()
    item = home.item(FIRST)
    item.markers = (Marker(kind="credits", start_ms=int(0.76 * item.length_ms), end_ms=item.length_ms),)
    viewing = await home.watch(FIRST, start=0.5, until=0.78)
    assert viewing.counted_at is not None
    await home.settled()
    await home.later(minutes=30)
    assert home.watched() == [FIRST]
    assert abs((home.watched_at()[0] - viewing.ended_at).total_seconds()) <= 120
    assert await home.verdicts() == [(FIRST, "delivered", "watched")]


@pytest.mark.parametrize(
    ("credits_marker", "begins", "until", "is_watched"),
    [
        pytest.param(True, 0.86, 0.88, True, id="into the credits"),
        pytest.param(True, 0.86, 0.84, False, id="up to the credits"),
        pytest.param(False, 0.86, 0.88, False, id="where they do not count"),
        pytest.param(True, 0.3, 0.45, False, id="before the half"),
    ],
)
async def test_from_its_final_credits_on_a_viewing_is_watched_if_they_count(
    live_in, credits_marker, begins, until, is_watched
):
    """Plex itself counts at 95 % only, and so does our mark."""
    home = await live_in(
        options={"watched_at_percent": 95, "credits_marker": credits_marker},
        plex={"played_threshold": 95, "played_behaviour": "0"},
    )
    item = home.item(FIRST)
    start_ms = int(begins * item.length_ms)
    item.markers = (Marker(kind="credits", start_ms=start_ms, end_ms=item.length_ms, final=True),)
    viewing = await home.watch(FIRST, start=until - 0.1, until=until)
    assert viewing.counted_at is None
    await home.settled()
    await home.later(minutes=30)
    assert home.watched() == ([FIRST] if is_watched else [])


async def test_what_plex_counted_early_in_a_vanished_session_is_watched(live_in):
    home = await live_in(plex={"played_threshold": 60, "linger_s": 20.0})
    player = home.plex.player()
    await player.start(home.item(FIRST), offset_ms=700_000)
    await home.later(minutes=5)
    player.abandon()
    await home.settled()
    await home.later(minutes=30)
    assert home.watched() == [FIRST]


async def test_an_item_of_unknown_length_has_no_progress_and_is_watched_if_plex_counts_it(live_in):
    home = await live_in()
    await home.watch("[REC] (2007)", start=0.5, until=0.6)
    await home.settled()
    assert home.told() == []
    assert await home.verdicts() == [("[REC] (2007)", "skipped", "progress_unknown")]
    await home.watch("[REC] (2007)", start=0.8)
    await home.settled()
    await home.later(minutes=30)
    assert home.watched() == ["[REC] (2007)"]


async def test_a_mark_that_is_edited_counts_for_what_plays_now(live_in):
    home = await live_in()
    player = home.plex.player()
    await player.start(home.item(FIRST), offset_ms=700_000)
    home.edit(features={"scrobble": {"options": {"watched_at_percent": 95}}})
    await home.later(minutes=10)
    await player.stop()
    await home.settled()
    assert home.watched() == []
    assert await home.verdicts() == [(FIRST, "delivered", "position_saved")]
