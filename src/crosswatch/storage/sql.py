"""Every statement, each once; plain enough that another dialect is a copy of this page.

Arguments are named as in `rows`. Literals stand where an index is partial, for the planner must see them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

# ---------------------------------------------------------------- plays

SAVE_PLAY = """
INSERT INTO play (
    id, server, origin, session_key, play_queue_item, account, account_id, account_name, media, kind, titles,
    player, state, offset_ms, progress, started_at, last_seen_at, ended_at, counted_at, watched_at, verdict,
    reason, detail, history_key
) VALUES (
    :id, :server, :origin, :session_key, :play_queue_item, :account, :account_id, :account_name, :media,
    :kind, :titles, :player, :state, :offset_ms, :progress, :started_at, :last_seen_at, :ended_at,
    :counted_at, :watched_at, :verdict, :reason, :detail, :history_key
)
ON CONFLICT (id) DO UPDATE SET
    server = excluded.server, origin = excluded.origin, session_key = excluded.session_key,
    play_queue_item = excluded.play_queue_item, account = excluded.account, account_id = excluded.account_id,
    account_name = excluded.account_name, media = excluded.media, kind = excluded.kind,
    titles = excluded.titles, player = excluded.player, state = excluded.state,
    offset_ms = excluded.offset_ms, progress = excluded.progress, started_at = excluded.started_at,
    last_seen_at = excluded.last_seen_at, ended_at = excluded.ended_at, counted_at = excluded.counted_at,
    watched_at = excluded.watched_at, verdict = excluded.verdict, reason = excluded.reason,
    detail = excluded.detail, history_key = excluded.history_key
"""

SAVE_VERDICT = "UPDATE play SET verdict = :verdict, reason = :reason, detail = :detail WHERE id = :id"

PLAY = "SELECT * FROM play WHERE id = :id"

OPEN_PLAYS = "SELECT * FROM play WHERE server = :server AND state <> 'ended' ORDER BY id"

PLAYS_OF = """
SELECT * FROM play
WHERE server = :server AND last_seen_at >= :since AND (:account_id IS NULL OR account_id = :account_id)
ORDER BY id DESC
"""

_PLAYS_CONDITIONS = {
    "before": "id < :before",
    "account_id": "account_id = :account_id",
    "account_name": "account_name = :account_name",
    "verdict": "verdict = :verdict",
    "reason": "reason = :reason",
    "server": "server = :server",
    "kind": "kind = :kind",
    "since": "started_at >= :since",
    "text": "instr(titles, :text) > 0",
}


def plays(names: Iterable[str]) -> str:
    """Plays that meet the conditions of these names, newest first; `limit` is an argument as well."""
    return f"SELECT * FROM play {_where(names)} ORDER BY id DESC LIMIT :limit"  # noqa: S608 -- from the above


def tally(names: Iterable[str]) -> str:
    """How many plays meet these conditions, by the number of the `span` in which they began, and verdict."""
    return f"""
    SELECT started_at / :span AS number, verdict, count(*) AS plays FROM play {_where(names)}
    GROUP BY started_at / :span, verdict ORDER BY number, verdict
    """  # noqa: S608 -- only from the above


def _where(names: Iterable[str]) -> str:
    conditions = " AND ".join(_PLAYS_CONDITIONS[name] for name in names)
    return f"WHERE {conditions}" if conditions else ""


# ---------------------------------------------------------------- deliveries

SAVE_DELIVERY = """
INSERT INTO delivery (
    play_id, sink, account, state, action, progress, at, is_watched, version, acknowledged,
    acknowledged_version, attempts, next_attempt_at, lease_owner, lease_until, fence, sending_since,
    unknown_since, remote_id, reason, detail, updated_at
) VALUES (
    :play_id, :sink, :account, :state, :action, :progress, :at, :is_watched, :version, :acknowledged,
    :acknowledged_version, :attempts, :next_attempt_at, :lease_owner, :lease_until, :fence, :sending_since,
    :unknown_since, :remote_id, :reason, :detail, :updated_at
)
ON CONFLICT (play_id, sink, account) DO UPDATE SET
    state = excluded.state, action = excluded.action, progress = excluded.progress, at = excluded.at,
    is_watched = excluded.is_watched, version = excluded.version, acknowledged = excluded.acknowledged,
    acknowledged_version = excluded.acknowledged_version, attempts = excluded.attempts,
    next_attempt_at = excluded.next_attempt_at, lease_owner = excluded.lease_owner,
    lease_until = excluded.lease_until, fence = excluded.fence, sending_since = excluded.sending_since,
    unknown_since = excluded.unknown_since, remote_id = excluded.remote_id, reason = excluded.reason,
    detail = excluded.detail, updated_at = excluded.updated_at
"""

DELIVERY = "SELECT * FROM delivery WHERE play_id = :play_id AND sink = :sink AND account = :account"

DELIVERIES = "SELECT * FROM delivery WHERE play_id = :play_id ORDER BY sink, account"

LEASED = "SELECT * FROM delivery WHERE lease_owner <> '' AND (:worker IS NULL OR lease_owner = :worker)"

WAKE_ACCOUNT = """
UPDATE delivery SET next_attempt_at = :now, updated_at = :now
WHERE sink = :sink AND account = :account AND state = 'pending'
"""
"""`core.delivery.woken` for a waiting row; one statement, for an account may have a backlog of thousands."""

UNSETTLED_PLAYS = """
SELECT * FROM play
WHERE id IN (SELECT play_id FROM delivery WHERE state <> 'settled')
ORDER BY id
"""

# ---------------------------------------------------------------- claims

IS_TAKEN = """
SELECT 1 FROM delivery
WHERE sink = :sink AND account = :account
    AND lease_owner <> '' AND lease_owner <> :worker AND lease_until > :now
LIMIT 1
"""

# The `+` keeps the planner from collecting all that is due and sorting it. Walking the account's waiting
# rows in their order instead ends at the first that fits.
_CLAIMABLE = """
SELECT * FROM delivery
WHERE sink = :sink AND account = :account AND state = 'pending'
    AND +next_attempt_at <= :now AND (lease_until IS NULL OR lease_until <= :now)
"""

# A lease that was left behind becomes an unknown outcome with the next claim: `core.delivery.leased`.
_UNKNOWN_SINCE = "coalesce(unknown_since, sending_since, :now)"

CLAIMS = (
    f"""{_CLAIMABLE}
    AND is_watched = 1 AND at >= :late AND {_UNKNOWN_SINCE} >= :doubtful
    ORDER BY at, play_id LIMIT 1
    """,
    f"""{_CLAIMABLE}
    AND is_watched = 0 AND at >= :stale AND NOT (action = 'stop' AND progress < :least)
    ORDER BY action = 'start', at DESC, play_id LIMIT 1
    """,
    f"""{_CLAIMABLE}
    AND is_watched = 1 AND (at < :late OR {_UNKNOWN_SINCE} < :doubtful)
    ORDER BY at, play_id LIMIT :batch
    """,
    f"""{_CLAIMABLE}
    AND is_watched = 0 AND (at < :stale OR (action = 'stop' AND progress < :least))
    ORDER BY at, play_id LIMIT :batch
    """,
)
"""`core.delivery.urgency`, class by class: live watched, other live states, late watched, stale states."""

NEXT_DUE = """
SELECT
    (SELECT min(next_attempt_at) FROM delivery
        WHERE sink = :sink AND account = :account AND state = 'pending') AS due_at,
    (SELECT max(lease_until) FROM delivery
        WHERE sink = :sink AND account = :account AND lease_owner <> '') AS taken_until
"""

WAITING = """
SELECT sink, account, count(*) AS pending, sum(is_watched) AS watched,
    min(CASE WHEN is_watched = 1 THEN at END) AS oldest_at,
    min(CASE WHEN is_watched = 1 THEN next_attempt_at END) AS next_attempt_at
FROM delivery WHERE state = 'pending' GROUP BY sink, account
"""

DEAD = "SELECT sink, account, count(*) AS dead FROM delivery WHERE state = 'dead' GROUP BY sink, account"

DELIVERED_NEAR = """
SELECT play.id FROM play JOIN delivery ON delivery.play_id = play.id
WHERE play.watched_at BETWEEN :since AND :until AND delivery.sink = :sink AND delivery.account = :account
ORDER BY play.watched_at, play.id
"""

# ---------------------------------------------------------------- what is kept beside them

ADD_TRACE = """
INSERT INTO trace (play_id, number, at, step, ok, text, data)
SELECT :play_id, coalesce(max(number), 0) + 1, :at, :step, :ok, :text, :data
FROM trace WHERE play_id = :play_id
"""

TRACE = "SELECT * FROM trace WHERE play_id = :play_id ORDER BY number"

SAVE_MATCH = """
INSERT INTO match (
    key, kind, ids, show_ids, season, number, season_offset, number_offset, evidence, made_at, expires_at,
    item, found
) VALUES (
    :key, :kind, :ids, :show_ids, :season, :number, :season_offset, :number_offset, :evidence, :made_at,
    :expires_at, :item, :found
)
ON CONFLICT (key) DO UPDATE SET
    kind = excluded.kind, ids = excluded.ids, show_ids = excluded.show_ids, season = excluded.season,
    number = excluded.number, season_offset = excluded.season_offset,
    number_offset = excluded.number_offset, evidence = excluded.evidence, made_at = excluded.made_at,
    expires_at = excluded.expires_at, item = excluded.item, found = excluded.found
"""

MATCH = "SELECT * FROM match WHERE key = :key"

MATCHES = "SELECT * FROM match WHERE evidence = :evidence ORDER BY key"

FORGET_MATCH = "DELETE FROM match WHERE key = :key AND evidence = :evidence"

SAVE_CURSOR = """
INSERT INTO cursor (server, viewed_at, keys) VALUES (:server, :viewed_at, :keys)
ON CONFLICT (server) DO UPDATE SET viewed_at = excluded.viewed_at, keys = excluded.keys
"""

CURSOR = "SELECT * FROM cursor WHERE server = :server"

# ---------------------------------------------------------------- webhooks that wait

PUT_HOOK = """
INSERT INTO hook (server, received_at, fact)
SELECT :server, :received_at, :fact WHERE (SELECT count(*) FROM hook) < :most
"""

HOOKS = "SELECT * FROM hook WHERE server = :server ORDER BY id"

DROP_HOOK = "DELETE FROM hook WHERE id = :id"

UNFINISHED_SERVERS = """
SELECT server FROM hook UNION SELECT server FROM play WHERE state <> 'ended' AND origin = 'webhook'
ORDER BY server
"""

# ---------------------------------------------------------------- ratings

SAVE_RATING = """
INSERT INTO rating (
    sink, account, key, media, value, rated_at, state, version, attempts, next_attempt_at, reason, detail,
    updated_at
) VALUES (
    :sink, :account, :key, :media, :value, :rated_at, :state, :version, :attempts, :next_attempt_at, :reason,
    :detail, :updated_at
)
ON CONFLICT (sink, account, key) DO UPDATE SET
    media = excluded.media, value = excluded.value, rated_at = excluded.rated_at, state = excluded.state,
    version = excluded.version, attempts = excluded.attempts, next_attempt_at = excluded.next_attempt_at,
    reason = excluded.reason, detail = excluded.detail, updated_at = excluded.updated_at
"""

RATING = "SELECT * FROM rating WHERE sink = :sink AND account = :account AND key = :key"

DUE_RATING = """
SELECT * FROM rating
WHERE sink = :sink AND account = :account AND state = 'pending' AND next_attempt_at <= :now
ORDER BY next_attempt_at, key LIMIT 1
"""

NEXT_RATING_DUE = """
SELECT min(next_attempt_at) AS due_at FROM rating
WHERE sink = :sink AND account = :account AND state = 'pending'
"""

WAKE_RATINGS = """
UPDATE rating SET next_attempt_at = :now, updated_at = :now
WHERE sink = :sink AND account = :account AND state = 'pending'
"""
