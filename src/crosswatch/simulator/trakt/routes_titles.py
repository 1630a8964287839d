"""`/search/…`, `/movies/…` and `/shows/…`.

Source: Trakt protocol notes, section 7.
"""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING, Any

from crosswatch.simulator.trakt.answers import Answer, iso, paged, refuse
from crosswatch.simulator.trakt.calls import Call, Route
from crosswatch.simulator.trakt.catalogue import normalised
from crosswatch.simulator.trakt.items import Episode, Movie, Season, Show, blocks

if TYPE_CHECKING:
    from collections.abc import Iterable

SEARCH_KINDS = ("movie", "show", "episode", "person", "list")

DEFAULT_FIELDS = {
    "movie": ("title", "original_title", "translations", "aliases"),
    "show": ("title", "original_title", "translations", "aliases"),
    "episode": ("title", "show_title"),
}

SPECIAL = re.compile(r'[-+!(){}\[\]^"~*?:/]|&&|\|\|')
"""What needs a backslash in a text search (notes, section 7)."""

LEAST_LIKENESS = 0.75
"""Likeness of two titles, from 0 to 1, from which a search finds one for the other."""


def by_id(call: Call) -> Answer:
    """`GET /search/{id_type}/{id}?type=`: every kind that has the number, unless types are named."""
    id_kind, text = call.params["id_type"], call.params["id"]
    value: int | str = int(text) if id_kind != "imdb" and text.isdecimal() else text
    catalogue = call.world.catalogue
    finders = {"movie": catalogue.movie, "show": catalogue.show, "episode": catalogue.episode}
    hits: list[dict[str, Any]] = []
    for kind in _kinds(call.query.get("type"), ",".join(finders)):
        found: Any = finders[kind](id_kind, value) if kind in finders else None
        if found is not None:
            hits.append({"type": kind, "score": call.options.search_score, **blocks(found)})
    page, headers = paged(hits, call.query)
    return Answer(json=page, headers=headers)


def by_text(call: Call) -> Answer:
    """`GET /search/{types}?query=&years=&fields=`: titles that resemble the query, the best first.

    Of equally good ones the most recent comes first, so that a client that takes the first hit
    without looking at its year is found out.
    """
    kinds = _kinds(call.params["types"], "")
    first, last = _years(call.query.get("years"))
    fields = tuple(call.query["fields"].split(",")) if call.query.get("fields") else None
    sent = call.query.get("query", "")
    query = _words(re.sub(r"\\(.)", r"\1", sent))
    if not query:
        raise refuse(400)
    if call.options.unescaped_search == "nothing" and SPECIAL.search(re.sub(r"\\.", "", sent)):
        kinds = []
    hits: list[tuple[float, int, dict[str, Any]]] = []
    for item in _candidates(call, kinds):
        year = item.show.year if isinstance(item, Episode) else item.year
        titles = _titles(item, fields or DEFAULT_FIELDS[item.kind])
        score = max((_likeness(query, title) for title in titles), default=0.0)
        if score > 0 and first <= year <= last:
            hits.append((score, year, {"type": item.kind, "score": round(score * 100, 5), **blocks(item)}))
    hits.sort(key=lambda hit: (-hit[0], -hit[1]))
    page, headers = paged([hit for _, _, hit in hits], call.query)
    return Answer(json=page, headers=headers)


def exact(call: Call) -> Answer:
    """`GET /search/{movie|show}/exact?query=`: whole titles only, the most recent first."""
    query = call.query.get("query", "")
    if not query:
        raise refuse(400)
    catalogue = call.world.catalogue
    is_movie = call.params["kind"] == "movie"
    found: list[Movie] | list[Show] = (
        catalogue.movies_titled(query) if is_movie else catalogue.shows_titled(query)
    )
    hits = [{"type": item.kind, "score": 100.0, **blocks(item)} for item in found]
    page, headers = paged(hits, call.query)
    return Answer(json=page, headers=headers)


def movie_summary(call: Call) -> Answer:
    """`GET /movies/{id}[?extended=full]`."""
    movie = _movie(call)
    return Answer(json=movie.summary() | (_full(movie) if _wants_full(call) else {}))


def show_summary(call: Call) -> Answer:
    """`GET /shows/{id}[?extended=full]`."""
    show = _show(call)
    if not _wants_full(call):
        return Answer(json=show.summary())
    airs = {"day": "Friday", "time": "20:00", "timezone": "America/New_York"}
    aired = sum(1 for episode in show.episodes() if episode.season > 0)
    return Answer(json={**show.summary(), **_full(show), "airs": airs, "aired_episodes": aired})


def seasons(call: Call) -> Answer:
    """`GET /shows/{id}/seasons[?extended=full,episodes]`."""
    body = []
    for season in (season for _, season in sorted(_show(call).seasons.items())):
        one = season.summary()
        if _wants_full(call):
            one |= {"title": f"Season {season.number}", "episode_count": len(season.episodes)}
        if "episodes" in call.query.get("extended", ""):
            one["episodes"] = [episode.summary() for episode in season.all_episodes()]
        body.append(one)
    return Answer(json=body)


def season_episodes(call: Call) -> Answer:
    """`GET /shows/{id}/seasons/{season}`: the episodes of a season."""
    return Answer(json=[_episode_body(call, episode) for episode in _season(call).all_episodes()])


def episode_summary(call: Call) -> Answer:
    """`GET /shows/{id}/seasons/{season}/episodes/{episode}[?extended=full]`: 404 if there is none."""
    number = call.params["episode"]
    episode = _season(call).episodes.get(int(number)) if number.isdecimal() else None
    if episode is None:
        raise refuse(404)
    return Answer(json=_episode_body(call, episode))


def _episode_body(call: Call, episode: Episode) -> dict[str, Any]:
    body = episode.summary()
    if not _wants_full(call):
        return body
    position = (episode.season, episode.number)
    kind = {(1, 1): "series_premiere"}.get(position, "season_premiere" if episode.number == 1 else "standard")
    body |= _full(episode)
    return body | {"number_abs": episode.number_abs, "episode_type": kind, "original_title": episode.title}


def _full(item: Movie | Show | Episode) -> dict[str, Any]:
    return {
        "overview": "Text left out.",
        "first_aired": iso(item.first_aired),
        "runtime": item.runtime_min,
        "rating": 8.0,
        "votes": 100,
        "comment_count": 0,
        "updated_at": iso(item.first_aired),
        "available_translations": ["en"],
    }


def _wants_full(call: Call) -> bool:
    return "full" in call.query.get("extended", "").split(",")


def _movie(call: Call) -> Movie:
    movie = _by_name(call.world.catalogue.movie, call.params["id"])
    if not isinstance(movie, Movie):
        raise refuse(404)
    return movie


def _show(call: Call) -> Show:
    show = _by_name(call.world.catalogue.show, call.params["id"])
    if not isinstance(show, Show):
        raise refuse(404)
    return show


def _season(call: Call) -> Season:
    number = call.params["season"]
    season = _show(call).seasons.get(int(number)) if number.isdecimal() else None
    if season is None:
        raise refuse(404)
    return season


def _by_name(find: Any, text: str) -> Any:
    """By Trakt number, slug or imdb id; other numbers are not understood here (notes, section 7)."""
    if text.isdecimal():
        return find("trakt", int(text))
    return find("slug", text) or find("imdb", text)


def _kinds(text: str | None, default: str) -> list[str]:
    kinds = (text or default).split(",")
    if any(kind not in SEARCH_KINDS for kind in kinds):
        raise refuse(400)
    return kinds


def _years(text: str | None) -> tuple[int, int]:
    if not text:
        return 0, 9999
    first, _, last = text.partition("-")
    if not first.isdecimal() or (last and not last.isdecimal()):
        raise refuse(400)
    return int(first), int(last or first)


def _candidates(call: Call, kinds: Iterable[str]) -> list[Movie | Show | Episode]:
    catalogue = call.world.catalogue
    everything: dict[str, list[Any]] = {
        "movie": catalogue.movies,
        "show": catalogue.shows,
        "episode": catalogue.episodes,
    }
    return [item for kind in kinds for item in everything.get(kind, [])]


def _titles(item: Movie | Show | Episode, fields: Iterable[str]) -> list[str]:
    titles = [item.title] if "title" in fields else []
    if isinstance(item, Episode):
        return titles + ([item.show.title] if "show_title" in fields else [])
    return titles + (
        list(item.aliases) if {"aliases", "translations", "original_title"} & set(fields) else []
    )


def _words(text: str) -> str:
    return " ".join(re.sub(r"[^\w\s]", " ", normalised(text)).split())


def _likeness(query: str, title: str) -> float:
    """From 0 (not found) to 1 (the same title)."""
    plain = _words(title)
    matcher = difflib.SequenceMatcher(None, query, plain)
    if set(query.split()) <= set(plain.split()):
        return matcher.ratio()
    if matcher.real_quick_ratio() < LEAST_LIKENESS or matcher.quick_ratio() < LEAST_LIKENESS:
        return 0.0  # these are upper bounds, and it takes long to compare letter by letter
    ratio = matcher.ratio()
    return ratio if ratio >= LEAST_LIKENESS else 0.0


ROUTES = [
    Route(method="GET", pattern="/search/{kind:movie|show}/exact", handler=exact, auth="key"),
    Route(method="GET", pattern="/search/{id_type:trakt|imdb|tmdb|tvdb}/{id}", handler=by_id, auth="key"),
    Route(method="GET", pattern="/search/{types}", handler=by_text, auth="key"),
    Route(method="GET", pattern="/movies/{id}", handler=movie_summary, auth="key"),
    Route(method="GET", pattern="/shows/{id}", handler=show_summary, auth="key"),
    Route(method="GET", pattern="/shows/{id}/seasons", handler=seasons, auth="key"),
    Route(method="GET", pattern="/shows/{id}/seasons/{season}", handler=season_episodes, auth="key"),
    Route(
        method="GET",
        pattern="/shows/{id}/seasons/{season}/episodes/{episode}",
        handler=episode_summary,
        auth="key",
    ),
]
