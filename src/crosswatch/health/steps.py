"""What a first set-up still needs. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crosswatch.core.phrases import say
from crosswatch.health.checks import Check, Level

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crosswatch.config.model import Settings


def missing_steps(settings: Settings) -> Iterator[Check]:
    """What a first set-up still needs, in order."""
    servers = [server for server in (settings.plex, *settings.servers) if server.server_url]
    features, scrobble = settings.features, settings.features.scrobble
    if not servers:
        yield _step(
            "plex_server",
            say("Plex server"),
            say("No Plex server is named yet."),
            say("Set `plex.server_url`, such as `http://192.168.1.20:32400`."),
        )
    if not all(server.account_token for server in servers or (settings.plex,)):
        yield _step(
            "plex_token",
            say("Plex token"),
            say("No Plex token is there to ask with."),
            say("Set `plex.account_token`."),
        )
    if not settings.trakt.client_id:
        yield _step(
            "trakt_app",
            say("Trakt app"),
            say(
                "Trakt is asked in the name of an API app. Since July 2026 only VIP members may own one; "
                "a free account may connect to one app of somebody else's."
            ),
            say("Set `trakt.client_id` and `trakt.client_secret`."),
        )
    if not any(tokens.access_token for tokens in (settings.auth.trakt, *settings.accounts.values())):
        yield _step(
            "trakt_link",
            say("Trakt account"),
            say("No Trakt account is linked yet."),
            say("Run `crosswatch login trakt`."),
        )
    if not (features.watch.enabled or features.webhook.enabled):
        yield _step(
            "watch",
            say("Watch mode"),
            say("Nobody listens to Plex yet."),
            say("Set `features.watch.enabled` to `true`."),
        )
    if not (scrobble.enabled and scrobble.providers.trakt.enabled):
        yield _step(
            "scrobble",
            say("Scrobbling"),
            say("Nothing is told to Trakt yet."),
            say("Set `features.scrobble.enabled` and `features.scrobble.providers.trakt.enabled` to `true`."),
        )


def _step(kind: str, title: str, sentence: str, action: str) -> Check:
    return Check(id=kind, level=Level.SETUP, title=title, sentence=sentence, action=action)
