"""Whatever webhooks say, nothing dies of it, and a viewing in the middle of it all is a play."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crosswatch.core.events import Account, Player, PlayerState
from crosswatch.core.facts import WebhookFact
from crosswatch.errors import PayloadError
from crosswatch.providers.scrobble.scrobble import from_plex_webhook
from crosswatch.service.no_server import NoServer
from crosswatch.service.play_ids import new_play_id
from crosswatch.service.ratings import RatingIntake
from crosswatch.service.webhooks import Webhooks
from fakes.evening import SERVER, Evening
from fakes.leaping_loop import LeapingLoop
from fakes.mutated import payloads
from fakes.plays import FILM, MAYA

MAYA_AT_PLEX = Account(id=1, name="Maya")
ITEM = replace(FILM, duration_ms=600_000, rating_key="own")


class Storm:
    """An evening without a server to ask, in which webhooks say whatever they like."""

    async def blow(self, facts):
        """Take in all of these, around a viewing; what the sink holds of it, and what went wrong."""
        evening = Evening()
        evening.source = NoServer()
        await evening.start(connected=False)
        troubles = []
        asyncio.get_running_loop().set_exception_handler(lambda _, context: troubles.append(context))
        evening.pipeline._ratings = RatingIntake(
            evening.ledger,
            rules=lambda: evening.rules,
            wake=evening.workers.wake,
            clock=evening.clock,
            new_play_id=new_play_id,
        )
        hooks = Webhooks(
            evening.ledger,
            deliver=self.deliver(evening),
            clock=evening.clock,
            takes_ratings=lambda: True,
            changed=lambda: None,
        )
        own = [self.own("media.play"), self.own("media.scrobble"), self.own("media.stop")]
        share = max(1, len(facts) // len(own))
        try:
            for place, fact in enumerate(own):
                for other in facts[place * share : (place + 1) * share]:
                    await hooks.receive(other)
                    await evening.later(7)
                await hooks.receive(fact)
                await evening.later(280)
            await evening.later(hours=40)
            assert not evening.running.done()
            assert troubles == []
            titles = [title for title in evening.sink.titles(MAYA) if title.startswith("Arrival")]
            return titles, await evening.ledger.hooks(SERVER)
        finally:
            await evening.stop()

    def deliver(self, evening):
        async def deliver(hook):
            return evening.pipeline.hear_hook(hook)

        return deliver

    def own(self, event):
        """A webhook of the viewing that must not get lost."""
        states = {"media.stop": PlayerState.STOPPED}
        return WebhookFact(
            event=event,
            state=states.get(event, PlayerState.PLAYING),
            is_counted=event == "media.scrobble",
            offset_ms=590_000 if event == "media.stop" else None,
            account=MAYA_AT_PLEX,
            media=ITEM,
            player=Player(client_id="a player of its own"),
            server_uuid=SERVER,
        )


def weather(drawn):
    """The facts of these payloads, as if all came from one server; what is none is left out."""
    facts = []
    for payload in drawn:
        with contextlib.suppress(PayloadError):
            facts.append(replace(from_plex_webhook(payload), server_uuid=SERVER))
    return facts


def is_weathered(drawn):
    """The storm passes, and leaves a play and nothing else behind."""
    with asyncio.Runner(loop_factory=LeapingLoop) as runner:
        titles, kept = runner.run(Storm().blow(weather(drawn)))
    assert titles == ["Arrival (2016)"]
    assert kept == []


COMMON = {"deadline": None, "suppress_health_check": list(HealthCheck)}


@settings(max_examples=40, **COMMON)
@given(drawn=st.lists(payloads(), min_size=5, max_size=40))
def test_whatever_webhooks_say_nothing_dies_and_no_play_is_lost(drawn):
    is_weathered(drawn)


@pytest.mark.fuzz
@pytest.mark.timeout(3_600)
@settings(max_examples=500, **COMMON)
@given(drawn=st.lists(payloads(), min_size=20, max_size=40))
def test_ten_thousand_webhooks_kill_nothing_and_lose_no_play(drawn):
    is_weathered(drawn)
