"""The switches of the simulated Trakt: one for each thing that nobody outside knows for certain.

Source: Trakt protocol notes, section 10 (switches, default first) and section 11 (open points).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class TraktOptions:
    """How this Trakt behaves; the defaults are what the notes hold for most likely.

    Attributes:
        oauth_host: Which listener answers `/oauth/…`; the other one says 404.
        expires_in_s: Life of an access token in seconds (604800, 86400 and 7776000 were seen).
        refusal_status: Status of a refused refresh.
        refresh_kills_access: True if a refresh also ends the former access token.
        secret_required: True if OAuth calls without the app's secret are refused.
        device_expires_s: Life of a device code in seconds.
        device_interval_s: Seconds between two polls that are not too fast.
        verification_url: Address shown to the user; None is this simulator's own page.
        one_app_rule: What a second app means for an account without VIP.
        vip_only_apps: True if only VIP accounts may own an app.
        duplicate_window_s: Seconds after a play in which the same item is a 409.
        scrobble_boundary: Whether exactly 80 percent is a play (`>=`) or not (`>`).
        pause_endpoint: The status that `/scrobble/pause` answers once it has been taken away.
        pause_clears_watching: True if a pause ends "watching now".
        start_in_window: Status of a start inside the duplicate window.
        start_during_checkin: Status of a start while a check-in runs.
        string_ids: Whether numbers sent as text are accepted or a 422.
        episode_imdb_tmdb_ids: Whether episodes are found by imdb and tmdb too.
        title_despite_year: True if title alone is tried even where a year was sent and did not fit.
        scrobble_shape: Keys of a scrobble's answer: `full`, `minimal` (no `sharing`) or `legacy`.
        history_status: Status of `POST /sync/history`.
        history_updated_key: True if that answer also counts `updated`.
        checkin_status: Status of `POST /checkin`.
        search_score: Score of a look-up by id.
        unescaped_search: What a text search with a special character that has no backslash finds:
            `nothing`, or what the `plain` words find.
        error_bodies: Bodies of 401, 403 and 404: empty, or a short HTML page.
        limit_headers: True if a 420 carries the documented headers.
        history_cap: Plays per account before a 420.
        watchlist_cap: Watchlist items of an account without VIP before a 420; VIP has 20 times that.
        enforce_write_limit: True for one write per second and user.
        write_interval_s: Seconds between two writes of one user.
        enforce_read_limit: True for the quota below.
        read_limit: Reads in `read_period_s`, per user, or per client_id without a token.
        read_period_s: Length of the read quota's window in seconds.
        block_library_user_agents: True if the edge turns away missing and library User-Agents.
        first_history_id: First history id; beyond 32 bits, to catch narrow integers. Read at the start only.
        seed: Seed of the faults that happen with a probability. Read at the start only.
    """

    oauth_host: Literal["both", "auth", "api"] = "both"
    expires_in_s: int = 604_800
    refusal_status: Literal[400, 401] = 400
    refresh_kills_access: bool = False
    secret_required: bool = True
    device_expires_s: int = 600
    device_interval_s: int = 5
    verification_url: str | None = None
    one_app_rule: Literal["refuse", "revoke_first", "off"] = "refuse"
    vip_only_apps: bool = True
    duplicate_window_s: float = 3600.0
    scrobble_boundary: Literal[">=", ">"] = ">="
    pause_endpoint: Literal["present", "404", "405", "410"] = "present"
    pause_clears_watching: bool = True
    start_in_window: Literal[201, 409] = 201
    start_during_checkin: Literal[201, 409] = 201
    string_ids: Literal["accept", "422"] = "accept"
    episode_imdb_tmdb_ids: bool = True
    title_despite_year: bool = False
    scrobble_shape: Literal["full", "minimal", "legacy"] = "full"
    history_status: Literal[201, 200] = 201
    history_updated_key: bool = False
    checkin_status: Literal[201, 200] = 201
    search_score: int | None = None
    unescaped_search: Literal["nothing", "plain"] = "nothing"
    error_bodies: Literal["empty", "html"] = "empty"
    limit_headers: bool = True
    history_cap: int = 100_000
    watchlist_cap: int = 250
    enforce_write_limit: bool = True
    write_interval_s: float = 1.0
    enforce_read_limit: bool = True
    read_limit: int = 500
    read_period_s: float = 300.0
    block_library_user_agents: bool = True
    first_history_id: int = 10_373_536_622
    seed: int = 1


def with_changes(options: TraktOptions, changes: Mapping[str, Any]) -> TraktOptions:
    """The options with some of them changed.

    Args:
        options: What holds now.
        changes: Names to values, possibly from JSON.

    Raises:
        ValueError: With a sentence, if a name is unknown or a value is none of those allowed.
    """
    known = asdict(options)
    unknown = sorted(set(changes) - set(known))
    if unknown:
        raise ValueError(f"unknown options: {', '.join(unknown)}")
    return msgspec.convert({**known, **changes}, TraktOptions)
