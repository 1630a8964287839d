"""The typed view on `config.json`: each key with its default and its limits.

The view is for reading only. Nothing is ever written from it, so that a document keeps the keys we do
not know. `docs/configuration.md` explains each key; a test compares the two.

A text or number given as `null` counts as absent. Unknown keys are ignored, wrong values are not: an
error names the key in dotted form, says what is allowed there, and says what was given unless that is
a secret.
"""

from __future__ import annotations

from functools import cache
from inspect import get_annotations
from typing import TYPE_CHECKING, Any, get_args, get_origin, get_type_hints

import msgspec

from crosswatch.config.door import check_door
from crosswatch.config.household import (
    AccessSettings,
    FilterSettings,
    IgnoredPeople,
    LimitSettings,
    PersonSettings,
    RuntimeSettings,
    ScrobbleSettings,
    WebSettings,
)
from crosswatch.config.links import check_links
from crosswatch.config.neighbours import (
    AuthSettings,
    IdentitySettings,
    PlexSettings,
    ServerSettings,
    StorageSettings,
    TokenSettings,
    TraktSettings,
    WatchSettings,
    WebhookSettings,
)
from crosswatch.config.secrets import find_mask
from crosswatch.config.upkeep import BackupSettings, NoticeSettings
from crosswatch.config.validation import check_settings, explain
from crosswatch.config.view import View
from crosswatch.core.phrases import say
from crosswatch.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crosswatch.config.document import Document

__all__ = [
    "AccessSettings",
    "BackupSettings",
    "FeatureSettings",
    "FilterSettings",
    "LimitSettings",
    "NoticeSettings",
    "PersonSettings",
    "PlexSettings",
    "ServerSettings",
    "Settings",
    "TokenSettings",
    "TraktSettings",
    "default_document",
    "known_keys",
    "parse_settings",
]


class FeatureSettings(View, frozen=True, kw_only=True):
    """What runs at all."""

    watch: WatchSettings = WatchSettings()
    webhook: WebhookSettings = WebhookSettings()
    scrobble: ScrobbleSettings = ScrobbleSettings()


class Settings(View, frozen=True, kw_only=True):
    """All of `config.json`.

    Attributes:
        servers: Further servers beside `plex`.
        people: Who is linked to which accounts; empty links everyone to `auth.trakt`.
        people_ignored: Who is not to be shown as new again.
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
    notices: NoticeSettings = NoticeSettings()
    backup: BackupSettings = BackupSettings()
    runtime: RuntimeSettings = RuntimeSettings()
    servers: tuple[ServerSettings, ...] = ()
    people: tuple[PersonSettings, ...] = ()
    people_ignored: IgnoredPeople = ()
    accounts: dict[str, TokenSettings] = {}  # noqa: RUF012 -- msgspec copies it


def parse_settings(document: Document) -> Settings:
    """The typed view on a document.

    Raises:
        ConfigError: If a value has the wrong type or is out of bounds, if two values contradict each
            other, or if the mask of a hidden secret stands where a secret should. Names the key.
    """
    masked = find_mask(document)
    if masked is not None:
        raise ConfigError(
            say(
                "{masked} is the mask that stands for a hidden secret, not a secret. Give the secret itself.",
                masked=masked,
            ),
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
    """Every key that means something, dotted; `[]` stands for an entry of a list, `<name>` for any name.

    What a part says itself comes before what it has in common with others.
    """
    hints = _hints_of(view)
    for name in dict.fromkeys(name for part in view.__mro__ for name in get_annotations(part)):
        if name.startswith("__"):
            continue
        hint = hints[name]
        inner = [argument for argument in get_args(hint) if _is_view(argument)]
        if _is_view(hint):
            yield from known_keys(hint, f"{prefix}{name}.")
        elif inner:
            step = ".<name>." if get_origin(hint) is dict else "[]."
            yield from known_keys(inner[0], f"{prefix}{name}{step}")
        else:
            yield f"{prefix}{name}"


@cache
def _hints_of(view: type[msgspec.Struct]) -> dict[str, Any]:
    """The types of its keys; each is a text that takes a while to be compiled."""
    return get_type_hints(view)


def _is_view(hint: Any) -> bool:
    return isinstance(hint, type) and issubclass(hint, msgspec.Struct)


def _without_nulls(value: Any, hint: Any) -> Any:
    """The document without the texts and numbers that are null; any other null is left to be refused."""
    if _is_view(hint) and isinstance(value, dict):
        hints = _hints_of(hint)
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
