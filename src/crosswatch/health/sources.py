"""Where plays are heard of: the watcher, each server's socket, webhooks. Pure."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from crosswatch.core.phrases import say, say_count, together
from crosswatch.health.checks import Check, Level, Server, check_id
from crosswatch.health.words import span_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from crosswatch.health.facts import Facts

SILENT_FROM = timedelta(hours=36)
"""A server that runs says something each day, if only of its own upkeep."""


def source_checks(facts: Facts) -> Iterator[Check]:
    """The watcher or what keeps it, each server, and webhooks."""
    features, is_alive = facts.settings.features, bool(facts.watch.get("alive"))
    if features.watch.enabled or is_alive:
        if is_alive:
            yield Check(
                id="watcher", title=say("Watching"), sentence=say("The watcher runs."), proved_at=facts.now
            )
            for status in facts.watch.get("servers", ()):
                yield _server(status, facts.now)
        else:
            yield _not_watching(facts.watch)
    if features.webhook.enabled:
        yield _webhooks(facts)


def server_of(status: Mapping[str, Any]) -> Server:
    """The server that a status speaks of."""
    return Server(
        name=str(status.get("name") or "Plex"),
        connected=bool(status.get("connected")),
        last_frame_at=status.get("last_frame_at"),
        problem=status.get("problem") or "",
    )


def server_id(status: Mapping[str, Any]) -> str:
    """The id of the check of this server, by its address: its name is only known once it has answered."""
    return check_id("server", address_of(status))


def address_of(status: Mapping[str, Any]) -> str:
    """What tells this server from others, also before it has answered."""
    return str(status.get("address") or status.get("name") or "")


def _not_watching(watch: Mapping[str, Any]) -> Check:
    stopped = bool(watch.get("stop_set"))
    return Check(
        id="watcher",
        level=Level.ATTENTION if stopped else Level.BROKEN,
        title=say("Not watching"),
        sentence=say("Watching was stopped here. What is played meanwhile is made good by the next catch-up.")
        if stopped
        else together([say("Nobody watches."), watch.get("problem", "")]),
        button="start_watch",
    )


def _server(status: Mapping[str, Any], now: datetime) -> Check:
    server = server_of(status)
    if not server.connected:
        return _lost(server, status)
    heard_at = server.last_frame_at
    heard = span_words(now - heard_at) if heard_at else ""
    silent_since = max((moment for moment in (heard_at, status.get("since")) if moment), default=now)
    if now - silent_since > SILENT_FROM:
        return Check(
            id=server_id(status),
            level=Level.ATTENTION,
            title=say("{server} says nothing", server=server.name),
            sentence=say(
                "It is connected, but nothing was heard from it for {span}.",
                span=span_words(now - silent_since),
            ),
            action=say("Play something. If it does not appear here, restart the Plex server."),
        )
    return Check(
        id=server_id(status),
        title=server.name,
        sentence=say("{server} is connected[, and last spoke {span} ago].", server=server.name, span=heard),
        since=status.get("since"),
        proved_at=now,
    )


def _lost(server: Server, status: Mapping[str, Any]) -> Check:
    known_as = server_id(status)
    if not server.problem:
        return Check(
            id=known_as,
            level=Level.ATTENTION,
            title=say("Connecting to {server}", server=server.name),
            sentence=say("This takes a second or two."),
        )
    return Check(
        id=known_as,
        level=Level.BROKEN,
        title=say("Lost touch with {server}", server=server.name)
        if server.last_frame_at
        else say("Can't reach {server}", server=server.name),
        sentence=server.problem,
        since=status.get("lost_at"),
        next_try_at=status.get("next_try_at"),
        button="start_watch",
    )


def _webhooks(facts: Facts) -> Check:
    """Fine always: nobody can tell silence from an evening without films."""
    hooks = facts.watch.get("webhooks", ())
    heard_at = max((hook["last_heard_at"] for hook in hooks if hook.get("last_heard_at")), default=None)
    if heard_at is None:
        sentence = say("None has come since the start.")
    else:
        received = sum(hook.get("received", 0) for hook in hooks)
        sentence = say_count(
            "The last came {span} ago; {number} webhook since the start.",
            "The last came {span} ago; {number} webhooks since the start.",
            received,
            span=span_words(facts.now - heard_at),
        )
    return Check(id="webhooks", title=say("Webhooks"), sentence=sentence)
