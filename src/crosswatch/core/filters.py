"""How names compare, and which plays lists of libraries, kinds, players and networks let pass.

Names compare by Unicode casefold of their NFKC form, trimmed, never by stripping characters. Whose plays
count at all is decided in `core.people`.

Source: design notes, section 8; Plex protocol notes, section 10 and Q40.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from crosswatch.core.events import Account, Media, Player
from crosswatch.core.reasons import Reason

ID_PREFIX = "id:"
NOT_SAID = "Plex did not say which one it is."


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    """The play does not count."""

    reason: Reason
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Which plays count; each list that is not empty lets only those pass that it names.

    What a server did not say is on no list: a play of an unknown library does not pass where libraries are
    named.

    Attributes:
        libraries: Titles, folded, or `id:<section>`.
        kinds: Kinds of item, such as `movie`.
        players: Titles or products, folded, or `id:<client identifier>`.
        networks: `lan`, `wan`, `cellular`.

    Source: Plex protocol notes, Q40.
    """

    libraries: frozenset[str] = frozenset()
    kinds: frozenset[str] = frozenset()
    players: frozenset[str] = frozenset()
    networks: frozenset[str] = frozenset()

    def refusal(self, media: Media, player: Player) -> Stopped | None:
        """Why a play does not count, or None if it does."""
        if self.kinds and media.kind not in self.kinds:
            return Stopped(reason=Reason.KIND_OFF, detail=media.kind.value)
        if self.libraries and not self.libraries & _names_of_library(media):
            return Stopped(reason=Reason.LIBRARY_OFF, detail="" if media.library_id else NOT_SAID)
        if self.players and not self.players & _names_of_player(player):
            return Stopped(reason=Reason.PLAYER_OFF, detail=player.title or player.product or "unknown")
        if self.networks and player.network not in self.networks:
            return Stopped(reason=Reason.NETWORK_OFF, detail=player.network or "unknown")
        return None


NO_LIMITS = Limits()


def _names_of_library(media: Media) -> set[str]:
    if media.library_id is None:
        return set()
    return {f"{ID_PREFIX}{media.library_id}", *_plain(media.library)}


def _names_of_player(player: Player) -> set[str]:
    by_id = {fold(f"{ID_PREFIX}{player.client_id}")} if player.client_id else set()
    return by_id | _plain(player.title, player.product)


def _plain(*names: str) -> set[str]:
    """The names, folded, without those that look like an identifier: who bears such a one is not meant."""
    return {name for name in map(fold, names) if name and not name.startswith(ID_PREFIX)}


def is_same_person(one: Account, other: Account) -> bool:
    """Whether two accounts of one server are the same; those without a number go by their name."""
    if one.id is not None and other.id is not None:
        return one.id == other.id
    return bool(fold(one.name)) and fold(one.name) == fold(other.name)


def fold(name: str) -> str:
    """The form in which two spellings of one name are equal."""
    return unicodedata.normalize("NFKC", name).casefold().strip()
