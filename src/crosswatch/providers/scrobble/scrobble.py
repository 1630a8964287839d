"""From Plex's words to our facts: notifications, webhooks, and what a show adds to its episodes. Pure.

The dialect itself (answers, items, lists, frames) is spelled out in the modules of `plex/` that say they
are pure; camelCase ends there.

Source: Plex protocol notes, sections 5, 8 and 12.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from crosswatch.core.events import Media, MediaKind, Numbering, Player, PlayerState, Show
from crosswatch.core.facts import Notification, WebhookFact
from crosswatch.errors import PayloadError
from crosswatch.providers.scrobble.plex.items import ShowFacts, media_from
from crosswatch.providers.scrobble.plex.rows import network_of, player_state_of, viewer_from
from crosswatch.providers.scrobble.plex.values import child_of, int_of, rating_key_of, text_of

if TYPE_CHECKING:
    from crosswatch.providers.scrobble.plex.values import Item

_STATES = {
    "media.play": PlayerState.PLAYING,
    "media.resume": PlayerState.PLAYING,
    "media.pause": PlayerState.PAUSED,
    "media.stop": PlayerState.STOPPED,
    "media.scrobble": PlayerState.PLAYING,
}

UNRATED = -1.0
"""Stands for a rating that was taken away."""


def from_plex_pssn(entry: Any) -> Notification:
    """One `PlaySessionStateNotification` in our words.

    Raises:
        PayloadError: If it is no object, or its state is none that a player can have.

    Source: Plex protocol notes, section 5.
    """
    if not isinstance(entry, dict):
        raise PayloadError("A notification is not an object.")
    state = player_state_of(entry.get("state"))
    if state is None:
        raise PayloadError(f"A notification has the state {text_of(entry.get('state'))[:20]!r}.")
    return Notification(
        session_key=text_of(entry.get("sessionKey")),
        rating_key=rating_key_of(entry),
        state=state,
        offset_ms=int_of(entry.get("viewOffset")),
        client_id=text_of(entry.get("clientIdentifier")),
        play_queue_item=text_of(entry.get("playQueueItemID")),
        key=text_of(entry.get("key")),
        guid=text_of(entry.get("guid")),
    )


def from_plex_webhook(payload: Any) -> WebhookFact:
    """One webhook payload in our words.

    The position is in `Metadata`; the short test payload that people send by hand has it at the top.

    Raises:
        PayloadError: If it is no object, names no event, or speaks of an item that it does not describe.

    Source: Plex protocol notes, section 12; hand-over, "Quick tests".
    """
    if not isinstance(payload, dict):
        raise PayloadError("The payload is not an object.")
    event = text_of(payload.get("event")).lower()
    if not event:
        raise PayloadError("The payload names no event.")
    item = child_of(payload, "Metadata")
    if event.startswith("media.") and not item:
        raise PayloadError(f"The payload of {event[:40]} describes no item.")
    offset = int_of(item.get("viewOffset"))
    player, server = child_of(payload, "Player"), child_of(payload, "Server")
    return WebhookFact(
        event=event,
        state=_STATES.get(event),
        is_counted=event == "media.scrobble",
        offset_ms=int_of(payload.get("viewOffset")) if offset is None else offset,
        account=viewer_from(child_of(payload, "Account")),
        media=media_from(item) if item else None,
        player=Player(
            client_id=text_of(player.get("uuid")),
            title=text_of(player.get("title")),
            network=network_of(player, {}),
        ),
        server_uuid=text_of(server.get("uuid")),
        server_name=text_of(server.get("title")),
        rating=_rating_of(payload) if event == "media.rate" else None,
    )


def enrich(media: Media, facts: ShowFacts) -> Media:
    """An episode with what only its show's own page knows: the show's ids, its first year, its order.

    Where both name an id of the show, the show's own page is right: a legacy GUID of an episode may be
    older than the last correction of the match.

    Args:
        media: An episode; anything else comes back unchanged.
        facts: From the page of its show (`grandparentRatingKey`).

    Source: Plex protocol notes, section 8 (show ids for an episode).
    """
    if media.kind is not MediaKind.EPISODE:
        return media
    known = media.show or Show(title="")
    show = Show(
        title=facts.show.title or known.title,
        year=facts.show.year or known.year,
        ids=facts.show.ids or known.ids,
    )
    # The show's setting speaks only where the agent of the episode left the numbers in aired order.
    reordered = facts.numbering if media.numbering is Numbering.AIRED else None
    foreign = dict.fromkeys((*media.foreign_ids, *facts.foreign_ids))
    shared = media.shared_file
    if shared is not None:
        shared = replace(shared, episodes=tuple(enrich(one, facts) for one in shared.episodes))
    return replace(
        media,
        show=show,
        numbering=reordered or media.numbering,
        foreign_ids=tuple(foreign),
        shared_file=shared,
    )


def _rating_of(payload: Item) -> float | None:
    """The rating, which comes as text; what is not there, or empty, has been taken away."""
    value = payload.get("rating")
    if value in (None, ""):
        return UNRATED
    try:
        rating = float(value) if isinstance(value, (str, int, float)) else None
    except (ValueError, OverflowError):
        return None
    return rating if rating is not None and -1.0 <= rating <= 10.0 else None  # noqa: PLR2004
