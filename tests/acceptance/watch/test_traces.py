"""Every recorded trace of Plex, replayed over the socket to the running app: what Trakt is told and keeps.

What each must give is said in `tests/recordings/plex/index.md`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from fakes.plex_recordings import names_in, recorded

MATRIX, ARRIVAL = "The Matrix (1999)", "Arrival (2016)"
SECOND, THIRD = "Severance S01E02", "Severance S01E03"


@dataclass(frozen=True, kw_only=True)
class Expected:
    """What comes of a trace.

    Attributes:
        told: What Trakt is told, in order: action, item, progress.
        watched: What its history holds in the end.
        positions: Positions that it has saved.
        verdicts: What the app says of each play.
        whitelist: Whose plays count.
    """

    told: list[tuple[str, str, float]]
    watched: list[str] = field(default_factory=list)
    positions: dict[str, float] = field(default_factory=dict)
    verdicts: list[tuple[str, str, str]]
    whitelist: tuple[str, ...] = ("alice",)


TRACES = {
    # Twins are one start. A pause below 1 percent would be refused, and at 0.6 nothing has been watched.
    "01-movie-direct-play": Expected(
        told=[("start", ARRIVAL, 0.0), ("start", ARRIVAL, 0.34)],
        verdicts=[(ARRIVAL, "skipped", "too_short")],
    ),
    # One start in spite of the buffering. Nobody ends it: it is no longer listed when it is looked for.
    "02-transcode-seek-buffering": Expected(
        told=[("start", MATRIX, 0.0), ("stop", MATRIX, 50.01)],
        positions={MATRIX: 50.01},
        verdicts=[(MATRIX, "delivered", "position_saved")],
    ),
    "03-autoplay-new-key": Expected(
        told=[("start", SECOND, 99.4), ("stop", SECOND, 99.99), ("start", THIRD, 0.0)],
        watched=[SECOND],
        verdicts=[(SECOND, "delivered", "watched"), (THIRD, "skipped", "too_short")],
    ),
    # The old episode ends where it was seen last, for nobody stopped it.
    "04-autoplay-same-key": Expected(
        told=[("start", SECOND, 99.4), ("stop", SECOND, 99.72), ("start", THIRD, 0.0)],
        watched=[SECOND],
        verdicts=[(SECOND, "delivered", "watched"), (THIRD, "skipped", "too_short")],
    ),
    # The pause at the very end is not told; the stop under the new key is the only one.
    "05-stop-under-new-key": Expected(
        told=[("start", MATRIX, 0.73), ("stop", MATRIX, 99.99)],
        watched=[MATRIX],
        verdicts=[(MATRIX, "delivered", "watched")],
    ),
    "06-kodi-triple-stop": Expected(
        told=[("start", ARRIVAL, 97.94), ("stop", ARRIVAL, 97.97)],
        watched=[ARRIVAL],
        verdicts=[(ARRIVAL, "delivered", "watched")],
    ),
    "07-vanish-without-stop": Expected(
        told=[("start", MATRIX, 85.57), ("stop", MATRIX, 85.7)],
        watched=[MATRIX],
        verdicts=[(MATRIX, "delivered", "watched")],
    ),
    # Key 1 was alice's before the restart, and is bob's after it.
    "08-pms-restart": Expected(
        told=[("start", MATRIX, 7.33), ("stop", MATRIX, 7.33)],
        positions={MATRIX: 7.33},
        verdicts=[(MATRIX, "delivered", "position_saved"), (SECOND, "skipped", "person_not_listed")],
    ),
    # Only the film counts, from its own first frame on.
    "09-preroll-trailer-movie": Expected(
        told=[("start", MATRIX, 0.0)],
        verdicts=[
            ("house intro", "skipped", "type_unsupported"),
            ("Tenet (2019)", "skipped", "type_unsupported"),
            (MATRIX, "skipped", "too_short"),
        ],
    ),
}


def test_every_trace_has_its_expectation():
    assert [f"traces/{name}.json" for name in TRACES] == names_in("traces")


@pytest.mark.parametrize("name", TRACES)
async def test_a_trace_gives_what_its_recording_says(live_in, name):
    expected = TRACES[name]
    home = await live_in(whitelist=expected.whitelist)
    await home.plex.replay_trace(recorded(f"traces/{name}.json"))
    await home.later(seconds=9)
    home.plex.set_sessions([])  # when the next frame would be due, everybody has gone
    await home.settled()
    await home.later(minutes=10)
    assert [(what, item, pytest.approx(at, abs=0.01)) for what, item, at in expected.told] == home.told()
    assert home.watched() == expected.watched
    assert home.positions() == pytest.approx(expected.positions, abs=0.01)
    assert await home.verdicts() == expected.verdicts
