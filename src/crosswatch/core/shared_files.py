"""Files that hold several episodes: one session of a player, several viewings.

A server makes an item of each episode, gives each the length of the whole file, and takes only the one that
was chosen for played. So sessions know the whole file, and what they tell passes through here on its way to
the recorder: each episode becomes a viewing of its own, with its share of the length, its own start and its
own stop. An episode whose end was passed by playing is watched; one that was left by a jump stays where it
was left. One that was played to its end is not begun again by winding back.

The clock is an argument. What a row of the ledger must know to go on after a restart is in its item
(`core.events.SharedFile`).

Source: Plex protocol notes, section 8 and Q31.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from crosswatch.core.events import Media, Percent, PlayId, ScrobbleAction, ScrobbleEvent, SharedFile
from crosswatch.core.plays import Play, PlayState
from crosswatch.core.policy import LEAST_PROGRESS, SKIPPED
from crosswatch.core.position import SEEK_MS, SKIP_REST_MS
from crosswatch.core.progress import percent
from crosswatch.core.tracker import Update

DONE_FROM = 80.0
"""An episode that was left from here on is done, as a sink sees it; winding back does not begin it again."""

REMEMBERED = timedelta(hours=12)
"""How long a viewing of which nothing more is heard is known."""

NEXT_EPISODE = "next_episode"
"""Why an event was told: the file has come to another episode."""


_STOP = [ScrobbleAction.STOP]
_START_AND_STOP = [ScrobbleAction.START, ScrobbleAction.STOP]


def episode_at(media: Media, place: int, done: Iterable[int] = ()) -> Media:
    """One episode of the item's file, as an item that knows where it lies."""
    shared = _shared(media)
    own = replace(shared, place=place, done=tuple(sorted(done)))
    return replace(shared.episodes[place], shared_file=own)


def whole_of(media: Media) -> Media:
    """The item that the server takes to be played, with the length of the file, as sessions know it."""
    shared = _shared(media)
    played = [one for one in shared.episodes if one.rating_key == shared.played_key]
    whole = replace(shared, place=None, done=())
    return replace((played or shared.episodes)[0], duration_ms=shared.length_ms, shared_file=whole)


def renewed(known: Media, anew: Media) -> Media:
    """What a played item is by its page of now: the episode of the file that it was, where it was one."""
    shared = known.shared_file
    if shared is None or shared.place is None:
        return replace(anew, shared_file=None)
    episodes = anew.shared_file.episodes if anew.shared_file is not None else (anew,)
    own = next((one for one in episodes if one.rating_key == known.rating_key), known)
    return replace(own, duration_ms=known.duration_ms, credits_ms=known.credits_ms, shared_file=shared)


def line_key(history_key: str, place: int) -> str:
    """The key of what a line of the server's history says of one episode.

    It is never the key of the line itself: that one has been dealt with only once all episodes have.
    """
    return f"{history_key.partition('#')[0]}#{place}"


@dataclass(slots=True, kw_only=True)
class _Viewing:
    """A session of such a file, and which of its episodes plays.

    Attributes:
        media: The whole.
        place: The episode that plays.
        play_id: The viewing of that episode.
        started_at: When it began.
        offset_ms: Where the player was last, in the file, or None.
        at: When that was.
        is_playing: Whether it played then.
        is_told: Whether anything has been told of the episode.
        lowest_ms: The earliest place in the file from which something of the episode was played, or None.
        done: Episodes that were played to their end.
        ids: The latest viewing of each episode.
        is_known: Whether it is known who watches, so that a new episode is told of.
        told: What was told last, or None.
    """

    media: Media
    place: int
    play_id: PlayId
    started_at: datetime
    offset_ms: int | None = None
    at: datetime
    is_playing: bool = False
    is_told: bool = False
    lowest_ms: int | None = None
    done: set[int] = field(default_factory=set)
    ids: dict[int, PlayId] = field(default_factory=dict)
    is_known: bool = False
    told: Update | None = None

    @property
    def is_over(self) -> bool:
        """Whether the episode that plays was played to its end before, so that nothing is told of it."""
        return self.place in self.done

    @property
    def shared(self) -> SharedFile:
        return _shared(self.media)

    @property
    def begin_ms(self) -> int:
        return self.shared.begin_ms(self.place)

    @property
    def end_ms(self) -> int:
        return self.begin_ms + self.length_ms

    @property
    def length_ms(self) -> int:
        return self.shared.episodes[self.place].duration_ms or 0


class SharedFiles:
    """Turns what sessions of shared files tell into what is told of each episode.

    Args:
        new_play_id: Makes the identity of a viewing that begins at that moment.
    """

    def __init__(self, new_play_id: Callable[[datetime], PlayId]) -> None:
        self._new_play_id = new_play_id
        self._viewings: dict[PlayId, _Viewing] = {}

    def split(self, updates: Iterable[Update]) -> list[Update]:
        """The updates, with those of shared files replaced by those of their episodes."""
        return [one for update in updates for one in self._split(update)]

    def restore(self, plays: Sequence[Play]) -> list[Play]:
        """The plays that were open when the process ended, as sessions know them: with the whole file.

        Those of an episode that is known to be playing are left out; its session goes on.
        """
        current = {viewing.play_id for viewing in self._viewings.values()}
        return [self._whole(play) for play in plays if play.id not in current]

    def _whole(self, play: Play) -> Play:
        shared = play.media.shared_file
        if shared is None or shared.place is None:
            return play
        begin_ms = shared.begin_ms(shared.place)
        offset_ms = None if play.offset_ms is None else begin_ms + play.offset_ms
        media = whole_of(play.media)
        self._viewings[play.id] = _Viewing(
            media=media,
            place=shared.place,
            play_id=play.id,
            started_at=play.started_at,
            offset_ms=offset_ms,
            at=play.last_seen_at,
            is_playing=play.state is PlayState.PLAYING,
            is_told=play.account.is_known,
            done=set(shared.done),
            ids={shared.place: play.id},
            is_known=play.account.is_known,
        )
        progress = None if offset_ms is None else percent(offset_ms, shared.length_ms)
        return replace(play, media=media, offset_ms=offset_ms, progress=progress)

    def _split(self, update: Update) -> list[Update]:
        play = update.play
        if play.media.shared_file is None or play.media.shared_file.place is not None:
            return [update]
        viewing = self._viewings.get(play.id)
        if viewing is None:
            viewing = self._viewings[play.id] = _begin(update)
        viewing.media = play.media
        viewing.is_known = viewing.is_known or update.event is not None
        if update.is_counted_late:
            return [replace(self._late_count(viewing, update), hooks=update.hooks)]
        parts = [*self._go_on(viewing, update), *_tell(viewing, update)]
        if play.state is PlayState.ENDED:
            self._forget(play)
        if not parts:  # hooks are cleared by what is written, so something has to be
            parts = [viewing.told if viewing.is_over and viewing.told else _row(viewing, update)]
        viewing.told = replace(parts[-1], event=None)
        return [*parts[:-1], replace(parts[-1], hooks=update.hooks)]

    def _go_on(self, viewing: _Viewing, update: Update) -> list[Update]:
        """Leave the episode that played until now, if the player is in another one."""
        offset_ms = update.play.offset_ms
        if offset_ms is None:
            return []
        moment = update.play.ended_at or update.play.last_seen_at
        target = viewing.shared.place_at(offset_ms)
        parts: list[Update] = []
        while viewing.place < target and _was_played(viewing, offset_ms, moment):
            passed_at = moment - timedelta(milliseconds=offset_ms - viewing.end_ms)
            parts += self._leave(viewing, update, viewing.end_ms, max(viewing.at, passed_at))
            self._enter(viewing, viewing.place + 1, max(viewing.at, passed_at))
        is_back_to_done = target < viewing.place and target in viewing.done  # to see its end once more
        if target != viewing.place and not is_back_to_done:
            parts += self._leave(viewing, update, *_jumped_from(viewing, update))
            self._enter(viewing, target, moment)
        return parts

    def _leave(self, viewing: _Viewing, update: Update, offset_ms: int | None, at: datetime) -> list[Update]:
        """The end of the episode that played, at that place of the file."""
        is_over = viewing.is_over
        progress = _own_percent(viewing, offset_ms)
        if progress is not None and progress >= DONE_FROM:
            viewing.done.add(viewing.place)
        ended = replace(update.play, offset_ms=offset_ms, state=PlayState.ENDED, ended_at=at, last_seen_at=at)
        actions: list[ScrobbleAction] = []
        if viewing.is_known:
            actions = _STOP if viewing.is_told else [] if _is_touched_only(progress) else _START_AND_STOP
        times = {ScrobbleAction.START: viewing.started_at, ScrobbleAction.STOP: at}
        silent = replace(update, event=None)
        events = [_event(viewing, silent, action, progress, times[action]) for action in actions]
        viewing.offset_ms, viewing.at = offset_ms, at
        rows: list[ScrobbleEvent | None] = [*events] if viewing.is_known else [None]
        return [] if is_over else [_part(viewing, replace(silent, play=ended, event=one)) for one in rows]

    def _enter(self, viewing: _Viewing, place: int, at: datetime) -> None:
        viewing.place, viewing.started_at = place, at
        viewing.is_told, viewing.lowest_ms = False, None
        if not viewing.is_over:
            viewing.play_id = viewing.ids[place] = self._new_play_id(at)

    def _late_count(self, viewing: _Viewing, update: Update) -> Update:
        """The server has counted the episode that it takes to be played; nothing follows for the others."""
        shared = viewing.shared
        keys = [one.rating_key for one in shared.episodes]
        place = keys.index(shared.played_key) if shared.played_key in keys else viewing.place
        is_known = place in viewing.ids
        row = _row(viewing, replace(update, is_counted_late=False))
        if not is_known:
            return replace(row, play=replace(row.play, counted_at=None))
        counted = replace(row.play, id=viewing.ids[place], media=episode_at(viewing.media, place))
        return replace(row, play=replace(counted, counted_at=update.play.counted_at), is_counted_late=True)

    def _forget(self, ended: Play) -> None:
        """Keep the last few that have ended, of which something may come late."""
        over = [key for key, one in self._viewings.items() if ended.last_seen_at - one.at > REMEMBERED]
        for key in over:
            if key != ended.id:
                del self._viewings[key]


def _begin(update: Update) -> _Viewing:
    """A session of which nothing has been told: it began at the earliest place that was played, if it may."""
    play = update.play
    shared = _shared(play.media)
    lowest_ms = None if update.lowest is None else round(update.lowest * shared.length_ms / 100)
    viewing = _Viewing(
        media=play.media,
        place=0,
        play_id=play.id,
        started_at=play.started_at,
        offset_ms=lowest_ms,
        at=play.started_at,
        is_playing=True,
    )
    offset_ms = play.offset_ms or 0
    is_through = lowest_ms is not None and _was_played(viewing, offset_ms, play.ended_at or play.last_seen_at)
    start_ms = lowest_ms if is_through and lowest_ms is not None else offset_ms
    viewing.place = shared.place_at(start_ms)
    viewing.ids[viewing.place] = play.id
    if not is_through:
        own_ms = offset_ms - viewing.begin_ms
        viewing.offset_ms = play.offset_ms
        viewing.started_at = max(play.started_at, play.last_seen_at - timedelta(milliseconds=own_ms))
    return viewing


def _jumped_from(viewing: _Viewing, update: Update) -> tuple[int | None, datetime]:
    """Where in the episode the player was when it jumped out of it, and when."""
    if update.left is not None:
        left_ms, left_at = update.left
        if left_at >= viewing.at and viewing.begin_ms <= left_ms <= viewing.end_ms:
            return left_ms, left_at
    return viewing.offset_ms, viewing.at


def _was_played(viewing: _Viewing, offset_ms: int, now: datetime) -> bool:
    """Whether the player can have come so far by playing."""
    if viewing.offset_ms is None or not viewing.is_playing:
        return False
    elapsed_ms = (now - viewing.at).total_seconds() * 1000
    return 0 <= offset_ms - viewing.offset_ms <= elapsed_ms + SEEK_MS


def _tell(viewing: _Viewing, update: Update) -> list[Update]:
    """What is told of the episode that plays now."""
    play, event = update.play, update.event
    offset_ms = None if play.offset_ms is None else max(viewing.begin_ms, play.offset_ms)
    viewing.offset_ms = viewing.offset_ms if offset_ms is None else offset_ms
    viewing.at = max(play.last_seen_at, viewing.at)
    viewing.is_playing = play.state is PlayState.PLAYING
    if offset_ms and offset_ms > viewing.begin_ms:
        lowest_ms = viewing.lowest_ms
        viewing.lowest_ms = offset_ms if lowest_ms is None else min(lowest_ms, offset_ms)
    if viewing.is_over:
        return []
    progress = _own_percent(viewing, offset_ms)
    is_later = len(viewing.ids) > 1
    if play.state is PlayState.ENDED and is_later and not viewing.is_told and _is_touched_only(progress):
        return []
    events: list[ScrobbleEvent | None] = []
    if not viewing.is_told and viewing.is_known:
        is_paused = play.state is PlayState.PAUSED
        first = ScrobbleAction.PAUSE if is_paused else ScrobbleAction.START
        events.append(_event(viewing, update, first, progress, viewing.started_at))
        viewing.is_told = True
        if event is not None and event.action is ScrobbleAction.STOP:
            events.append(_event(viewing, update, event.action, progress, event.at))
    else:
        events.append(event and _event(viewing, update, event.action, progress, event.at))
    return [_part(viewing, replace(update, event=one)) for one in events]


def _is_touched_only(progress: Percent | None) -> bool:
    """Whether an episode that was come to has hardly begun, so that there is no viewing of it."""
    return progress is None or progress < LEAST_PROGRESS


def _event(
    viewing: _Viewing, update: Update, action: ScrobbleAction, progress: Percent | None, at: datetime
) -> ScrobbleEvent:
    event, play = update.event, update.play
    why = NEXT_EPISODE if event is None or event.action is not action else event.why
    if action is ScrobbleAction.STOP and event is not None and event.action is action and _is_skip(viewing):
        why = SKIPPED
    return ScrobbleEvent(
        action=action,
        play_id=viewing.play_id,
        server=play.server,
        account=play.account,
        media=episode_at(viewing.media, viewing.place, viewing.done),
        progress=progress,
        at=at,
        why=why,
        is_counted=event is not None and event.is_counted and _is_the_played(viewing),
    )


def _is_skip(viewing: _Viewing) -> bool:
    """Whether nothing of the episode was seen but its last moment."""
    return viewing.lowest_ms is not None and viewing.end_ms - viewing.lowest_ms < SKIP_REST_MS


def _is_the_played(viewing: _Viewing) -> bool:
    """Whether the episode is the one of which the server speaks when it counts the file."""
    return viewing.shared.episodes[viewing.place].rating_key == viewing.shared.played_key


def _part(viewing: _Viewing, update: Update) -> Update:
    """The update as one of the episode that plays; its event is one already."""
    play = update.play
    own_ms = None if play.offset_ms is None else play.offset_ms - viewing.begin_ms
    own = replace(
        play,
        id=viewing.play_id,
        media=episode_at(viewing.media, viewing.place, viewing.done),
        offset_ms=None if own_ms is None else min(max(0, own_ms), viewing.length_ms),
        progress=_own_percent(viewing, play.offset_ms),
        started_at=viewing.started_at,
        counted_at=play.counted_at if _is_the_played(viewing) else None,
        history_key=play.history_key and line_key(play.history_key, viewing.place),
    )
    lowest = _own_percent(viewing, viewing.lowest_ms)
    return replace(update, play=own, lowest=lowest, hooks=())


def _row(viewing: _Viewing, update: Update) -> Update:
    return _part(viewing, replace(update, event=None))


def _own_percent(viewing: _Viewing, offset_ms: int | None) -> Percent | None:
    if offset_ms is None or not viewing.length_ms:
        return None
    return percent(max(0, offset_ms - viewing.begin_ms), viewing.length_ms)


def _shared(media: Media) -> SharedFile:
    if media.shared_file is None:
        raise AssertionError("the item's file holds one episode")
    return media.shared_file
