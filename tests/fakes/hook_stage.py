"""The stage of `fakes.viewing` with a second source: webhooks that say what a test means."""

from __future__ import annotations

from dataclasses import replace

from crosswatch.core.events import Account, Player, PlayerState
from crosswatch.core.facts import WebhookFact
from crosswatch.core.hooks import Hooks
from crosswatch.core.inbox import Hook
from crosswatch.core.tracker import SessionTracker
from fakes.viewing import ALICE, LIBRARY, Stage

STATES = {
    "play": PlayerState.PLAYING,
    "resume": PlayerState.PLAYING,
    "pause": PlayerState.PAUSED,
    "stop": PlayerState.STOPPED,
    "scrobble": PlayerState.PLAYING,
}


class HookStage(Stage):
    """A tracker, the webhooks of its server, and everything that came out.

    Args:
        server: `machineIdentifier`; empty for webhooks that name none.
        can_ask: Whether the server can be asked; its webhooks are all there is otherwise.

    Attributes:
        heard: What the last webhook came to.
    """

    def __init__(self, *, server: str = "server-1", can_ask: bool = True) -> None:
        super().__init__()
        if not can_ask:
            self.tracker = SessionTracker(server, self._new_play_id)
        self.hooks = Hooks(self.tracker, self._new_play_id, can_ask=can_ask)
        self.can_ask = can_ask
        self.heard = None
        self.number = 0

    def hook(
        self,
        event: str,
        offset_s: float | None = None,
        *,
        item: str = "9723",
        client: str = "tv",
        account: Account = ALICE,
        late_s: float = 0.0,
        media=None,
    ) -> HookStage:
        """A webhook comes in; `late_s` ago, if it was kept since then."""
        self.number += 1
        fact = WebhookFact(
            event=f"media.{event}",
            state=STATES.get(event),
            is_counted=event == "scrobble",
            offset_ms=None if offset_s is None else round(offset_s * 1000),
            account=account,
            media=media or LIBRARY[item],
            player=Player(client_id=client, title="TV"),
            server_uuid=self.tracker.server,
        )
        received_at = self.now.fromtimestamp(self.now.timestamp() - late_s, self.now.tzinfo)
        self.heard = self.hooks.hear(Hook(id=self.number, received_at=received_at, fact=fact), self.now)
        self.updates += self.heard.updates
        return self

    def after(self, seconds: float) -> HookStage:
        super().after(seconds)
        self.updates += self.hooks.tick(self.now)
        return self

    def long_after(self, seconds: float) -> HookStage:
        """The same, a step at a time: whoever waits does so until something is due."""
        end = self.now.timestamp() + seconds
        while self.now.timestamp() < end:
            due_at = self.hooks.next_at(self.now)
            next_s = end if due_at is None else min(end, due_at.timestamp())
            self.after(max(0.001, next_s - self.now.timestamp()))
        return self

    def believe(self, account: Account | None = None) -> HookStage:
        """Answer every question as the binder does where nobody says more than the payload."""
        for session in self.tracker.wanted(self.now).bindings:
            told = session.hearsay.binding
            named = told and (replace(told, account=account) if account else told)
            self.updates += self.tracker.bind(session, named, self.now)
        return self

    @property
    def sessions(self):
        return self.tracker.sessions

    @property
    def watched(self):
        """The plays that count: by their end, by the server's count, or by a count that came late."""
        ended = [one for one in self.updates if one.event is not None and one.event.action.value == "stop"]
        found = [one.play.id for one in ended if (one.event.progress or 0) >= 80 or one.event.is_counted]
        found += [one.play.id for one in self.updates if one.is_counted_late]
        return sorted(set(found))
