"""Plays, and what sinks should know of them, with everything filled in that a test does not care about."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from crosswatch.core.delivery import first_delivery
from crosswatch.core.events import Account, Media, MediaKind, Numbering, Percent, Player, PlayId, Show
from crosswatch.core.ids import Ids
from crosswatch.core.plays import Desired, DesiredAction, Origin, Play, PlayState, SinkAccount, TraceEntry
from crosswatch.core.ports import PlayChange
from crosswatch.core.reasons import Reason, Verdict

NOW = datetime(2026, 11, 20, 20, 15, tzinfo=UTC)
MAYA = SinkAccount(name="maya")
JON = SinkAccount(name="jon")

FILM = Media(kind=MediaKind.MOVIE, title="Arrival", year=2016, ids=Ids(imdb="tt2543164", tmdb=329865))
EPISODE = Media(
    kind=MediaKind.EPISODE,
    title="Ölüm (“Half Loop”)",
    year=2022,
    ids=Ids(tvdb=8946273),
    show=Show(title="Straße der SEVERANCE", year=2022, ids=Ids(tmdb=95396, tvdb=371980)),
    season=0,
    number=2,
    numbering=Numbering.DVD,
    aired_on=date(2022, 2, 18),
    duration_ms=3_215_000,
    guid="plex://episode/5d9c1356",
    foreign_ids=("anidb-69", "mal-21"),
    rating_key="201",
    show_rating_key="200",
    library_id="2",
    library="Séries",
    file="/tv/Severance/s00e02.mkv",
)


def at(seconds=0.0):
    """A moment so many seconds after the evening began."""
    return NOW + timedelta(seconds=seconds)


def make_play(number=1, **changes):
    """A play that began so many seconds into the evening as its number says."""
    began = at(number)
    play = Play(
        id=PlayId(f"play-{number:06d}"),
        server="den",
        account=Account(id=1, name="Maya"),
        media=FILM,
        state=PlayState.PLAYING,
        started_at=began,
        last_seen_at=began,
    )
    return replace(play, **changes)


def full_play():
    """A play that has a value other than the usual one in every field."""
    return make_play(
        7,
        origin=Origin.WEBHOOK,
        session_key="41",
        play_queue_item="77003",
        account=Account(id=2_003_004, name="Zoë", aliases=frozenset({"zoe@example.org", "Zoë K."})),
        media=EPISODE,
        player=Player(client_id="tv-1", title="Living room", product="Plex for LG"),
        state=PlayState.ENDED,
        offset_ms=3_100_001,
        progress=Percent(96.42),
        started_at=NOW.replace(microsecond=1),
        last_seen_at=NOW.replace(microsecond=999_999),
        ended_at=NOW.replace(microsecond=123_457),
        counted_at=NOW.replace(microsecond=11),
        watched_at=NOW.replace(microsecond=7),
        verdict=Verdict.SKIPPED,
        reason=Reason.LIBRARY_OFF,
        detail="on the sofa",
        history_key="/status/sessions/history/991",
    )


def want(action=DesiredAction.START, seconds=0.0, progress=50.0):
    """What a sink should know since that second of the evening."""
    return Desired(action=action, progress=Percent(progress), at=at(seconds))


def wants(play, *desired, account=MAYA, trace=()):
    """A change that records the play and asks for these states, one after the other."""
    return PlayChange(play=play, desired=tuple((account, each) for each in desired), trace=trace)


def make_delivery(desired=None, *, now=NOW, **changes):
    """A delivery that was just asked for."""
    return replace(first_delivery(make_play(), MAYA, desired or want(), now), **changes)


def step(text="", seconds=0.0, **data):
    """A step of a play's story."""
    return TraceEntry(at=at(seconds), step="desired", text=text, ok=None, data=data)
