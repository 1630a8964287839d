"""The parts of the configuration about what goes on beside the plays: notices and backups."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from crosswatch.config.view import About, Url, View

NoticeEvent = Literal["link", "source", "backlog", "storage", "person"]


class NoticeSettings(View, frozen=True, kw_only=True):
    """Who is told when plays do not reach Trakt, and of what. Addresses hold tokens, and are secrets."""

    events: Annotated[
        tuple[NoticeEvent, ...],
        About(
            "Tell of",
            "What is told: `link`, a link to Trakt that is broken; `source`, a Plex server that is not "
            "heard for 5 minutes; `backlog`, a finished play that waits for more than 15 minutes; "
            "`storage`, a database that cannot be used; `person`, somebody new. And, but for the last, that "
            "it is fine again.",
        ),
    ] = ("link", "source", "backlog", "storage", "person")
    webhook_url: Annotated[
        Url,
        About(
            "Webhook",
            "An address of your own that is sent [JSON](monitoring.md#notices). Empty: none.",
        ),
    ] = ""
    ntfy_url: Annotated[
        Url,
        About(
            "ntfy topic",
            "A topic at an ntfy server, such as `https://ntfy.sh/my-topic`. Empty: none.",
        ),
    ] = ""
    ntfy_token: Annotated[
        str,
        About(
            "ntfy token",
            "The access token, if the topic needs one.",
        ),
    ] = ""
    apprise_urls: Annotated[
        tuple[str, ...],
        About(
            "Apprise addresses",
            "Addresses as Apprise writes them, for everything else. Needs the extra `notify`.",
            advanced=True,
        ),
    ] = ()

    def __post_init__(self) -> None:
        self._tidy("ntfy_url", "ntfy_token")
        msgspec.structs.force_setattr(self, "webhook_url", self.webhook_url.strip())  # its slash may count


class BackupSettings(View, frozen=True, kw_only=True):
    """Copies of everything that cannot be made anew."""

    nightly: Annotated[
        bool,
        About(
            "Each night",
            "Make a [backup](backup.md) each night, in the folder `backups` beside this file, and keep "
            "the last 7.",
        ),
    ] = True
