"""Whether plays reach Trakt now, and if not, what is in the way and who can move it. Pure.

The worst finding gives the word beside the dot. What nobody has set up yet is no fault, and comes first:
until it is there, nothing else is worth saying.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from crosswatch.core.plays import SinkAccount
from crosswatch.core.reasons import EXPLANATIONS, Reason
from crosswatch.core.sentences import tell_action
from crosswatch.web.words import count_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from crosswatch.config.model import Settings
    from crosswatch.core.ports import Backlog

WAITING_TOO_LONG = timedelta(minutes=15)


class Level(IntEnum):
    """How bad it is; the greatest decides."""

    FINE = 0
    SETUP = 1
    ATTENTION = 2
    BROKEN = 3


WORDS = {
    Level.FINE: "Healthy",
    Level.SETUP: "Setting up",
    Level.ATTENTION: "Needs a look",
    Level.BROKEN: "Not working",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One finding.

    Attributes:
        code: Stable, for programs and for the page's element.
        level: How bad it is.
        title: A few words.
        sentence: What is so.
        action: What to do; text in backticks is to be typed.
        since: Since when, or None.
        next_try_at: When the app tries again by itself, or None.
        button: `start_watch` if that is the mend, else empty.
    """

    code: str
    level: Level
    title: str
    sentence: str
    action: str = ""
    since: datetime | None = None
    next_try_at: datetime | None = None
    button: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A server as the watcher sees it now."""

    name: str
    connected: bool
    last_frame_at: datetime | None
    problem: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """All findings, the worst first."""

    level: Level
    notices: tuple[Notice, ...]
    servers: tuple[Server, ...]

    @property
    def word(self) -> str:
        """What stands beside the dot."""
        return WORDS[self.level]


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is judged.

    Attributes:
        settings: The configuration in force.
        config_problem: Why the file is not in force, or empty.
        storage_problem: Why the database cannot be used, or empty.
        watch: As `RuntimeLike.watch_status` says.
        sinks: As `RuntimeLike.sink_status` says.
        backlog: What waits, per account.
        now: This moment, aware UTC.
        is_claimed: Whether somebody has set a password, or a proxy signs people in.
        access_problem: Why nobody new can be let in, or empty.
    """

    settings: Settings
    config_problem: str
    storage_problem: str
    watch: Mapping[str, Any]
    sinks: Sequence[Mapping[str, Any]]
    backlog: Mapping[SinkAccount, Backlog]
    now: datetime
    is_claimed: bool = True
    access_problem: str = ""


def judge(facts: Facts) -> Health:
    """What is in the way of plays, if anything is."""
    broken = list(_broken_base(facts))
    missing = list(missing_steps(facts.settings))
    found = broken + list(_door_notes(facts, Level.SETUP if missing else Level.FINE))
    found += missing or [*_watch_trouble(facts), *_sink_trouble(facts), *_notes(facts.settings)]
    found.sort(key=lambda notice: -notice.level)
    level = found[0].level if found else Level.FINE
    servers = tuple(_server(status) for status in facts.watch.get("servers", ()))
    return Health(level=level, notices=tuple(found), servers=servers)


def _broken_base(facts: Facts) -> Iterator[Notice]:
    if facts.config_problem:
        yield Notice(
            code="config",
            level=Level.BROKEN,
            title="config.json can't be used",
            sentence=f"{facts.config_problem} The last good configuration stays in force, and the file is "
            "left as it is.",
            action="Mend the file; it is read again by itself.",
        )
    if facts.storage_problem:
        yield Notice(
            code="storage",
            level=Level.BROKEN,
            title="The database can't be used",
            sentence=facts.storage_problem,
        )
    if facts.access_problem:
        yield Notice(
            code="access",
            level=Level.BROKEN,
            title="Nobody new can be let in",
            sentence=facts.access_problem,
        )


def missing_steps(settings: Settings) -> Iterator[Notice]:
    """What a first set-up still needs, in order."""
    servers = [server for server in (settings.plex, *settings.servers) if server.server_url]
    features, scrobble = settings.features, settings.features.scrobble
    if not servers:
        yield _step(
            "plex_server",
            "Plex server",
            "No Plex server is named yet.",
            "Set `plex.server_url`, such as `http://192.168.1.20:32400`.",
        )
    if not all(server.account_token for server in servers or (settings.plex,)):
        yield _step(
            "plex_token", "Plex token", "No Plex token is there to ask with.", "Set `plex.account_token`."
        )
    if not settings.trakt.client_id:
        yield _step(
            "trakt_app",
            "Trakt app",
            "Trakt is asked in the name of an API app. Since July 2026 only VIP members may own one; "
            "a free account may connect to one app of somebody else's.",
            "Set `trakt.client_id` and `trakt.client_secret`.",
        )
    if not any(tokens.access_token for tokens in (settings.auth.trakt, *settings.accounts.values())):
        yield _step(
            "trakt_link", "Trakt account", "No Trakt account is linked yet.", "Run `crosswatch login trakt`."
        )
    if not (features.watch.enabled or features.webhook.enabled):
        yield _step(
            "watch", "Watch mode", "Nobody listens to Plex yet.", "Set `features.watch.enabled` to `true`."
        )
    if not (scrobble.enabled and scrobble.providers.trakt.enabled):
        yield _step(
            "scrobble",
            "Scrobbling",
            "Nothing is told to Trakt yet.",
            "Set `features.scrobble.enabled` and `features.scrobble.providers.trakt.enabled` to `true`.",
        )


def _step(code: str, title: str, sentence: str, action: str) -> Notice:
    return Notice(code=code, level=Level.SETUP, title=title, sentence=sentence, action=action)


def _watch_trouble(facts: Facts) -> Iterator[Notice]:
    if not facts.settings.features.watch.enabled and not facts.watch.get("alive"):
        return
    if not facts.watch.get("alive"):
        stopped = bool(facts.watch.get("stop_set"))
        yield Notice(
            code="watcher",
            level=Level.ATTENTION if stopped else Level.BROKEN,
            title="Not watching",
            sentence="Watching was stopped here. What is played meanwhile is made good by the next catch-up."
            if stopped
            else f"Nobody watches. {facts.watch.get('problem', '')}".rstrip(),
            button="start_watch",
        )
        return
    for status in facts.watch.get("servers", ()):
        server = _server(status)
        if not server.connected:
            yield _lost(server)


def _lost(server: Server) -> Notice:
    if not server.problem:
        return Notice(
            code=f"server-{server.name}",
            level=Level.ATTENTION,
            title=f"Connecting to {server.name}",
            sentence="This takes a second or two.",
        )
    return Notice(
        code=f"server-{server.name}",
        level=Level.BROKEN,
        title=f"Lost touch with {server.name}" if server.last_frame_at else f"Can't reach {server.name}",
        sentence=server.problem,
    )


def _sink_trouble(facts: Facts) -> Iterator[Notice]:
    for status in facts.sinks:
        if not status.get("ok", True):
            told = EXPLANATIONS[Reason(status["reason"])] if status.get("reason") else None
            yield Notice(
                code=f"sink-{status['name']}",
                level=Level.BROKEN if told else Level.ATTENTION,
                title=told.title if told else "Trakt isn't answering",
                sentence=str(status["sentence"]),
                action=tell_action(Reason(status["reason"]), _account(status["name"])) if told else "",
            )
    for account, backlog in facts.backlog.items():
        if backlog.oldest_at is not None and facts.now - backlog.oldest_at > WAITING_TOO_LONG:
            waits = "waits" if backlog.watched == 1 else "wait"
            yield Notice(
                code=f"backlog-{account}",
                level=Level.ATTENTION,
                title="Plays are waiting",
                sentence=f"{count_words(backlog.watched, 'finished play')} {waits} for Trakt, safe here.",
                since=backlog.oldest_at,
                next_try_at=backlog.next_attempt_at,
            )


def _account(name: str) -> SinkAccount:
    """The sink account of which a status speaks: `trakt/maya`."""
    sink, _, account = name.partition("/")
    return SinkAccount(sink=sink, name=account)


def _notes(settings: Settings) -> Iterator[Notice]:
    if not settings.features.scrobble.filters.username_whitelist and not settings.people:
        yield Notice(
            code="everyone",
            level=Level.FINE,
            title="Everyone counts",
            sentence="Everyone's plays on the server go to the one Trakt account.",
            action="To choose who counts, list them in `features.scrobble.filters.username_whitelist`.",
        )


def _door_notes(facts: Facts, password: Level) -> Iterator[Notice]:
    """Who may come in without a word, for whoever did not mean that; a password belongs to a first set-up."""
    if not facts.is_claimed and not facts.access_problem:
        yield Notice(
            code="unclaimed",
            level=password,
            title="No password yet",
            sentence="Everybody in this network may read and change everything here.",
            action="Set one at `/setup/claim`.",
        )
    networks = facts.settings.access.open_networks
    if networks:
        yield Notice(
            code="open_networks",
            level=Level.FINE,
            title="Open to networks",
            sentence=f"Nobody has to sign in from {', '.join(networks)}. In a container, its bridge can make "
            "every visitor look as if they came from there.",
            action="To change that, edit `access.open_networks`.",
        )


def _server(status: Mapping[str, Any]) -> Server:
    return Server(
        name=str(status.get("name") or "Plex"),
        connected=bool(status.get("connected")),
        last_frame_at=status.get("last_frame_at"),
        problem=str(status.get("problem") or ""),
    )
