"""Why a webhook changes nothing: a closed list, the same for answers, log and documentation."""

from __future__ import annotations

from enum import StrEnum


class Ignored(StrEnum):
    """Why a webhook changes nothing."""

    FEATURE_OFF = "feature_off"
    WEBHOOK_UNSIGNED = "webhook_unsigned"
    PAYLOAD_MALFORMED = "payload_malformed"
    TOO_LARGE = "too_large"
    TOO_MANY = "too_many"
    EVENT_IGNORED = "event_ignored"
    EVENT_UNKNOWN = "event_unknown"
    TYPE_UNSUPPORTED = "type_unsupported"
    NOTHING_PLAYING = "nothing_playing"
    HEARD_ALREADY = "heard_already"
    RATINGS_OFF = "ratings_off"
    RATING_UNKNOWN = "rating_unknown"


SENTENCES: dict[Ignored, str] = {
    Ignored.FEATURE_OFF: "Webhook mode is off: set features.webhook.enabled to true in config.json.",
    Ignored.WEBHOOK_UNSIGNED: "A secret is set (plex.webhook_secret), and this request does not know it. Add "
    "?token= and the secret to the address of the webhook.",
    Ignored.PAYLOAD_MALFORMED: "This is no payload of a Plex webhook.",
    Ignored.TOO_LARGE: "This is larger than any webhook of Plex.",
    Ignored.TOO_MANY: "Too many webhooks wait to be dealt with. Send it again later.",
    Ignored.EVENT_IGNORED: "Events of this kind say nothing about playing.",
    Ignored.EVENT_UNKNOWN: "No event of this name is known.",
    Ignored.TYPE_UNSUPPORTED: "It is not about a film or an episode of a library.",
    Ignored.NOTHING_PLAYING: "Nobody was seen playing that, so nobody can have stopped.",
    Ignored.HEARD_ALREADY: "That viewing is over, and all that is told here was known.",
    Ignored.RATINGS_OFF: "Ratings are not passed on: features.scrobble.options.ratings is off.",
    Ignored.RATING_UNKNOWN: "The rating is no number from 0 to 10.",
}
"""Each reason in words."""
