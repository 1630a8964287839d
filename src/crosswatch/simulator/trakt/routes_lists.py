"""`/sync/playback`, `/sync/ratings`, `/sync/watchlist` and `/sync/last_activities`.

Source: Trakt protocol notes, section 6.3; for the caps and 420, sections 2 and 9.
"""

from __future__ import annotations

from typing import Any

from crosswatch.simulator.trakt.answers import (
    UPGRADE_URL,
    Answer,
    RefusedError,
    iso,
    paged,
    parse_time,
    refuse,
    whole_second,
)
from crosswatch.simulator.trakt.calls import Call, Route
from crosswatch.simulator.trakt.gate import describe_limit
from crosswatch.simulator.trakt.items import blocks
from crosswatch.simulator.trakt.lists import counted, not_found, resolve
from crosswatch.simulator.trakt.state import Rating

VIP_FACTOR = 20
"""How much longer a VIP's watchlist may be (5000 to 250; notes, section 9)."""

RATINGS = range(1, 11)

ACTIVITY_AREAS = {
    "movies": "watched collected rated watchlisted favorited commented paused hidden",
    "episodes": "watched collected rated watchlisted commented paused",
    "shows": "rated watchlisted favorited commented hidden dropped",
    "seasons": "rated watchlisted commented hidden",
    "comments": "liked reacted blocked",
    "lists": "liked reacted updated commented",
    "watchlist": "updated",
    "favorites": "updated",
    "account": "settings followed following pending requested",
    "saved_filters": "updated",
    "notes": "updated",
}


def read_playback(call: Call) -> Answer:
    """`GET /sync/playback[/{type}]`: saved positions, the latest first."""
    kind = call.params.get("type", "all")
    try:
        since, until = (
            parse_time(call.query[name], end_of_day=name == "end_at") if name in call.query else None
            for name in ("start_at", "end_at")
        )
    except ValueError as error:
        raise refuse(400) from error
    saved = [
        position
        for position in call.me.playback.values()
        if kind in ("all", f"{position.item.kind}s")
        and (since is None or position.paused_at >= since)
        and (until is None or position.paused_at <= until)
    ]
    body = [
        {
            "progress": position.progress,
            "paused_at": iso(position.paused_at),
            "id": position.id,
            "type": position.item.kind,
            **blocks(position.item),
        }
        for position in sorted(saved, key=lambda p: (p.paused_at, p.id), reverse=True)
    ]
    return Answer(json=body)


def delete_playback(call: Call) -> Answer:
    """`DELETE /sync/playback/{id}`: 204, or 404 if unknown."""
    for key, position in call.me.playback.items():
        if str(position.id) == call.params["id"]:
            del call.me.playback[key]
            return Answer(status=204, applied=True)
    raise refuse(404)


def read_ratings(call: Call) -> Answer:
    """`GET /sync/ratings[/{type}]`."""
    kind = call.params.get("type", "all")
    body = [
        {"rated_at": iso(r.rated_at), "rating": r.rating, "type": r.item.kind, **blocks(r.item)}
        for r in call.me.ratings.values()
        if kind in ("all", f"{r.item.kind}s")
    ]
    return Answer(json=body)


def add_ratings(call: Call) -> Answer:
    """`POST /sync/ratings`: integers from 1 to 10."""
    found, missing = resolve(call.object(), call.world.matcher)
    ratings: list[Rating] = []
    for item, ref in found:
        value, rated_at = ref.get("rating"), ref.get("rated_at")
        if isinstance(value, bool) or not isinstance(value, int) or value not in RATINGS:
            raise refuse(422, {"message": "Rating should be a whole number from 1 to 10."})
        try:
            when = parse_time(rated_at) if isinstance(rated_at, str) else call.now
        except ValueError as error:
            raise refuse(400) from error
        ratings.append(Rating(item=item, rating=value, rated_at=whole_second(when)))
    for rating in ratings:
        call.me.ratings[rating.item.key] = rating
        call.me.touch(f"{rating.item.kind}s.rated_at", call.now)
    body = {"added": counted([r.item for r in ratings]), "not_found": missing}
    return Answer(status=201, json=body, applied=bool(ratings))


def remove_ratings(call: Call) -> Answer:
    """`POST /sync/ratings/remove`."""
    found, missing = resolve(call.object(), call.world.matcher)
    gone = [item for item, _ in found if call.me.ratings.pop(item.key, None)]
    for item in gone:
        call.me.touch(f"{item.kind}s.rated_at", call.now)
    return Answer(json={"deleted": counted(gone), "not_found": missing}, applied=bool(gone))


def read_watchlist(call: Call) -> Answer:
    """`GET /sync/watchlist[/{type}]`, paginated."""
    kind = call.params.get("type", "all")
    listed = [entry for entry in call.me.watchlist.values() if kind in ("all", f"{entry[0].kind}s")]
    body = [
        {
            "rank": rank,
            "id": item.trakt,
            "listed_at": iso(at),
            "notes": None,
            "type": item.kind,
            **blocks(item),
        }
        for rank, (item, at) in enumerate(listed, start=1)
    ]
    page, headers = paged(body, call.query, default_limit=100)
    return Answer(json=page, headers=headers)


def add_watchlist(call: Call) -> Answer:
    """`POST /sync/watchlist`: 420 beyond the account's cap."""
    found, missing = resolve(call.object(), call.world.matcher)
    fresh = [item for item, _ in found if item.key not in call.me.watchlist]
    cap = call.options.watchlist_cap * (VIP_FACTOR if call.me.vip else 1)
    if len(call.me.watchlist) + len(fresh) > cap:
        raise limit_reached(call, cap)
    for item in fresh:
        call.me.watchlist[item.key] = (item, whole_second(call.now))
        call.me.touch(f"{item.kind}s.watchlisted_at", call.now)
        call.me.touch("watchlist.updated_at", call.now)
    known = [item for item, _ in found if item not in fresh]
    body = {
        "added": counted(fresh),
        "existing": counted(known),
        "not_found": missing,
        "list": _watchlist_note(call),
    }
    return Answer(status=201, json=body, applied=bool(fresh))


def remove_watchlist(call: Call) -> Answer:
    """`POST /sync/watchlist/remove`."""
    found, missing = resolve(call.object(), call.world.matcher)
    gone = [item for item, _ in found if call.me.watchlist.pop(item.key, None)]
    for item in gone:
        call.me.touch(f"{item.kind}s.watchlisted_at", call.now)
        call.me.touch("watchlist.updated_at", call.now)
    body = {"deleted": counted(gone), "not_found": missing or not_found(), "list": _watchlist_note(call)}
    return Answer(json=body, applied=bool(gone))


def last_activities(call: Call) -> Answer:
    """`GET /sync/last_activities`: when what changed; the account's beginning where nothing did."""
    stamps, never = call.me.stamps, call.me.joined_at
    body: dict[str, Any] = {"all": iso(stamps.get("all", never))}
    for area, names in ACTIVITY_AREAS.items():
        body[area] = {f"{name}_at": iso(stamps.get(f"{area}.{name}_at", never)) for name in names.split()}
    return Answer(json=body)


def limit_reached(call: Call, limit: int) -> RefusedError:
    """A 420 to raise, with the documented headers or, as also seen, with a rate-limit header only."""
    if call.options.limit_headers:
        headers = {
            "X-Upgrade-URL": UPGRADE_URL,
            "X-VIP-User": str(call.me.vip).lower(),
            "X-Account-Limit": str(limit),
        }
        return refuse(420, headers=headers)
    described = describe_limit("AUTHED_API_POST_LIMIT", 1, 1, 0, call.now)
    return refuse(420, headers={"X-Ratelimit": described})


def _watchlist_note(call: Call) -> dict[str, Any]:
    changed = call.me.stamps.get("watchlist.updated_at", call.me.joined_at)
    return {"updated_at": iso(changed), "item_count": len(call.me.watchlist)}


TYPES = "{type:movies|shows|seasons|episodes|all}"

ROUTES = [
    Route(method="GET", pattern="/sync/playback", handler=read_playback),
    Route(method="GET", pattern="/sync/playback/{type:movies|episodes}", handler=read_playback),
    Route(method="DELETE", pattern="/sync/playback/{id}", handler=delete_playback),
    Route(method="GET", pattern="/sync/ratings", handler=read_ratings),
    Route(method="GET", pattern=f"/sync/ratings/{TYPES}", handler=read_ratings),
    Route(method="POST", pattern="/sync/ratings", handler=add_ratings),
    Route(method="POST", pattern="/sync/ratings/remove", handler=remove_ratings),
    Route(method="GET", pattern="/sync/watchlist", handler=read_watchlist),
    Route(method="GET", pattern=f"/sync/watchlist/{TYPES}", handler=read_watchlist),
    Route(method="POST", pattern="/sync/watchlist", handler=add_watchlist),
    Route(method="POST", pattern="/sync/watchlist/remove", handler=remove_watchlist),
    Route(method="GET", pattern="/sync/last_activities", handler=last_activities),
]
