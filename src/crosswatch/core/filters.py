"""How names compare, and which plays lists of libraries, titles, kinds, players and networks let pass.

Names compare by Unicode casefold of their NFKC form, trimmed, never by stripping characters. Whose plays
count at all is decided in `core.people`.

Source: design notes, section 8; Plex protocol notes, section 10 and Q40.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from crosswatch.core.events import Account, Media, MediaKind, Player
from crosswatch.core.phrases import say
from crosswatch.core.reasons import Reason

ID_PREFIX = "id:"
NOT_SAID = say("Plex did not say which one it is.")
IS_IGNORED = say("It is to be ignored.")


_KINDS = {
    MediaKind.MOVIE: say("movie"),
    MediaKind.EPISODE: say("episode"),
    MediaKind.CLIP: say("clip"),
    MediaKind.TRACK: say("track"),
    MediaKind.PHOTO: say("photo"),
    MediaKind.LIVE: say("live"),
    MediaKind.UNKNOWN: say("unknown"),
}
_NETWORKS = {"lan": say("lan"), "wan": say("wan"), "cellular": say("cellular"), "": say("unknown")}
"""Names of kinds and networks as configurations have them; other languages say what they mean."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    """The play does not count."""

    reason: Reason
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Which plays count; each list that is not empty lets only those pass that it names.

    The lists of what is ignored are the other way about. What a server did not say is on no list: a play of
    an unknown library does not pass where libraries are named, and is not ignored where some are.

    Attributes:
        libraries: Titles, folded, or `id:<section>`.
        ignored_libraries: The same, of those whose plays do not count.
        ignored_titles: Titles of films and shows, folded, with or without their year, or an id such as
            `tvdb:81189`.
        kinds: Kinds of item, such as `movie`.
        players: Titles or products, folded, or `id:<client identifier>`.
        networks: `lan`, `wan`, `cellular`.

    Source: Plex protocol notes, Q40.
    """

    libraries: frozenset[str] = frozenset()
    ignored_libraries: frozenset[str] = frozenset()
    ignored_titles: frozenset[str] = frozenset()
    kinds: frozenset[str] = frozenset()
    players: frozenset[str] = frozenset()
    networks: frozenset[str] = frozenset()

    def refusal(self, media: Media, player: Player) -> Stopped | None:
        """Why a play does not count, or None if it does."""
        if self.kinds and media.kind not in self.kinds:
            return Stopped(reason=Reason.KIND_OFF, detail=kind_words(media.kind))
        if self.libraries and not self.libraries & library_names(media):
            return Stopped(reason=Reason.LIBRARY_OFF, detail="" if media.library_id else NOT_SAID)
        if self.ignored_libraries & library_names(media):
            return Stopped(reason=Reason.LIBRARY_OFF, detail=IS_IGNORED)
        ignored = next((name for name in title_names(media) if fold(name) in self.ignored_titles), None)
        if ignored is not None:
            return Stopped(reason=Reason.TITLE_OFF, detail=ignored)
        if self.players and not self.players & _names_of_player(player):
            return Stopped(reason=Reason.PLAYER_OFF, detail=player.title or player.product or say("unknown"))
        if self.networks and player.network not in self.networks:
            return Stopped(reason=Reason.NETWORK_OFF, detail=network_words(player.network))
        return None


NO_LIMITS = Limits()


def library_names(media: Media) -> set[str]:
    """What a list may call the library of an item, folded; nothing if it is not known."""
    if media.library_id is None:
        return set()
    return {f"{ID_PREFIX}{media.library_id}", *_plain(media.library)}


def title_names(media: Media) -> tuple[str, ...]:
    """What a list may call a film, or the show of an episode, best first; nothing if it is not known."""
    work = media.show if media.kind is MediaKind.EPISODE else media
    if work is None:
        return ()
    title, year = work.title.strip(), f"({work.year})"
    dated = f"{title} {year}" if title and work.year is not None and not title.endswith(year) else ""
    ids = (f"{name}:{value}" for name, value in work.ids.as_dict().items())
    return tuple(name for name in (dated, title, *ids) if name)


def _names_of_player(player: Player) -> set[str]:
    by_id = {fold(f"{ID_PREFIX}{player.client_id}")} if player.client_id else set()
    return by_id | _plain(player.title, player.product)


def _plain(*names: str) -> set[str]:
    """The names, folded, without those that look like an identifier: who bears such a one is not meant."""
    return {name for name in map(fold, names) if name and not name.startswith(ID_PREFIX)}


def kind_words(kind: MediaKind) -> str:
    """What a kind of item is called."""
    return _KINDS[kind]


def network_words(network: str) -> str:
    """What a network is called; one that is not known is called what the server calls it."""
    return _NETWORKS.get(network, network)


def is_same_person(one: Account, other: Account) -> bool:
    """Whether two accounts of one server are the same; those without a number go by their name."""
    if one.id is not None and other.id is not None:
        return one.id == other.id
    return bool(fold(one.name)) and fold(one.name) == fold(other.name)


def fold(name: str) -> str:
    """The form in which two spellings of one name are equal."""
    return unicodedata.normalize("NFKC", name).casefold().strip()
