"""Sentences about wrong values: which key, what is allowed there, what was given.

msgspec finds that a value does not fit; people need to know where and what to write instead. Nothing
here ever repeats a secret.
"""

from __future__ import annotations

import json
import re
from types import UnionType
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints
from urllib.parse import SplitResult, urlsplit

import msgspec

from crosswatch.config.addresses import is_forbidden_destination
from crosswatch.config.document import NO_OBJECT
from crosswatch.config.secrets import is_secret_name
from crosswatch.core.phrases import Phrase, say
from crosswatch.errors import ConfigError

if TYPE_CHECKING:
    from crosswatch.config.model import Settings

LONGEST_QUOTE = 60
_WHERE = re.compile(r" - at `(?P<path>[^`]*)`$")
_STEP = re.compile(r"\.(?P<name>[^.\[]+)|\[(?P<index>\d+|\.\.\.)\]")

Path = list[str | int]


def explain(message: str, document: dict[str, Any], view: type[msgspec.Struct]) -> ConfigError:
    """The error that names the key which msgspec's message points at."""
    where = _WHERE.search(message)
    path = _complete(_parse_path(where["path"] if where else "$"), document, view)
    key = dotted(path)
    given = _at(document, path)
    if not path:
        return ConfigError(NO_OBJECT)
    secret = any(isinstance(step, str) and is_secret_name(step) for step in path)
    allowed = _allowed(hint_at(view, path))
    return ConfigError(
        say(
            "{key} must be {allowed}, not {given}.",
            key=key,
            allowed=allowed,
            given=_describe(given, secret=secret),
        ),
        key=key,
    )


def dotted(path: Path) -> str:
    """The path as people write it: `features.watch.enabled`, `servers[0].server_url`."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return text.removeprefix(".")


def check_settings(settings: Settings) -> None:
    """Check what one value alone cannot tell.

    Raises:
        ConfigError: If an address is none, or two values contradict each other. Names the key.
    """
    _require_address("plex.server_url", settings.plex.server_url)
    _require_address("plex.tv_url", settings.plex.tv_url, empty=False)
    for index, server in enumerate(settings.servers):
        _require_address(f"servers[{index}].server_url", server.server_url)
        _require_address(f"servers[{index}].tv_url", server.tv_url, empty=False)
    _require_address("trakt.api_url", settings.trakt.api_url, empty=False)
    _require_address("trakt.auth_url", settings.trakt.auth_url, empty=False)
    _require_storage(settings.storage.url)
    _require_secret_address("notices.webhook_url", settings.notices.webhook_url)
    _require_secret_address("notices.ntfy_url", settings.notices.ntfy_url, needs_path=True)
    options = settings.features.watch.options
    if options.reconnect_backoff_max_seconds < options.reconnect_backoff_min_seconds:
        key = "features.watch.options.reconnect_backoff_max_seconds"
        raise ConfigError(
            say(
                "{key} must be at least features.watch.options.reconnect_backoff_min_seconds "
                "({least}), not {given}.",
                key=key,
                least=f"{options.reconnect_backoff_min_seconds:g}",
                given=f"{options.reconnect_backoff_max_seconds:g}",
            ),
            key=key,
        )


def _require_address(key: str, text: str, *, empty: bool = True) -> None:
    if not text and empty:
        return
    allowed = say("an address such as {example}", example="http://192.168.1.20:32400")
    address = _as_address(text)
    if address is None:
        given = _describe(text, secret="@" in text or "?" in text)
        raise ConfigError(
            say("{key} must be {allowed}, not {given}.", key=key, allowed=allowed, given=given), key=key
        )
    if "?" in text or "#" in text:
        raise ConfigError(
            say("{key} must end before the question mark; leave out what follows it.", key=key), key=key
        )
    _refuse_forbidden(key, address)


def _require_secret_address(key: str, text: str, *, needs_path: bool = False) -> None:
    """An address that may hold a token anywhere, so that it is never repeated."""
    if not text:
        return
    address = _as_address(text)
    if address is None:
        raise ConfigError(
            say("{key} must be an address that begins with http:// or https://.", key=key), key=key
        )
    if needs_path and not address.path.strip("/"):
        raise ConfigError(
            say("{key} must end with a topic, such as https://ntfy.sh/my-topic.", key=key), key=key
        )
    _refuse_forbidden(key, address)


def _as_address(text: str) -> SplitResult | None:
    """The parts of an http or https address; None if it is not one."""
    try:
        address = urlsplit(text)
        is_usable = address.scheme in {"http", "https"} and bool(address.hostname) and address.port != 0
    except ValueError:
        return None
    has_spaces = any(character.isspace() for character in text)
    return address if is_usable and not has_spaces else None


def _refuse_forbidden(key: str, address: SplitResult) -> None:
    if is_forbidden_destination(address.hostname or ""):
        raise ConfigError(
            say(
                "{key} is an address at which no server of yours can be (link-local, or a cloud's own).",
                key=key,
            ),
            key=key,
        )


def _require_storage(text: str) -> None:
    """An address of a database may hold its password, so it is never repeated."""
    if text:
        raise ConfigError(
            say(
                "storage.url must be empty: plays are kept in SQLite beside config.json, and nowhere "
                "else yet."
            ),
            key="storage.url",
        )


def _parse_path(text: str) -> Path:
    steps: Path = []
    for match in _STEP.finditer(text.removeprefix("$")):
        index = match["index"]
        steps.append(int(index) if index and index.isdigit() else match["name"] or "...")
    return steps


def _complete(path: Path, document: dict[str, Any], view: type[msgspec.Struct]) -> Path:
    """Find the entry that msgspec calls `[...]`: the first one that fails on its own."""
    if "..." not in path:
        return path
    place = path.index("...")
    entry_type = hint_at(view, path[: place + 1])
    entries = _at(document, path[:place])
    for name, entry in entries.items() if isinstance(entries, dict) else ():
        try:
            msgspec.convert(entry, entry_type)
        except msgspec.ValidationError:
            return [*path[:place], name, *path[place + 1 :]]
    return path


def _at(document: Any, path: Path) -> Any:
    value = document
    for step in path:
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            return None
    return value


def hint_at(view: Any, path: Path) -> Any:
    """The declared type at the end of the path, with its limits."""
    hint = view
    for step in path:
        if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
            hint = get_type_hints(hint, include_extras=True).get(str(step), Any)
        else:  # tuple[X, ...] or dict[str, X], with or without words about it
            while get_origin(hint) is Annotated:
                hint = get_args(hint)[0]
            arguments = [argument for argument in get_args(hint) if argument is not ...]
            hint = arguments[-1] if arguments else Any
    return hint


def _allowed(hint: Any) -> str:
    """What the type allows, in words."""
    if get_origin(hint) in (Union, UnionType):
        return _allowed(get_args(hint)[0])  # the rest is None, for absent
    if get_origin(hint) is Literal:
        choices = ", ".join(f'"{choice}"' for choice in get_args(hint))
        return say("one of {choices}", choices=choices)
    if get_origin(hint) is Annotated:
        base, *metas = get_args(hint)
        return _within(_allowed(base), next((one for one in metas if isinstance(one, msgspec.Meta)), None))
    if get_origin(hint) is tuple:
        return say("a list, {shape}", shape="[ … ]")
    return _PLAIN.get(hint) or say("an object, {shape}", shape="{ … }")


def _within(kind: str, meta: msgspec.Meta | None) -> str:
    if meta is not None and meta.description:
        return Phrase(meta.description, "", {})
    if meta is None or meta.ge is None:
        return kind
    return say("{kind} from {least} to {most}", kind=kind, least=f"{meta.ge:.12g}", most=f"{meta.le:.12g}")


_PLAIN = {
    bool: say("true or false"),
    str: say("a text in quotes"),
    float: say("a number"),
    int: say("a whole number"),
}


def _describe(value: Any, *, secret: bool) -> str:
    if isinstance(value, dict):
        return say("an object")
    if isinstance(value, list):
        return say("a list")
    if value is None:
        return "null"
    if secret and not isinstance(value, bool):
        kind = say("a text") if isinstance(value, str) else say("a number")
        return say("{kind} (hidden, for it may hold a secret)", kind=kind)
    quoted = json.dumps(value, ensure_ascii=False)
    return quoted if len(quoted) <= LONGEST_QUOTE else f"{quoted[:LONGEST_QUOTE]}…"
