"""`/sync/history`: read, add, remove.

Source: Trakt protocol notes, sections 6.1 and 6.2.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from crosswatch.simulator.trakt.answers import Answer, iso, paged, parse_time, refuse
from crosswatch.simulator.trakt.calls import Call, Route
from crosswatch.simulator.trakt.items import Episode, Item, Movie, blocks
from crosswatch.simulator.trakt.lists import counted, item_lists, not_found, ref_as_sent
from crosswatch.simulator.trakt.routes_lists import limit_reached

if TYPE_CHECKING:
    from crosswatch.simulator.trakt.state import Play

UNKNOWN_TIME = datetime(1970, 1, 1, tzinfo=UTC)
"""What `watched_at: "unknown"` is stored as."""


def read(call: Call) -> Answer:
    """`GET /sync/history[/{type}[/{id}]]`: newest first, paginated."""
    try:
        since, until = (
            parse_time(call.query[name], end_of_day=name == "end_at") if name in call.query else None
            for name in ("start_at", "end_at")
        )
        number = int(call.params["id"]) if "id" in call.params else None
    except ValueError as error:
        raise refuse(400) from error
    kind = call.params.get("type", "all")
    plays = [
        play
        for play in call.me.newest_first()
        if _fits(play.item, kind, number)
        and (since is None or play.watched_at >= since)
        and (until is None or play.watched_at <= until)
    ]
    page, headers = paged(plays, call.query)
    return Answer(json=[describe(play) for play in page], headers=headers)


def describe(play: Play) -> dict[str, Any]:
    """A history line as an answer shows it."""
    return {
        "id": play.id,
        "watched_at": iso(play.watched_at),
        "action": play.action,
        "type": play.kind,
        **blocks(play.item),
    }


def add(call: Call) -> Answer:
    """`POST /sync/history`: plays at given times; duplicates are not looked for.

    A show without seasons marks every episode and a season without episodes the season.
    """
    missing = not_found()
    found: list[tuple[Item, datetime]] = []
    for found_item, sent_time in _plays_of(call, missing):
        found.append((found_item, _watched_at(call, found_item, sent_time)))
    if len(call.me.history) + len(found) > call.options.history_cap:
        raise limit_reached(call, call.options.history_cap)
    for item, watched_at in found:
        play = call.world.new_play(
            item, watched_at, "watch", made_at=call.now, made_by=call.made_by, request=call.body
        )
        call.world.record(call.me, play)
    added = counted([item for item, _ in found], "movies", "episodes")
    body = {"added": added, "not_found": missing}
    if call.options.history_updated_key:
        body["updated"] = {"movies": 0, "episodes": 0}
    return Answer(status=call.options.history_status, json=body, applied=bool(found))


def remove(call: Call) -> Answer:
    """`POST /sync/history/remove`: all plays of the items, or single plays by history id."""
    missing: dict[str, list[Any]] = not_found()
    missing["ids"] = []
    wanted = [item for item, _ in _plays_of(call, missing)]
    keys = {item.key for item in wanted}
    gone = [play for play in call.me.history if play.item.key in keys]
    numbers = call.object().get("ids") or []
    for number in numbers if isinstance(numbers, list) else []:
        play = next((p for p in call.me.history if p.id == number), None)
        if play is None:
            missing["ids"].append(number)
        elif play not in gone:
            gone.append(play)
    call.me.history = [play for play in call.me.history if play not in gone]
    deleted = counted([play.item for play in gone], "movies", "episodes")
    for kind in {play.kind for play in gone}:
        call.me.touch(f"{kind}s.watched_at", call.now)
    return Answer(json={"deleted": deleted, "not_found": missing}, applied=bool(gone))


def _fits(item: Item, kind: str, number: int | None) -> bool:
    if isinstance(item, Movie):
        return kind in ("all", "movies") and number in (None, item.trakt)
    trakt = {
        "all": item.trakt,
        "episodes": item.trakt,
        "shows": item.show.trakt,
        "seasons": item.show.seasons[item.season].trakt,
    }.get(kind)
    return trakt is not None and number in (None, trakt)


def _plays_of(call: Call, missing: dict[str, list[Any]]) -> list[tuple[Item, Any]]:
    """Items and the times sent with them; what nobody knows goes to `missing`."""
    plays: list[tuple[Item, Any]] = []
    matcher = call.world.matcher
    lists = item_lists(call.object())
    for ref in lists["movies"]:
        movie = matcher.movie(ref)
        plays.extend([(movie, ref.get("watched_at"))] if movie else [])
        missing["movies"].extend([] if movie else [ref_as_sent(ref)])
    for ref in lists["episodes"]:
        episode = matcher.episode(ref)
        plays.extend([(episode, ref.get("watched_at"))] if episode else [])
        missing["episodes"].extend([] if episode else [ref_as_sent(ref)])
    for ref in lists["seasons"]:
        season = matcher.season(ref)
        plays.extend(
            (episode, ref.get("watched_at")) for episode in (season.all_episodes() if season else [])
        )
        missing["seasons"].extend([] if season else [ref_as_sent(ref)])
    for ref in lists["shows"]:
        plays.extend(_plays_of_show(call, ref, missing))
    return plays


def _plays_of_show(call: Call, ref: dict[str, Any], missing: dict[str, list[Any]]) -> list[tuple[Item, Any]]:
    show = call.world.matcher.show(ref)
    if show is None:
        missing["shows"].append(ref_as_sent(ref))
        return []
    when = ref.get("watched_at")
    if "seasons" not in ref:
        return [(episode, when) for episode in show.episodes()]
    plays: list[tuple[Item, Any]] = []
    lost: list[dict[str, Any]] = []
    for sent in item_lists({"seasons": ref["seasons"]})["seasons"]:
        number = sent.get("number")
        season = show.seasons.get(number) if isinstance(number, int) else None
        season_when = sent.get("watched_at", when)
        if season is None:
            lost.append({"number": number})
        elif "episodes" not in sent:
            plays.extend((episode, season_when) for episode in season.all_episodes())
        else:
            for one in item_lists({"episodes": sent["episodes"]})["episodes"]:
                episode = season.episodes.get(one["number"]) if isinstance(one.get("number"), int) else None
                if episode:
                    plays.append((episode, one.get("watched_at", season_when)))
                else:
                    lost.append({"number": number, "episodes": [{"number": one.get("number")}]})
    if lost:
        missing["shows"].append({**ref_as_sent(ref), "seasons": lost})
    return plays


def _watched_at(call: Call, item: Item, sent: Any) -> datetime:
    if sent is None:
        return call.now
    if sent == "unknown":
        return UNKNOWN_TIME
    if sent == "released":
        end = timedelta(minutes=item.runtime_min) if isinstance(item, Episode) else timedelta()
        return item.first_aired + end
    try:
        return parse_time(str(sent)).astimezone(UTC)
    except ValueError as error:
        raise refuse(400) from error


TYPES = "{type:movies|shows|seasons|episodes|all}"

ROUTES = [
    Route(method="GET", pattern="/sync/history", handler=read),
    Route(method="GET", pattern=f"/sync/history/{TYPES}", handler=read),
    Route(method="GET", pattern=f"/sync/history/{TYPES}/{{id}}", handler=read),
    Route(method="POST", pattern="/sync/history", handler=add),
    Route(method="POST", pattern="/sync/history/remove", handler=remove),
]
