"""What would become of a frame, a webhook, a play or a whole recording: all is decided, and nothing is sent.

The very steps of the app are taken: the tracker, the rules, the watched mark, and the first request that
Trakt would see. Only the ends are missing: nothing is written, and no sink is asked.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from crosswatch.core.events import PlayerState, PlayId, ScrobbleAction, ScrobbleEvent
from crosswatch.core.judging import judge, judge_counted
from crosswatch.core.people import watched_mark
from crosswatch.core.plays import Origin, Play, PlayState
from crosswatch.core.ports import Order
from crosswatch.core.progress import percent
from crosswatch.core.reasons import Reason, Verdict
from crosswatch.core.sentences import tell_play
from crosswatch.core.session import ZERO_HOLD
from crosswatch.core.tracker import SessionTracker
from crosswatch.errors import ProgressUnknownError
from crosswatch.providers.scrobble.trakt.flow import scrobble

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Sequence
    from datetime import datetime
    from typing import Any

    from crosswatch.core.events import Account, Media, Percent
    from crosswatch.core.facts import Binding, Notification, SessionRow, WebhookFact
    from crosswatch.core.judging import Judgement
    from crosswatch.core.people import Rules
    from crosswatch.core.plays import Desired, SinkAccount
    from crosswatch.core.sentences import Told
    from crosswatch.core.session import Session
    from crosswatch.core.tracker import Update
    from crosswatch.service.memory import Known

    Recall = Callable[[Media], Awaitable[Known]]
    LookUp = Callable[[Session], Awaitable[Binding | None]]

ACTIONS = {
    PlayState.PLAYING: ScrobbleAction.START,
    PlayState.PAUSED: ScrobbleAction.PAUSE,
    PlayState.ENDED: ScrobbleAction.STOP,
}

STATES = {
    PlayerState.PLAYING: PlayState.PLAYING,
    PlayerState.BUFFERING: PlayState.PLAYING,
    PlayerState.PAUSED: PlayState.PAUSED,
    PlayerState.STOPPED: PlayState.ENDED,
    PlayerState.ERROR: PlayState.ENDED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """What one sink account would be told.

    Attributes:
        account: Whose.
        desired: What it should know.
        request: Verb and target of the first request, or empty if none would be made.
        body: Its body, or None.
        note: Why no request would be made, or how the item came by its name; or empty.
    """

    account: SinkAccount
    desired: Desired
    request: str = ""
    body: Any = None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What would become of one event.

    Attributes:
        at: When, aware UTC.
        play: The row as it would be, with verdict and reason.
        event: What happened.
        people: For whom of the configuration it counts.
        told: Why, in words.
        tellings: What sinks would be told.
    """

    at: datetime
    play: Play
    event: ScrobbleEvent
    people: tuple[str, ...]
    told: Told
    tellings: tuple[Telling, ...]


class Rehearsal:
    """Plays what is heard of one server through the app's own decisions.

    Args:
        rules: Whose plays count.
        server: `machineIdentifier` of the server.
        look_up: Finds out who watches and what it is; None if nobody knows.
        recall: What is known of an item before Trakt is asked.
        sessions: The server's list of what plays; None if there is none.
        plays: Plays that go on already.
    """

    def __init__(
        self,
        rules: Rules,
        server: str,
        *,
        look_up: LookUp,
        recall: Recall,
        sessions: Callable[[], Sequence[SessionRow] | None] = lambda: None,
        plays: Sequence[Play] = (),
    ) -> None:
        self._rules = rules
        self._look_up = look_up
        self._recall = recall
        self._sessions = sessions
        self._count = 0
        self._tracker = SessionTracker(server, self._new_play_id)
        self._tracker.connected()  # its frames are those of the recording
        self._tracker.restore(plays)

    @property
    def unbound(self) -> tuple[Session, ...]:
        """Sessions of which nobody could say who watches, and what."""
        return tuple(one for one in self._tracker.sessions if not one.is_identified)

    async def hear(self, notifications: Iterable[Notification], now: datetime) -> list[Scene]:
        """What would become of these frames."""
        updates = [update for one in notifications for update in self._tracker.hear(one, now)]
        updates += await self._find_out(now)
        return await self._scenes(updates, now)

    async def pass_time(self, now: datetime) -> list[Scene]:
        """What would become of the passing of time until now."""
        updates = self._tracker.tick(now)
        updates += await self._find_out(now)
        return await self._scenes(updates, now)

    async def wait_for_a_start(self, now: datetime) -> list[Scene]:
        """What would become of starts that wait for a second opinion."""
        return await self.pass_time(now + ZERO_HOLD)

    async def _find_out(self, now: datetime) -> list[Update]:
        """What follows from the answers to what the tracker wants to know."""
        updates: list[Update] = []
        wanted = self._tracker.wanted(now)
        for session in wanted.bindings:
            updates += self._tracker.bind(session, await self._look_up(session), now)
        listed = self._sessions() if wanted.sessions else None
        if listed is not None:
            updates += self._tracker.compare(listed, now, reconnected=False)
        return updates

    async def _scenes(self, updates: Iterable[Update], now: datetime) -> list[Scene]:
        return [
            await rehearse(self._rules, update.play, update.event, now, self._recall)
            for update in updates
            if update.event is not None
        ]

    def _new_play_id(self, _now: datetime) -> PlayId:
        self._count += 1
        return PlayId(f"rehearsal-{self._count}")


async def rehearse(rules: Rules, play: Play, event: ScrobbleEvent, now: datetime, recall: Recall) -> Scene:
    """What would become of one event of a play."""
    return await _scene(rules, judge(rules, play, event), event, now, recall)


async def rehearse_play(rules: Rules, play: Play, now: datetime, recall: Recall) -> Scene:
    """What would become of a stored play by the rules of today, whatever became of it then."""
    fresh = replace(play, verdict=Verdict.WATCHING, reason=Reason.LIVE, detail="")
    event = _event_of(fresh, play.ended_at or play.last_seen_at, is_counted=play.watched_at is not None)
    if play.watched_at is None:
        return await rehearse(rules, fresh, event, now, recall)
    return await _scene(rules, judge_counted(rules, fresh, play.watched_at), event, now, recall)


async def rehearse_webhook(
    rules: Rules, fact: WebhookFact, account: Account, now: datetime, recall: Recall
) -> Scene | None:
    """What would become of a webhook by itself; None if it is not about playing an item.

    Args:
        rules: Whose plays count.
        fact: The webhook.
        account: Who watches, with all that is known of them.
        now: When it came.
        recall: What is known of an item before Trakt is asked.
    """
    if fact.state is None or fact.media is None:
        return None
    play = Play(
        id=PlayId("rehearsal"),
        server=fact.server_uuid,
        origin=Origin.WEBHOOK,
        account=account,
        media=fact.media,
        player=fact.player,
        state=STATES[fact.state],
        offset_ms=fact.offset_ms,
        progress=_percent(fact.offset_ms, fact.media),
        started_at=now,
        last_seen_at=now,
        ended_at=now if STATES[fact.state] is PlayState.ENDED else None,
    )
    event = _event_of(play, now, is_counted=fact.is_counted)
    if fact.is_counted:
        return await _scene(rules, judge_counted(rules, play, now), event, now, recall)
    return await rehearse(rules, play, event, now, recall)


async def _scene(
    rules: Rules, judgement: Judgement, event: ScrobbleEvent, now: datetime, recall: Recall
) -> Scene:
    play = judgement.play
    known = await recall(play.media) if judgement.wanted else None
    tellings = [_telling(play, *wanted, known, now) for wanted in judgement.wanted] if known else []
    return Scene(
        at=event.at,
        play=play,
        event=event,
        people=judgement.people,
        told=tell_play(play, mark=watched_mark(rules, play)),
        tellings=tuple(tellings),
    )


def _telling(play: Play, account: SinkAccount, desired: Desired, known: Known, now: datetime) -> Telling:
    """The first request that Trakt would see."""
    order = Order(
        account=account,
        media=known.media,
        action=desired.action,
        progress=desired.progress,
        at=desired.at,
        started_at=play.started_at,
        play_id=play.id,
    )
    try:
        request = next(scrobble(order, known.match, now=now))
    except StopIteration as ending:
        return Telling(account=account, desired=desired, note=ending.value.outcome.detail)
    return Telling(
        account=account,
        desired=desired,
        request=f"{request.method} {request.target}",
        body=request.body,
        note=known.how,
    )


def _event_of(play: Play, at: datetime, *, is_counted: bool) -> ScrobbleEvent:
    return ScrobbleEvent(
        action=ScrobbleAction.STOP if is_counted else ACTIONS[play.state],
        play_id=play.id,
        server=play.server,
        account=play.account,
        media=play.media,
        progress=play.progress,
        at=at,
        why="counted" if is_counted else "frame",
    )


def _percent(offset_ms: int | None, media: Media) -> Percent | None:
    try:
        return None if offset_ms is None else percent(offset_ms, media.duration_ms)
    except ProgressUnknownError:
        return None
