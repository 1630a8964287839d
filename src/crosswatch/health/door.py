"""Who may come in without a word, for whoever did not mean that. Pure."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from crosswatch.core.phrases import say
from crosswatch.health.checks import Check, Level

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from crosswatch.health.facts import Facts

SEEN_FOR = timedelta(days=1)
"""What was noticed at the door and has not been seen for that long is over."""


def door_checks(facts: Facts, password: Level) -> Iterator[Check]:
    """What is open, and what was noticed there.

    Args:
        facts: What is so.
        password: How bad it is that nobody has set one: that belongs to a first set-up.
    """
    if not facts.is_claimed and not facts.access_problem:
        yield Check(
            id="unclaimed",
            level=password,
            title=say("No password yet"),
            sentence=say("Everybody in this network may read and change everything here."),
            action=say("Set one at `/setup/claim`."),
            is_remark=True,
        )
    networks = facts.settings.access.open_networks
    if networks:
        yield Check(
            id="open_networks",
            title=say("Open to networks"),
            sentence=say(
                "Nobody has to sign in from {networks}. In a container, its bridge can make every visitor "
                "look as if they came from there.",
                networks=", ".join(networks),
            ),
            action=say("To change that, edit `access.open_networks`."),
            is_remark=True,
        )
    yield from _sightings(facts)


def _sightings(facts: Facts) -> Iterator[Check]:
    seen = facts.sightings
    if seen.public and _is_recent(seen.public_at, facts.now):
        yield Check(
            id="exposed",
            level=Level.ATTENTION,
            title=say("Open to the internet"),
            sentence=say(
                "Somebody came in from {address}, a public address, without signing in: "
                "`access.open_networks` lets them.",
                address=seen.public,
            ),
            action=say("Take that network out of `access.open_networks`, unless you meant it."),
            since=seen.public_at,
        )
    if seen.proxy and _is_recent(seen.proxy_at, facts.now):
        yield Check(
            id="proxy",
            level=Level.ATTENTION,
            title=say("A proxy that is not listed"),
            sentence=say(
                "Requests come by way of {address}, whose word about visitors is not believed, so that "
                "nobody behind it counts as being at home.",
                address=seen.proxy,
            ),
            action=say("If it is your proxy, add `{address}` to `web.trusted_proxies`.", address=seen.proxy),
            since=seen.proxy_at,
        )


def _is_recent(at: datetime | None, now: datetime) -> bool:
    return at is not None and now - at < SEEN_FOR
