"""The configuration of the open CrossWatch project, read into ours. Pure.

That project synchronises watchlists, ratings and histories among some twenty services, and scrobbles beside
that. Its `config.json` and ours come from one ancestor: many keys are the same, others have moved or changed
their meaning, and most are about things that we do not do. Nothing is guessed: what is not certain is left,
and said to be.

Source: `cw_platform/config_base.py` of that project at commit 00febd0 (its defaults, with a comment to each
key), and its tests for the shape of `scrobble.watch.routes`.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from crosswatch.config.model import known_keys
from crosswatch.config.secrets import MASK

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crosswatch.config.document import Document

ENCRYPTED = "enc:v1:"
DEFAULT = "default"

_NEVER_TAKEN = ("web.", "access.", "storage.")
"""Keys of ours that say who may come in, or where plays are: those are for people to write."""

_TOKEN_KEYS = (
    "access_token",
    "refresh_token",
    "scope",
    "token_type",
    "expires_at",
    "created_at",
    "expires_in",
)
_WHY_LEFT = {
    "sync": "CrossWatch does not synchronise services with one another",
    "pairs": "CrossWatch does not synchronise services with one another",
    "scheduling": "there is nothing to be scheduled",
    "playlists": "playlists are not its business",
    "app_auth": "passwords and keys are not taken over; set a password here",
    "security": "passwords and keys are not taken over; set a password here",
    "ui": "the pages have no such settings",
    "version": "it says which version wrote the file",
    "scrobble.trakt": "Trakt itself counts from 80 %, whatever is set here",
    "plex": "it is about synchronising",
    "trakt": "it is about synchronising",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What became of a key.

    Attributes:
        key: The key there, dotted.
        into: The key here, dotted; empty if it was left.
        why: Why it was left, or empty.
    """

    key: str
    into: str = ""
    why: str = ""

    @property
    def is_translated(self) -> bool:
        """Whether it is called or means something else here."""
        return bool(self.into) and self.into != self.key


@dataclass(slots=True)
class Import:
    """What is taken over.

    Attributes:
        document: Our keys, and no others.
        findings: What became of every key that held anything.
    """

    document: Document = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)


def translate(foreign: Document) -> Import:
    """Our configuration, as far as that of the other project says it."""
    return _Translator(foreign).run()


class _Translator:
    """Takes keys out of a copy of the foreign document, one after the other; what remains is left."""

    def __init__(self, foreign: Document) -> None:
        self._rest: Document = copy.deepcopy(foreign)
        self._made = Import()

    def run(self) -> Import:
        self._same_keys()
        self._plex()
        self._trakt()
        self._switches()
        self._people()
        self._leave_the_rest()
        return self._made

    # ---------------------------------------------------------------- step by step

    def _same_keys(self) -> None:
        for key in known_keys():
            if "[" not in key and "<" not in key and not key.startswith(_NEVER_TAKEN):
                self._move(key, key)

    def _plex(self) -> None:
        self._move("plex.machine_id", "plex.server_uuid")
        self._move("plex.pms_token", "plex.account_token", only_if_missing=True)
        verifies = self._take("plex.verify_ssl")
        address = str(_get(self._made.document, "plex.server_url") or "")
        if verifies is False and address.startswith("https://"):
            self._put("plex.verify_ssl", "features.watch.options.allow_self_signed", value=True)
        libraries = self._take("plex.scrobble.libraries")
        if isinstance(libraries, list) and libraries:
            names = [f"id:{name}" if str(name).isdigit() else str(name) for name in libraries]
            self._put("plex.scrobble.libraries", "features.scrobble.filters.libraries", value=names)

        self._servers(address)

    def _servers(self, address: str) -> None:
        """Further servers; an instance without an address of its own is another user of the first one."""
        servers = []
        for instance, connection in list(_objects(_get(self._rest, "plex.instances"))):
            if str(connection.get("server_url") or address) == address:
                continue
            found = {
                "name": instance,
                "server_url": connection.get("server_url"),
                "account_token": connection.get("account_token") or connection.get("pms_token") or "",
                "server_uuid": connection.get("machine_id") or "",
            }
            if any(str(value).startswith(ENCRYPTED) or value == MASK for value in found.values()):
                continue
            servers.append(found)
            self._take(f"plex.instances.{instance}")
        if servers:
            self._put("plex.instances", "servers", value=servers)

    def _trakt(self) -> None:
        for name in _TOKEN_KEYS:
            self._move(f"trakt.{name}", f"auth.trakt.{name}", only_if_missing=True)
        for instance, tokens in list(_objects(_get(self._rest, "trakt.instances"))):
            for name in _TOKEN_KEYS:
                if name in tokens:
                    self._move(f"trakt.instances.{instance}.{name}", f"accounts.{instance}.{name}")

    def _switches(self) -> None:
        enabled = self._take("scrobble.enabled")
        sources = _get(self._rest, "scrobble.sources")
        mode = str(self._take("scrobble.mode") or "watch")
        if not isinstance(enabled, bool):
            return
        if isinstance(sources, dict):
            watch, webhook = bool(sources.get("watcher")), bool(sources.get("webhook"))
            self._take("scrobble.sources")
        else:
            watch, webhook = mode == "watch", mode == "webhook"
        self._take("scrobble.watch.autostart")
        to_trakt = bool(self._routes()) or not _get(self._rest, "scrobble.watch.routes")
        self._put("scrobble.enabled", "features.scrobble.enabled", value=enabled)
        self._put("scrobble.enabled", "features.watch.enabled", value=enabled and watch)
        self._put("scrobble.enabled", "features.webhook.enabled", value=enabled and webhook)
        self._put("scrobble.enabled", "features.scrobble.providers.trakt.enabled", value=enabled and to_trakt)
        others = len(_get(self._rest, "scrobble.watch.routes") or ()) - len(self._routes())
        if others > 0:
            why = f"{others} of them are off, or do not lead from Plex to Trakt"
            self._made.findings.append(Finding(key="scrobble.watch.routes", why=why))

    def _people(self) -> None:
        """Who is listed where: one list if there is one account, else a person for each name."""
        routes = self._routes()
        accounts = {_account(route) for route in routes}
        if accounts <= {DEFAULT}:
            places = ["scrobble.watch.filters", "scrobble.webhook.filters_plex"]
            filters = [(place, _get(self._rest, place)) for place in places]
            filters = [("scrobble.watch.routes", route.get("filters")) for route in routes] + filters
            for place, rules in filters:
                if isinstance(rules, dict):
                    self._one_list(place, rules)
            if routes:
                self._take("scrobble.watch.routes")
            return
        people: dict[str, dict[str, Any]] = {}
        for route in routes:
            for name in _names(route.get("filters")):
                person = people.setdefault(name, _person(name))
                person["accounts"].append(_account(route))
        if people:
            self._take("scrobble.watch.routes")
            self._put("scrobble.watch.routes", "people", value=list(people.values()))

    def _one_list(self, place: str, rules: Document) -> None:
        names = _names(rules)
        known = _get(self._made.document, "features.scrobble.filters.username_whitelist") or []
        if names:
            merged = list(dict.fromkeys([*known, *names]))
            self._put(
                f"{place}.username_whitelist", "features.scrobble.filters.username_whitelist", value=merged
            )
        servers = [rules.get("server_uuid"), *(rules.get("server_uuid_whitelist") or ())]
        only = {str(server) for server in servers if server}
        if len(only) == 1:
            self._put(f"{place}.server_uuid", "features.scrobble.filters.server_uuid", value=only.pop())
        self._take(f"{place}.username_whitelist")
        self._take(f"{place}.server_uuid")
        if len(only) <= 1:
            self._take(f"{place}.server_uuid_whitelist")

    def _leave_the_rest(self) -> None:
        for key, value in self._rest.items():
            parts = value.items() if isinstance(value, dict) and key in {"scrobble", "plex", "trakt"} else ()
            for name, inner in parts:
                if _holds_anything(inner):
                    self._leave(f"{key}.{name}")
            if not parts and _holds_anything(value):
                self._leave(key)

    # ---------------------------------------------------------------- tools

    def _routes(self) -> list[Document]:
        """The ways from Plex to Trakt that are on."""
        routes = _get(self._rest, "scrobble.watch.routes")
        return [
            route
            for route in (routes if isinstance(routes, list) else [])
            if isinstance(route, dict)
            and route.get("enabled", True)
            and route.get("provider") == "plex"
            and route.get("sink") == "trakt"
        ]

    def _move(self, key: str, into: str, *, only_if_missing: bool = False) -> None:
        value = self._take(key)
        if not _holds_anything(value) and not isinstance(value, bool):
            return
        if isinstance(value, str) and value.startswith(ENCRYPTED):
            self._made.findings.append(
                Finding(key=key, why="it is encrypted with a key of that program; give it anew")
            )
        elif value == MASK:
            self._made.findings.append(Finding(key=key, why="it is a mask, not the secret itself"))
        elif only_if_missing and _get(self._made.document, into):
            self._made.findings.append(Finding(key=key, why=f"{into} is there already"))
        else:
            self._put(key, into, value=value)

    def _put(self, key: str, into: str, *, value: Any) -> None:
        *above, name = into.split(".")
        place = self._made.document
        for step in above:
            place = place.setdefault(step, {})
        place[name] = value
        self._made.findings.append(Finding(key=key, into=into))

    def _take(self, key: str) -> Any:
        """The value, which is then gone from what is left."""
        *above, name = key.split(".")
        place: Any = self._rest
        for step in above:
            place = place.get(step) if isinstance(place, dict) else None
        return place.pop(name, None) if isinstance(place, dict) else None

    def _leave(self, key: str) -> None:
        why = (
            _WHY_LEFT.get(key) or _WHY_LEFT.get(key.partition(".")[0]) or "CrossWatch has nothing of the kind"
        )
        self._made.findings.append(Finding(key=key, why=why))


def merge(document: Document, taken: Document) -> list[str]:
    """Put what is taken over into a document of ours; a list of objects never takes the place of another.

    Returns:
        The keys that were left as they are.
    """
    kept = []
    for key, value in taken.items():
        before = document.get(key)
        if isinstance(value, dict) and isinstance(before, dict):
            kept += [f"{key}.{inner}" for inner in merge(before, value)]
        elif isinstance(value, list) and before and any(isinstance(entry, dict) for entry in before):
            kept.append(key)
        else:
            document[key] = value
    return kept


def _get(document: Any, key: str) -> Any:
    for step in key.split("."):
        document = document.get(step) if isinstance(document, dict) else None
    return document


def _objects(value: Any) -> Iterator[tuple[str, Document]]:
    for name, inner in value.items() if isinstance(value, dict) else ():
        if isinstance(inner, dict):
            yield name, inner


def _account(route: Document) -> str:
    return str(route.get("sink_instance") or DEFAULT)


def _names(rules: Any) -> list[str]:
    listed = rules.get("username_whitelist") if isinstance(rules, dict) else None
    return [str(name) for name in listed if name] if isinstance(listed, list) else []


def _person(name: str) -> dict[str, Any]:
    """Somebody by the one name under which they were listed there."""
    prefix, _, number = name.partition(":")
    if prefix == "id" and number.isdigit():
        return {"name": name, "plex_ids": [int(number)], "accounts": []}
    return {"name": name, "aliases": [name], "accounts": []}


def _holds_anything(value: Any) -> bool:
    """Whether somebody has written something there: no default of nothing, at any depth."""
    if isinstance(value, dict):
        return any(map(_holds_anything, value.values()))
    if isinstance(value, list):
        return any(map(_holds_anything, value))
    return value not in (None, "", 0, False)
