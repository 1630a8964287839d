"""Why a play went the way it did: a closed list, the same for API, log, metrics and pages.

Codes never change their meaning. A sentence is filled with the play's own facts (`{person}`, `{title}`,
`{account}`, `{login}`, `{library}`, `{percent}`, `{detail}`); missing ones read as "unknown", and a piece in
brackets goes with a fact that is empty (`core.phrases`).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """Where a play stands; the last four are final unless somebody acts."""

    WATCHING = "watching"
    QUEUED = "queued"
    DELIVERED = "delivered"
    SKIPPED = "skipped"
    FAILED = "failed"


class Reason(StrEnum):
    """Why."""

    # on its way
    LIVE = "live"
    IDENTIFYING = "identifying"
    TRAKT_DOWN = "trakt_down"
    RATE_LIMITED = "rate_limited"
    OUTCOME_UNKNOWN = "outcome_unknown"
    LINK_EXPIRED = "link_expired"
    ACCOUNT_LOCKED = "account_locked"
    ACCOUNT_LIMIT = "account_limit"
    APP_REFUSED = "app_refused"
    VIP_ONLY = "vip_only"
    # delivered
    WATCHED = "watched"
    POSITION_SAVED = "position_saved"
    ALREADY_RECORDED = "already_recorded"
    # skipped
    BELOW_THRESHOLD = "below_threshold"
    TOO_SHORT = "too_short"
    PROGRESS_UNKNOWN = "progress_unknown"
    SKIPPED_THROUGH = "skipped_through"
    DUPLICATE_OF = "duplicate_of"
    TYPE_UNSUPPORTED = "type_unsupported"
    PERSON_UNKNOWN = "person_unknown"
    PERSON_NOT_LISTED = "person_not_listed"
    PERSON_UNLINKED = "person_unlinked"
    PERSON_PAUSED = "person_paused"
    SERVER_NOT_SELECTED = "server_not_selected"
    SERVER_OFF = "server_off"
    LIBRARY_OFF = "library_off"
    TITLE_OFF = "title_off"
    KIND_OFF = "kind_off"
    PLAYER_OFF = "player_off"
    NETWORK_OFF = "network_off"
    FEATURE_OFF = "feature_off"
    IGNORED_BY_YOU = "ignored_by_you"
    TAKEN_BACK = "taken_back"
    # failed
    NO_MATCH = "no_match"
    AMBIGUOUS_MATCH = "ambiguous_match"
    WRONG_MATCH = "wrong_match"
    REJECTED = "rejected"


BY_PERSON = frozenset(
    {Reason.PERSON_UNKNOWN, Reason.PERSON_NOT_LISTED, Reason.PERSON_UNLINKED, Reason.PERSON_PAUSED}
)
"""Reasons of a play that is left out for as long as the settings say so of whoever watches."""

BY_SETTING = frozenset(
    {
        Reason.SERVER_NOT_SELECTED,
        Reason.SERVER_OFF,
        Reason.LIBRARY_OFF,
        Reason.TITLE_OFF,
        Reason.KIND_OFF,
        Reason.PLAYER_OFF,
        Reason.NETWORK_OFF,
        Reason.FEATURE_OFF,
    }
)
"""The same, where they say so of what is watched, where and how."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """What a reason means to people.

    Attributes:
        title: A few words.
        sentence: With the play's facts to be filled in.
        action: What to do, or empty if there is nothing to do.
    """

    title: str
    sentence: str
    action: str = ""


MEND = "Mend the match in Plex and press Retry, or say what it is with `crosswatch match set`."
"""What helps where two catalogues do not agree about an item."""

EXPLANATIONS: dict[Reason, Explanation] = {
    Reason.LIVE: Explanation(title="Playing", sentence="{person} is watching {title}."),
    Reason.IDENTIFYING: Explanation(
        title="Asking the server", sentence="Asking the server who watches {title} and what it is."
    ),
    Reason.TRAKT_DOWN: Explanation(
        title="Trakt isn't answering",
        sentence="Trakt isn't answering. {title} is safe here and will be sent by itself.[ {detail}]",
    ),
    Reason.RATE_LIMITED: Explanation(
        title="Trakt asks for patience",
        sentence="Trakt asked to wait. {title} will be sent by itself.[ {detail}]",
    ),
    Reason.OUTCOME_UNKNOWN: Explanation(
        title="Asking Trakt again",
        sentence="Trakt gave no clear answer. Whether {title} was recorded is being checked.",
    ),
    Reason.LINK_EXPIRED: Explanation(
        title="The link to Trakt ended",
        sentence="{account} is no longer linked. {title} is safe here and will be sent after the next login.",
        action="Run `{login}`.",
    ),
    Reason.ACCOUNT_LOCKED: Explanation(
        title="Trakt locked the account",
        sentence="Trakt has locked or deactivated {account}. {title} is safe here.",
        action="Contact Trakt's support; afterwards the plays are sent by themselves.",
    ),
    Reason.ACCOUNT_LIMIT: Explanation(
        title="The Trakt account is full",
        sentence="Trakt says that {account} has reached a limit of its plan. {title} is safe here.",
        action="Make room on Trakt or take VIP, then press Retry.",
    ),
    Reason.APP_REFUSED: Explanation(
        title="Trakt refuses the app",
        sentence="Trakt does not accept `trakt.client_id`. Since July 2026 only VIP members may own an API "
        "app, and apps of free accounts were deleted. {title} is safe here.",
        action="Check `trakt.client_id` and `trakt.client_secret`, or use an app of a VIP member.",
    ),
    Reason.VIP_ONLY: Explanation(
        title="Only for VIP members",
        sentence="Trakt answered that this needs VIP. {title} is safe here.",
        action="A free account may connect one community app: disconnect the others on Trakt, or take VIP.",
    ),
    Reason.WATCHED: Explanation(
        title="Marked as watched", sentence="{title} is in the history of {account}, at {percent}."
    ),
    Reason.POSITION_SAVED: Explanation(
        title="Position saved",
        sentence="{person} stopped {title} at {percent}; Trakt keeps the position. It counts as watched "
        "from {mark}.",
    ),
    Reason.ALREADY_RECORDED: Explanation(
        title="Already recorded", sentence="Trakt had this play of {title} already.[ {detail}]"
    ),
    Reason.BELOW_THRESHOLD: Explanation(
        title="Not watched far enough",
        sentence="{person} stopped {title} at {percent}; it counts as watched from {mark}.",
    ),
    Reason.TOO_SHORT: Explanation(
        title="Only just begun", sentence="{person} stopped {title} at {percent}, before anything counts."
    ),
    Reason.PROGRESS_UNKNOWN: Explanation(
        title="Position unknown",
        sentence="Plex did not say how far {person} got in {title}, and nothing is made up.",
    ),
    Reason.SKIPPED_THROUGH: Explanation(
        title="Skipped to the end",
        sentence="{person} jumped to the end of {title} without watching it.",
    ),
    Reason.DUPLICATE_OF: Explanation(
        title="Part of an earlier play",
        sentence="This is the tail of a play of {title} that counts already.[ {detail}]",
    ),
    Reason.TYPE_UNSUPPORTED: Explanation(
        title="Nothing for Trakt", sentence="{title} is not a film or an episode of a library[ ({detail})]."
    ),
    Reason.PERSON_UNKNOWN: Explanation(
        title="Plex did not say who",
        sentence="Plex never said who watched {title}, and nobody is guessed.",
        action="Let the player sign in to Plex.",
    ),
    Reason.PERSON_NOT_LISTED: Explanation(
        title="Not on the list",
        sentence="{person}[ (id {account_id})] is not in `username_whitelist`.[ {detail}]",
        action="Add the name[, or `id:{account_id}`,] to features.scrobble.filters.username_whitelist.",
    ),
    Reason.PERSON_UNLINKED: Explanation(
        title="Not linked",
        sentence="{person}[ (id {account_id})] is not linked to a Trakt account.[ {detail}]",
        action="Link {person} in `people`; `crosswatch people` says what to write.",
    ),
    Reason.PERSON_PAUSED: Explanation(
        title="Paused",
        sentence="Scrobbling is paused for {person}.[ {detail}]",
        action="Set `paused` to false, and empty `paused_until`, in the entry of {person} in `people`.",
    ),
    Reason.SERVER_NOT_SELECTED: Explanation(
        title="Another server",
        sentence="The play came from a server that `server_uuid` does not name[ ({detail})].",
        action="Set `server_uuid` to that id, or empty it.",
    ),
    Reason.SERVER_OFF: Explanation(
        title="Server is off",
        sentence="Plays of {person} on that server do not count[ ({detail})].",
        action="Add that id to `servers` in the entry of {person} in `people`, or empty that list.",
    ),
    Reason.LIBRARY_OFF: Explanation(
        title="Library is off",
        sentence="The library {library} is not among those that count.[ {detail}]",
        action="Take it out of `ignored_libraries` if it is there; else add it to `libraries`, or empty that "
        "list: in features.scrobble.filters, or in `people`.",
    ),
    Reason.TITLE_OFF: Explanation(
        title="Title is off",
        sentence="{title} does not count[: {detail} is to be ignored].",
        action="Take it out of `ignored_titles`: in features.scrobble.filters, or in `people`.",
    ),
    Reason.KIND_OFF: Explanation(
        title="Kind is off",
        sentence="{title} is of a kind that does not count for {person}[ ({detail})].",
        action="Add it to `kinds`, or empty that list: in features.scrobble.filters, or in `people`.",
    ),
    Reason.PLAYER_OFF: Explanation(
        title="Player is off",
        sentence="{title} was played on a player that does not count for {person}[ ({detail})].",
        action="Add it to `players`, or empty that list: in features.scrobble.filters, or in `people`.",
    ),
    Reason.NETWORK_OFF: Explanation(
        title="Network is off",
        sentence="{title} was played over a network that does not count for {person}[ ({detail})].",
        action="Add it to `networks`, or empty that list: in features.scrobble.filters, or in `people`.",
    ),
    Reason.FEATURE_OFF: Explanation(
        title="Scrobbling is off",
        sentence="Scrobbling was off when {person} watched {title}.",
        action="Set features.scrobble.enabled and features.scrobble.providers.trakt.enabled to true.",
    ),
    Reason.IGNORED_BY_YOU: Explanation(
        title="Ignored",
        sentence="You said that {title} is to be ignored.",
        action="If it should count after all, press Retry.",
    ),
    Reason.TAKEN_BACK: Explanation(
        title="Taken back",
        sentence="{title} was recorded, and taken out of the history of {account} again because you said so.",
    ),
    Reason.NO_MATCH: Explanation(
        title="Trakt doesn't know it",
        sentence="Trakt doesn't know {title}.[ {detail}]",
        action=MEND,
    ),
    Reason.AMBIGUOUS_MATCH: Explanation(
        title="More than one candidate",
        sentence="Trakt knows more than one that could be {title}, and none is guessed.[ {detail}]",
        action=MEND,
    ),
    Reason.WRONG_MATCH: Explanation(
        title="Trakt took it for something else",
        sentence="Trakt answered with another title than {title}.[ {detail}]",
        action=MEND,
    ),
    Reason.REJECTED: Explanation(
        title="Trakt refused it",
        sentence="Trakt refused {title}.[ {detail}]",
        action="See the trace, then press Retry.",
    ),
}
