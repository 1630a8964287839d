"""The typed view on `config.json`: each key with its default and its limits.

The view is for reading only. Nothing is ever written from it, so that a document keeps the keys we do
not know. `docs/configuration.md` explains each key; a test compares the two.

A text or number given as `null` counts as absent. Unknown keys are ignored, wrong values are not: an
error names the key in dotted form, says what is allowed there, and says what was given unless that is
a secret.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args, get_origin, get_type_hints

import msgspec

from crosswatch.config.door import check_door
from crosswatch.config.links import check_links
from crosswatch.config.secrets import find_mask, mask
from crosswatch.config.validation import check_settings, explain
from crosswatch.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crosswatch.config.document import Document

Url = Annotated[str, msgspec.Meta(description="an address that begins with http:// or https://")]
Seconds = Annotated[float, msgspec.Meta(ge=0.01, le=86_400)]
Moment = Annotated[float, msgspec.Meta(ge=0, le=100_000_000_000)]  # Unix seconds; the limit is year 5138
Mark = Annotated[float, msgspec.Meta(ge=50, le=100)]
PlexId = Annotated[int, msgspec.Meta(ge=1, le=999_999_999_999)]


class View(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the configuration that does not show its secrets when it is printed."""

    def __repr__(self) -> str:
        values = {name: getattr(self, name) for name in self.__struct_fields__}
        shown = mask(
            {key: list(value) if isinstance(value, tuple) else value for key, value in values.items()}
        )
        return f"{type(self).__name__}({', '.join(f'{key}={value!r}' for key, value in shown.items())})"

    def _tidy(self, *names: str) -> None:
        """Take away what copying and pasting leaves: blanks around a text, a slash behind an address.

        A text of which nothing remains is its default.
        """
        defaults = {field.name: field.default for field in msgspec.structs.fields(type(self))}
        for name in names:
            text = getattr(self, name).strip().rstrip("/")
            msgspec.structs.force_setattr(self, name, text or defaults[name])


class PlexSettings(View, frozen=True, kw_only=True):
    """A Plex Media Server and the account that watches it; an empty `server_url` means none."""

    server_url: Url = ""
    account_token: str = ""
    username: str = ""
    server_uuid: str = ""
    tv_url: Url = "https://plex.tv"
    webhook_secret: str = ""

    def __post_init__(self) -> None:
        self._tidy("server_url", "tv_url", "account_token", "server_uuid", "webhook_secret")


class ServerSettings(PlexSettings, frozen=True, kw_only=True):
    """A further Plex Media Server, with a name to call it by."""

    name: str = ""


class TraktSettings(View, frozen=True, kw_only=True):
    """The Trakt app in whose name requests are made, and where they go.

    Attributes:
        write_interval_seconds: Least time between two writes to one Trakt account.
    """

    client_id: str = ""
    client_secret: str = ""
    api_url: Url = "https://api.trakt.tv"
    auth_url: Url = "https://auth.trakt.tv"
    redirect_uri: str = "urn:ietf:wg:oauth:2.0:oob"
    write_interval_seconds: Annotated[float, msgspec.Meta(ge=0, le=3_600)] = 1.05

    def __post_init__(self) -> None:
        self._tidy("client_id", "client_secret", "api_url", "auth_url", "redirect_uri")


class TokenSettings(View, frozen=True, kw_only=True):
    """What links one Trakt account: the pair of tokens, and how long the first of them lasts.

    Attributes:
        expires_at: When the access token ends, in Unix seconds; 0 means unknown.
        created_at: When it was made, in Unix seconds; 0 means unknown.
        expires_in: How long it lasts from then, in seconds; 0 means unknown.
    """

    access_token: str = ""
    refresh_token: str = ""
    scope: str = "public"
    token_type: str = "bearer"  # noqa: S105 -- the kind of token, not one
    expires_at: Moment = 0.0
    created_at: Moment = 0.0
    expires_in: Moment = 0.0

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

    allow_self_signed: bool = False
    reconnect_backoff_min_seconds: Seconds = 2.0
    reconnect_backoff_max_seconds: Seconds = 60.0


class WatchSettings(SwitchSettings, frozen=True, kw_only=True):
    """Watch mode: listen to the notification socket."""

    options: WatchOptions = WatchOptions()


class WebhookSettings(SwitchSettings, frozen=True, kw_only=True):
    """Webhook mode: accept `POST /webhook/trakt`."""


class ProviderSettings(View, frozen=True, kw_only=True):
    """Which sinks are told."""

    trakt: SwitchSettings = SwitchSettings()


class LimitSettings(View, frozen=True, kw_only=True):
    """Which plays count; an empty list lets every play pass."""

    libraries: tuple[str, ...] = ()
    kinds: tuple[Literal["movie", "episode"], ...] = ()
    players: tuple[str, ...] = ()
    networks: tuple[Literal["lan", "wan", "cellular"], ...] = ()


class FilterSettings(LimitSettings, frozen=True, kw_only=True):
    """Whose plays count, and which; an empty list or text lets everyone pass."""

    username_whitelist: tuple[str, ...] = ()
    server_uuid: str = ""


class ScrobbleOptions(View, frozen=True, kw_only=True):
    """When a play counts as watched, what is made good after a gap, and whether ratings are passed on."""

    watched_at_percent: Mark = 80.0
    credits_marker: bool = False
    catch_up: bool = True
    catch_up_days: Annotated[float, msgspec.Meta(ge=0, le=7)] = 7.0
    ratings: bool = False


class ScrobbleSettings(SwitchSettings, frozen=True, kw_only=True):
    """Telling sinks what is watched."""

    providers: ProviderSettings = ProviderSettings()
    filters: FilterSettings = FilterSettings()
    options: ScrobbleOptions = ScrobbleOptions()


class FeatureSettings(View, frozen=True, kw_only=True):
    """What runs at all."""

    watch: WatchSettings = WatchSettings()
    webhook: WebhookSettings = WebhookSettings()
    scrobble: ScrobbleSettings = ScrobbleSettings()


class PersonSettings(LimitSettings, frozen=True, kw_only=True):
    """Somebody, by their accounts at Plex, and the Trakt accounts that their plays go to.

    Attributes:
        name: What to call them; it identifies nobody.
        plex_ids: Numbers at plex.tv; 1 is the owner of the server under `plex`.
        aliases: Names at Plex, for whom no number is known.
        accounts: `default`, and names of `accounts`; empty for somebody whose plays go nowhere.
        paused: Whether nothing of theirs counts for now.
        servers: `machineIdentifier`s of the only servers that count; empty for all.
        watched_at_percent: Their own mark; null as in `features.scrobble.options`.
    """

    name: str = ""
    plex_ids: tuple[PlexId, ...] = ()
    aliases: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    paused: bool = False
    servers: tuple[str, ...] = ()
    watched_at_percent: Mark | None = None

    def __post_init__(self) -> None:
        self._tidy("name")


class IdentitySettings(View, frozen=True, kw_only=True):
    """What helps to find items at sinks: public lists of anime, each a file or an address."""

    anime_list: str = ""
    anime_ids: str = ""

    def __post_init__(self) -> None:
        self._tidy("anime_list", "anime_ids")


class StorageSettings(View, frozen=True, kw_only=True):
    """Where plays and deliveries are kept; an empty `url` means SQLite beside `config.json`."""

    url: str = ""


class WebSettings(View, frozen=True, kw_only=True):
    """How the web pages may be reached.

    Attributes:
        allowed_hosts: Further host names beside addresses and local names.
        base_path: The path below which a proxy shows the pages; empty for none.
        trusted_proxies: Networks of the proxies whose word about visitors is believed.
    """

    allowed_hosts: tuple[str, ...] = ()
    base_path: str = ""
    trusted_proxies: tuple[str, ...] = ()


class AccessSettings(View, frozen=True, kw_only=True):
    """Who may come in without a password or a key.

    Attributes:
        open_networks: Networks in which nobody needs to sign in.
        external: Whether trusted proxies sign people in.
        external_header: The header in which they name them.
    """

    open_networks: tuple[str, ...] = ()
    external: bool = False
    external_header: str = "Remote-User"

    def __post_init__(self) -> None:
        self._tidy("external_header")


class RuntimeSettings(View, frozen=True, kw_only=True):
    """Switches that act at once."""

    debug: bool = False


class Settings(View, frozen=True, kw_only=True):
    """All of `config.json`.

    Attributes:
        servers: Further servers beside `plex`.
        people: Who is linked to which accounts; empty links everyone to `auth.trakt`.
        accounts: Further Trakt accounts beside `auth.trakt`, by a name of the user's choice.
    """

    plex: PlexSettings = PlexSettings()
    trakt: TraktSettings = TraktSettings()
    auth: AuthSettings = AuthSettings()
    features: FeatureSettings = FeatureSettings()
    identity: IdentitySettings = IdentitySettings()
    storage: StorageSettings = StorageSettings()
    web: WebSettings = WebSettings()
    access: AccessSettings = AccessSettings()
    runtime: RuntimeSettings = RuntimeSettings()
    servers: tuple[ServerSettings, ...] = ()
    people: tuple[PersonSettings, ...] = ()
    accounts: dict[str, TokenSettings] = {}


def parse_settings(document: Document) -> Settings:
    """The typed view on a document.

    Raises:
        ConfigError: If a value has the wrong type or is out of bounds, if two values contradict each
            other, or if the mask of a hidden secret stands where a secret should. Names the key.
    """
    masked = find_mask(document)
    if masked is not None:
        raise ConfigError(
            f"{masked} is the mask that stands for a hidden secret, not a secret. Give the secret itself.",
            key=masked,
        )
    try:
        settings = msgspec.convert(_without_nulls(document, Settings), Settings)
    except msgspec.ValidationError as error:
        raise explain(str(error), document, Settings) from None
    check_settings(settings)
    check_links(settings)
    check_door(settings)
    return settings


def default_document() -> Document:
    """What the first start writes: the hand-over's document with everything off and nothing filled in."""
    return {
        "plex": {"server_url": "", "account_token": "", "username": "", "server_uuid": ""},
        "trakt": {"client_id": "", "client_secret": ""},
        "auth": {
            "trakt": {
                "access_token": "",
                "refresh_token": "",
                "scope": "public",
                "token_type": "bearer",
                "expires_at": 0,
            }
        },
        "features": {
            "watch": {
                "enabled": False,
                "options": {
                    "allow_self_signed": False,
                    "reconnect_backoff_min_seconds": 2,
                    "reconnect_backoff_max_seconds": 60,
                },
            },
            "webhook": {"enabled": False},
            "scrobble": {
                "enabled": False,
                "providers": {"trakt": {"enabled": False}},
                "filters": {"username_whitelist": [], "server_uuid": ""},
            },
        },
        "runtime": {"debug": False},
    }


def known_keys(view: type[msgspec.Struct] = Settings, prefix: str = "") -> Iterator[str]:
    """Every key that means something, dotted; `[]` stands for an entry of a list, `<name>` for any name."""
    for name, hint in get_type_hints(view).items():
        if name.startswith("__"):
            continue
        inner = [argument for argument in get_args(hint) if _is_view(argument)]
        if _is_view(hint):
            yield from known_keys(hint, f"{prefix}{name}.")
        elif inner:
            step = ".<name>." if get_origin(hint) is dict else "[]."
            yield from known_keys(inner[0], f"{prefix}{name}{step}")
        else:
            yield f"{prefix}{name}"


def _is_view(hint: Any) -> bool:
    return isinstance(hint, type) and issubclass(hint, msgspec.Struct)


def _without_nulls(value: Any, hint: Any) -> Any:
    """The document without the texts and numbers that are null; any other null is left to be refused."""
    if _is_view(hint) and isinstance(value, dict):
        hints = get_type_hints(hint)
        return {
            key: _without_nulls(item, hints.get(key))
            for key, item in value.items()
            if item is not None or hints.get(key) not in (str, float)
        }
    inner = [argument for argument in get_args(hint) if _is_view(argument)]
    if inner and isinstance(value, list):
        return [_without_nulls(item, inner[0]) for item in value]
    if inner and isinstance(value, dict):
        return {key: _without_nulls(item, inner[0]) for key, item in value.items()}
    return value
