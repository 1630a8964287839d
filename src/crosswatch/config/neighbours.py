"""The parts of the configuration about others: Plex, Trakt, public lists; and where plays are kept."""

from __future__ import annotations

from typing import Annotated

import msgspec

from crosswatch.config.view import About, Moment, Seconds, Url, View


class PlexSettings(View, frozen=True, kw_only=True):
    """A Plex Media Server and the account that watches it; an empty `server_url` means none."""

    server_url: Annotated[
        Url,
        About(
            "Address",
            "Where the server answers, such as `http://192.168.1.20:32400`. Empty: there is no server.",
        ),
    ] = ""
    account_token: Annotated[
        str,
        About(
            "Token",
            "The Plex token to ask with. It should be the owner's, who alone may see everybody's "
            "sessions. With somebody else's token only that person's plays are seen.",
        ),
    ] = ""
    username: Annotated[
        str,
        About(
            "User name",
            "Kept, and read by nothing. Whose plays count is said by "
            "`features.scrobble.filters.username_whitelist`.",
            advanced=True,
        ),
    ] = ""
    server_uuid: Annotated[
        str,
        About(
            "Server identifier",
            "The server's `machineIdentifier`. If another server answers at the address, it is not "
            "watched. Empty: any will do.",
            advanced=True,
        ),
    ] = ""
    tv_url: Annotated[
        Url,
        About(
            "Address of plex.tv",
            "Where plex.tv answers. It is asked who is who: user names, e-mails, and the owner's number "
            "there; and whose server it is, if that does not take the token for its owner's.",
            advanced=True,
        ),
    ] = "https://plex.tv"
    webhook_secret: Annotated[
        str,
        About(
            "Webhook secret",
            "Who sends [webhooks](webhooks.md) must know it, as `?token=` in the address or by a "
            "signature. Empty: only this machine and the private network may send them.",
        ),
    ] = ""

    def __post_init__(self) -> None:
        self._tidy("server_url", "tv_url", "account_token", "server_uuid", "webhook_secret")


class ServerSettings(PlexSettings, frozen=True, kw_only=True):
    """A further Plex Media Server, with a name to call it by."""

    name: Annotated[
        str,
        About(
            "Name",
            "A name of your choice. Kept; pages show the name that the server gives itself.",
        ),
    ] = ""


class TraktSettings(View, frozen=True, kw_only=True):
    """The Trakt app in whose name requests are made, and where they go.

    Attributes:
        write_interval_seconds: Least time between two writes to one Trakt account.
    """

    client_id: Annotated[
        str,
        About(
            "Client id",
            "The id of the Trakt API app in whose name requests are made. [Who may own "
            "one](../README.md#what-trakt-demands-since-july-2026) changed in July 2026.",
        ),
    ] = ""
    client_secret: Annotated[
        str,
        About(
            "Client secret",
            "The app's secret. Empty for an app that has none.",
        ),
    ] = ""
    api_url: Annotated[
        Url,
        About(
            "Address of the API",
            "Where Trakt's API answers.",
            advanced=True,
        ),
    ] = "https://api.trakt.tv"
    auth_url: Annotated[
        Url,
        About(
            "Address of the sign-in",
            "Where logins are made and renewed.",
            advanced=True,
        ),
    ] = "https://auth.trakt.tv"
    redirect_uri: Annotated[
        str,
        About(
            "Redirect address",
            "Must equal the redirect address that the app is registered with; Trakt compares them "
            "whenever a login is renewed.",
            advanced=True,
        ),
    ] = "urn:ietf:wg:oauth:2.0:oob"
    write_interval_seconds: Annotated[
        Annotated[float, msgspec.Meta(ge=0, le=3_600)],
        About(
            "Seconds between two writes",
            "Least time between two writes to one Trakt account. Trakt allows one write a second.",
            advanced=True,
        ),
    ] = 1.05

    def __post_init__(self) -> None:
        self._tidy("client_id", "client_secret", "api_url", "auth_url", "redirect_uri")


class TokenSettings(View, frozen=True, kw_only=True):
    """What links one Trakt account: the pair of tokens, and how long the first of them lasts.

    Attributes:
        expires_at: When the access token ends, in Unix seconds; 0 means unknown.
        created_at: When it was made, in Unix seconds; 0 means unknown.
        expires_in: How long it lasts from then, in seconds; 0 means unknown.
    """

    access_token: Annotated[
        str,
        About(
            "Access token",
            "Goes with each request.",
        ),
    ] = ""
    refresh_token: Annotated[
        str,
        About(
            "Refresh token",
            "Good for one renewal; the answer holds the next one.",
        ),
    ] = ""
    scope: Annotated[
        str,
        About(
            "Scope",
            "As Trakt named it.",
            advanced=True,
        ),
    ] = "public"
    token_type: Annotated[
        str,
        About(
            "Kind of token",
            "As Trakt named it.",
            advanced=True,
        ),
    ] = "bearer"  # noqa: S105 -- the kind of token, not one
    expires_at: Annotated[
        Moment,
        About(
            "Ends at",
            "When the access token ends, in Unix seconds; 0: unknown.",
        ),
    ] = 0.0
    created_at: Annotated[
        Moment,
        About(
            "Made at",
            "When it was made, in Unix seconds; 0: unknown.",
        ),
    ] = 0.0
    expires_in: Annotated[
        Moment,
        About(
            "Lasts so many seconds",
            "How many seconds it lasts; 0: unknown. It is renewed at half of that.",
        ),
    ] = 0.0

    def __post_init__(self) -> None:
        self._tidy("access_token", "refresh_token")


class AuthSettings(View, frozen=True, kw_only=True):
    """The default account at each sink."""

    trakt: TokenSettings = TokenSettings()


class SwitchSettings(View, frozen=True, kw_only=True):
    """Something that is on or off, and off unless somebody wants it."""

    enabled: bool = False


class WatchOptions(View, frozen=True, kw_only=True):
    """How to hold on to a Plex server's notifications."""

    allow_self_signed: Annotated[
        bool,
        About(
            "Accept a certificate that nobody vouches for",
            "Accept a Plex certificate that nobody vouches for. Only for servers in your own network: "
            "whoever answers there is then believed. Trakt's certificate is always checked.",
        ),
    ] = False
    reconnect_backoff_min_seconds: Annotated[
        Seconds,
        About(
            "Shortest wait, in seconds",
            "Shortest wait between two attempts to open a socket.",
            advanced=True,
        ),
    ] = 2.0
    reconnect_backoff_max_seconds: Annotated[
        Seconds,
        About(
            "Longest wait, in seconds",
            "Longest wait. The wait grows, with jitter, and shrinks again once a connection has lasted "
            "five seconds. A refused token or a wrong server waits this long at once. Not less than the "
            "shortest wait.",
            advanced=True,
        ),
    ] = 60.0


class WatchSettings(SwitchSettings, frozen=True, kw_only=True):
    """Watch mode: listen to the notification socket."""

    enabled: Annotated[
        bool, About("Watch Plex servers", "Listen to the notification socket of each server.")
    ] = False
    options: WatchOptions = WatchOptions()


class WebhookSettings(SwitchSettings, frozen=True, kw_only=True):
    """Webhook mode: accept `POST /webhook/trakt`."""

    enabled: Annotated[
        bool,
        About(
            "Take in webhooks",
            "Take in [webhooks](webhooks.md) at `POST /webhook/trakt`, by themselves or beside watch mode.",
        ),
    ] = False


class IdentitySettings(View, frozen=True, kw_only=True):
    """What helps to find items at sinks: public lists of anime, each a file or an address."""

    anime_list: Annotated[
        str,
        About(
            "List of anime",
            "A list of anime in the public XML format, as a file or an address: it says where TheTVDB "
            "has an episode that only AniDB has a name for. Read at each start, and on "
            "[request](http.md#post-apianimerefresh); a copy of an address is kept beside the database. "
            "See [Identity](identity.md#anime) for when it is needed.",
        ),
    ] = ""
    anime_ids: Annotated[
        str,
        About(
            "List of anime numbers",
            "Another list, such as the public JSON one: it joins MyAnimeList's numbers and films to "
            "AniDB's. What `anime_list` says comes first.",
            advanced=True,
        ),
    ] = ""

    def __post_init__(self) -> None:
        self._tidy("anime_list", "anime_ids")


class StorageSettings(View, frozen=True, kw_only=True):
    """Where plays and deliveries are kept; an empty `url` means SQLite beside `config.json`."""

    url: Annotated[
        Annotated[str, msgspec.Meta(description="empty")],
        About(
            "Database",
            "Reserved for another store. Plays are kept in `crosswatch.db` beside `config.json`, and "
            "nowhere else yet.",
            advanced=True,
        ),
    ] = ""
