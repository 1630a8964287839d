"""The item lists that many `/sync/…` bodies and answers share.

Source: Trakt protocol notes, sections 6.2 and 6.3.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crosswatch.simulator.trakt.answers import refuse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crosswatch.simulator.trakt.items import Listable
    from crosswatch.simulator.trakt.matching import Matcher

LIST_NAMES = ("movies", "shows", "seasons", "episodes")

ECHOED = ("title", "year", "number", "ids")
"""Fields of a reference that come back inside `not_found`."""


def item_lists(body: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """The four lists of a body; missing ones are empty.

    Raises:
        RefusedError: 400, if one of them is no list of objects.
    """
    lists = {name: body.get(name) or [] for name in LIST_NAMES}
    if not all(isinstance(refs, list) and all(isinstance(r, dict) for r in refs) for refs in lists.values()):
        raise refuse(400)
    return lists


def not_found() -> dict[str, list[Any]]:
    """The four empty lists of an answer's `not_found`."""
    return {name: [] for name in LIST_NAMES}


def ref_as_sent(ref: dict[str, Any]) -> dict[str, Any]:
    """A reference as `not_found` gives it back: what names the item, not what was to be done."""
    return {name: ref[name] for name in ECHOED if name in ref}


def counted(items: Sequence[Listable], *names: str) -> dict[str, int]:
    """How many items there are of each kind, under the list names."""
    return {name: sum(1 for item in items if f"{item.kind}s" == name) for name in names or LIST_NAMES}


def resolve(
    body: dict[str, Any], matcher: Matcher
) -> tuple[list[tuple[Listable, dict[str, Any]]], dict[str, list[Any]]]:
    """The items that a body's lists name, with their references, and what nobody knows.

    Seasons and episodes inside a show stand for themselves; the show does then not.
    """
    found: list[tuple[Listable, dict[str, Any]]] = []
    missing = not_found()
    finders = {
        "movies": matcher.movie,
        "shows": matcher.show,
        "seasons": matcher.season,
        "episodes": matcher.episode,
    }
    for name, refs in item_lists(body).items():
        for ref in refs:
            item: Any = finders[name](ref)
            if item is None:
                missing[name].append(ref_as_sent(ref))
            elif name == "shows" and ref.get("seasons"):
                found.extend(_inside(item, ref))
            else:
                found.append((item, ref))
    return found, missing


def _inside(show: Any, ref: dict[str, Any]) -> list[tuple[Listable, dict[str, Any]]]:
    found: list[tuple[Listable, dict[str, Any]]] = []
    for sent in item_lists({"seasons": ref["seasons"]})["seasons"]:
        season = show.seasons.get(sent.get("number"))
        if season is None:
            continue
        if not sent.get("episodes"):
            found.append((season, sent))
            continue
        for one in item_lists({"episodes": sent["episodes"]})["episodes"]:
            episode = season.episodes.get(one.get("number"))
            found.extend([(episode, one)] if episode else [])
    return found
