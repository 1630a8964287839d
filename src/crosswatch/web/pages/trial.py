"""The last step of the set-up: a play, followed from Plex to Trakt by three marks, each with its reason."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from crosswatch.core.people import watched_mark
from crosswatch.core.ports import PlayQuery
from crosswatch.core.reasons import Reason, Verdict
from crosswatch.core.sentences import tell_play
from crosswatch.errors import StorageError
from crosswatch.web.languages import translate as _
from crosswatch.web.now import build_card
from crosswatch.web.pages.setup import next_step

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from typing import Any

    from crosswatch.core.plays import Delivery, Play
    from crosswatch.web.now import Card
    from crosswatch.web.ports import RuntimeLike

LOOKED_AT = 30
NOBODYS = frozenset(
    {Reason.PERSON_UNKNOWN, Reason.PERSON_UNLINKED, Reason.PERSON_PAUSED, Reason.PERSON_NOT_LISTED}
)
"""Reasons that say whose a play is not."""


class Mark(Enum):
    """How far something has come."""

    DONE = "done"
    WAITING = "waiting"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """One of the three things that have to go well.

    Attributes:
        title: What it is.
        mark: How far it has come.
        sentence: What is so; may be empty.
        action: What to do, or empty.
        step: The step at which that is done, or empty.
    """

    title: str
    mark: Mark
    sentence: str = ""
    action: str = ""
    step: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """How the first play fares.

    Attributes:
        ticks: The three of them.
        card: The play, or None while none was heard.
    """

    ticks: tuple[Tick, Tick, Tick]
    card: Card | None

    @property
    def is_done(self) -> bool:
        """Whether a play has gone all the way."""
        return all(tick.mark is Mark.DONE for tick in self.ticks)


async def follow(runtime: RuntimeLike, since: datetime) -> Trial:
    """How the play fares that was heard since then; one that has gone all the way comes first."""
    try:
        plays = await runtime.ledger.plays(PlayQuery(limit=LOOKED_AT))
        recent = [play for play in plays if play.last_seen_at >= since]
        rows = await runtime.ledger.deliveries([play.id for play in recent])
    except StorageError as error:
        broken = Tick(title=_("Heard from Plex"), mark=Mark.FAILED, sentence=error.sentence)
        return Trial(ticks=(broken, _person(runtime, None), _trakt(runtime, None, ())), card=None)
    told = [play for play in recent if _is_told(rows.get(play.id, ()))]
    play = next(iter(told or recent), None)
    deliveries = rows.get(play.id, ()) if play is not None else ()
    card = None if play is None else build_card(play, deliveries, runtime.rules())
    ticks = (_heard(runtime, play), _person(runtime, play), _trakt(runtime, play, deliveries))
    return Trial(ticks=ticks, card=card)


async def first_delivered(runtime: RuntimeLike) -> Card | None:
    """The last play of which Trakt knows, or None."""
    try:
        plays = await runtime.ledger.plays(PlayQuery(limit=LOOKED_AT))
        rows = await runtime.ledger.deliveries([play.id for play in plays])
    except StorageError:
        return None
    play = next((play for play in plays if _is_told(rows.get(play.id, ()))), None)
    if play is None:
        return None
    return build_card(play, rows[play.id], runtime.rules())


def _is_told(deliveries: Sequence[Delivery]) -> bool:
    return any(row.acknowledged is not None for row in deliveries)


def _heard(runtime: RuntimeLike, play: Play | None) -> Tick:
    title = _("Heard from Plex")
    if play is not None:
        return Tick(title=title, mark=Mark.DONE, sentence=play.media.label)
    missing = next_step(runtime.config.settings)
    if missing in ("plex", "server"):
        sentence = _("No Plex server is listened to yet.")
        return Tick(title=title, mark=Mark.FAILED, sentence=sentence, step=missing)
    status = runtime.watch_status()
    server = next((one for one in status["servers"] if one["problem"]), None)
    if server is not None or not (status["alive"] or runtime.config.settings.features.webhook.enabled):
        sentence = server["problem"] if server is not None else status["problem"]
        return Tick(title=title, mark=Mark.FAILED, sentence=sentence, step="server")
    return Tick(title=title, mark=Mark.WAITING, sentence=_listening(status["servers"]))


def _listening(servers: Sequence[dict[str, Any]]) -> str:
    names = [str(server["name"]) for server in servers if server["connected"]]
    return _("Listening to %s.") % ", ".join(names) if names else _("Connecting to Plex.")


def _person(runtime: RuntimeLike, play: Play | None) -> Tick:
    title = _("Know who it is")
    if play is None:
        return Tick(title=title, mark=Mark.WAITING)
    if play.verdict is Verdict.SKIPPED and play.reason in NOBODYS:
        return _refused(runtime, title, play, "trakt" if _is_on(runtime, play) else "people")
    if play.reason is Reason.IDENTIFYING:
        return Tick(title=title, mark=Mark.WAITING, sentence=_("Finding out who and what."))
    return Tick(title=title, mark=Mark.DONE, sentence=play.account.name)


def _is_on(runtime: RuntimeLike, play: Play) -> bool:
    """Whether the play's person is switched on and only lacks an account at Trakt."""
    now = runtime.clock.now()
    names = {person.name for person in runtime.config.settings.people if not person.is_paused_at(now)}
    return play.reason is Reason.PERSON_UNLINKED and play.account.name in names


def _trakt(runtime: RuntimeLike, play: Play | None, deliveries: Sequence[Delivery]) -> Tick:
    title = _("Trakt accepted")
    if _is_told(deliveries):
        return Tick(title=title, mark=Mark.DONE)
    held = next((one for one in runtime.sink_status() if one["reason"]), None)
    if next_step(runtime.config.settings) == "trakt":
        sentence = _("No Trakt account is linked yet.")
        return Tick(title=title, mark=Mark.FAILED, sentence=sentence, step="trakt")
    if play is None or (play.verdict is Verdict.SKIPPED and play.reason in NOBODYS):
        is_held = held is not None and play is None
        sentence = held["sentence"] if is_held and held is not None else ""
        return Tick(
            title=title,
            mark=Mark.FAILED if is_held else Mark.WAITING,
            sentence=sentence,
            step="trakt" if is_held else "",
        )
    if held is not None or play.verdict in (Verdict.SKIPPED, Verdict.FAILED):
        return _refused(runtime, title, play, "trakt" if held is not None else "")
    sentence = _tell(runtime, play)[0] if play.verdict is Verdict.QUEUED else ""
    return Tick(title=title, mark=Mark.WAITING, sentence=sentence)


def _refused(runtime: RuntimeLike, title: str, play: Play, step: str) -> Tick:
    sentence, action = _tell(runtime, play)
    return Tick(title=title, mark=Mark.FAILED, sentence=sentence, action="" if step else action, step=step)


def _tell(runtime: RuntimeLike, play: Play) -> tuple[str, str]:
    told = tell_play(play, mark=watched_mark(runtime.rules(), play))
    return told.sentence, told.action
