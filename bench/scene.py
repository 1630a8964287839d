"""Simulated servers as several benchmarks use them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crosswatch.simulator.trakt.options import TraktOptions

if TYPE_CHECKING:
    from crosswatch.simulator.plex import SimulatedPlex

LENIENT = TraktOptions(enforce_write_limit=False, enforce_read_limit=False, block_library_user_agents=False)
"""A Trakt that never asks anybody to wait, and lets the peer's library in."""


def plex_section(plex: SimulatedPlex) -> dict[str, Any]:
    """A server as `config.json` holds it."""
    return {
        "server_url": plex.base_url,
        "account_token": plex.owner_token,
        "username": plex.world.people.owner.username,
        "tv_url": plex.plextv_url,
    }
