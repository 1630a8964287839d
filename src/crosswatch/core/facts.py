"""What a source has learned about a session, before anybody decides what follows from it.

Four kinds of fact: a player has said something (`Notification`), a server has told a hook (`WebhookFact`), a
server lists what plays now (`SessionRow`), and a server knows what an item and a viewer are (`Binding`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from crosswatch.core.events import Account, Media, Player, PlayerState


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """One `PlaySessionStateNotification`; texts are empty where the frame had none.

    Attributes:
        session_key: Id of the session at this run of the server.
        rating_key: The item's key; empty in the odd stops (notes, section 5.3).
        state: What the player does.
        offset_ms: Position, at least 0, or None if the frame had none.
        client_id: The player's own identifier.
        play_queue_item: Changes with every item of a queue.
        key: Path of the item; another root for live TV.
        guid: Mostly empty.
    """

    session_key: str = ""
    rating_key: str = ""
    state: PlayerState
    offset_ms: int | None = None
    client_id: str = ""
    play_queue_item: str = ""
    key: str = ""
    guid: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookFact:
    """One delivery of a Plex webhook; it has no session key, and no time but that of its arrival.

    Attributes:
        event: As Plex names it: `media.play`, `media.scrobble`, `library.new` …
        state: What the player does, or None if the event is not about playing.
        is_counted: True if Plex has just counted the item as watched; playing goes on then.
        offset_ms: Position, at least 0, or None if the payload had none.
        account: Who watches; unknown (`Account()`) if the payload does not say.
        media: The item, or None if the event has none.
        player: Which device.
        server_uuid: `machineIdentifier` of the server, or empty.
        server_name: What its owner calls it, or empty.
        rating: 0.0 to 10.0 with `media.rate`, less than 0 if the rating was taken away; else None.
    """

    event: str
    state: PlayerState | None
    is_counted: bool = False
    offset_ms: int | None = None
    account: Account
    media: Media | None = None
    player: Player = Player()
    server_uuid: str = ""
    server_name: str = ""
    rating: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRow:
    """One line of `/status/sessions`: the item as far as that list describes it, and the viewer.

    Attributes:
        session_key: Id of the session at this run of the server.
        state: What the player does, as the list knows it (late and coarse).
        offset_ms: Position, late and coarse, or None.
        account: Who watches; may be unknown (`Account()`), for the list is late at times.
        media: Title, kind, length and numbers; its ids are partial at best.
        player: Which device.
    """

    session_key: str
    state: PlayerState
    offset_ms: int | None
    account: Account
    media: Media
    player: Player


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """What a session is bound to until after its stop.

    Attributes:
        account: Who watches; unknown (`Account()`) until the server says.
        media: The item with all ids, the show's as well.
        player: Which device.
        offset_ms: Position in the list of sessions at that moment, or None.
    """

    account: Account
    media: Media
    player: Player = Player()
    offset_ms: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryRow:
    """One line of the server's play history: a play that the server itself counted.

    Attributes:
        history_key: Stable identity of the line.
        rating_key: The item's key; empty if the item was deleted.
        account_id: Who watched, in the server's numbers (1 is the owner).
        viewed_at: When it was counted as watched, aware UTC, by the server's clock.
        media: Title, kind and numbers; no ids, no length.
    """

    history_key: str
    rating_key: str
    account_id: int
    viewed_at: datetime
    media: Media


def item_of(media: Media) -> str:
    """The key by which a session knows its item: the server's, or what comes nearest to it."""
    return media.rating_key or media.guid or f"{media.kind.value}:{media.label}"
