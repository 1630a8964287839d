"""Webhooks beside the sockets: each server has one, and the post is as bad as the rest of the weather.

For some minutes at a time what a server sends comes late, several times, in the wrong order, or without
positions. What is on its way while the app is down is lost, as in life.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import random

    from chaos.ground import Ground
    from crosswatch.simulator.plex import SimulatedPlex

SECRET = "chaos-webhook-secret"  # noqa: S105 -- of nobody
SPELL_S = (60.0, 1_200.0)
"""Seconds of the clock for which the post stays as it is."""

DELAYS_S = (0.0, 0.0, 1.0, 5.0, 30.0, 120.0)


def expect(document: dict[str, Any]) -> None:
    """Have webhooks taken in, of those who know the secret."""
    document["features"]["webhook"]["enabled"] = True
    document["plex"]["webhook_secret"] = SECRET


def register(ground: Ground) -> None:
    """Give the owner of each server a hook that calls the app."""
    for plex in ground.plexes:
        plex.webhooks.register(plex.world.people.owner, [f"{ground.url}/webhook/trakt?token={SECRET}"])


def spoil(plex: SimulatedPlex, chance: random.Random) -> list[str]:
    """Draw how the post is from now on; what is wrong with it, for the count."""
    drawn: dict[str, Any] = {
        "webhook_copies": chance.choice((1, 1, 1, 2, 3)),
        "webhook_delay_s": chance.choice(DELAYS_S),
        "webhook_swapped": chance.random() < 0.3,
        "webhook_offsets": chance.random() < 0.8,
        "webhook_durations": chance.random() < 0.8,
        "webhook_file_name": chance.random() < 0.5,
        "webhook_owner_id": chance.choice(("local", "plextv")),
    }
    plex.world.options = dataclasses.replace(plex.world.options, **drawn)
    wrong = {
        "webhooks several times": drawn["webhook_copies"] > 1,
        "webhooks late": drawn["webhook_delay_s"] > 0,
        "webhooks in the wrong order": drawn["webhook_swapped"],
        "webhooks without positions": not drawn["webhook_offsets"],
    }
    return [what for what, is_so in wrong.items() if is_so]
