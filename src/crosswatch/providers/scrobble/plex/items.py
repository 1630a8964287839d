"""Items of a Plex library to media. Pure.

Source: Plex protocol notes, sections 7.3, 8 and 9.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from crosswatch.core.events import Media, MediaKind, Numbering, Show
from crosswatch.core.guids import Bearer, Guid, parse_guid
from crosswatch.core.ids import Ids, merge_ids, parse_external
from crosswatch.providers.scrobble.plex.values import (
    Item,
    child_of,
    children_of,
    int_of,
    is_set,
    rating_key_of,
    text_of,
)

_KINDS = {
    "movie": MediaKind.MOVIE,
    "episode": MediaKind.EPISODE,
    "clip": MediaKind.CLIP,
    "track": MediaKind.TRACK,
    "photo": MediaKind.PHOTO,
}

_ORDERINGS = {
    "": None,
    "aired": None,
    "tmdbAiring": None,
    "tvdbAiring": None,
    "dvd": Numbering.DVD,
    "tvdbDvd": Numbering.DVD,
    "absolute": Numbering.ABSOLUTE,
    "tvdbAbsolute": Numbering.ABSOLUTE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowFacts:
    """What a server's own page of a show adds to its episodes.

    Attributes:
        show: Title, first year and ids of the show.
        numbering: What the numbers of its episodes count, where the show was set to another than aired
            order; None where it was not.
        foreign_ids: As in `Media`.
    """

    show: Show
    numbering: Numbering | None = None
    foreign_ids: tuple[str, ...] = ()


def kind_of(item: Item) -> MediaKind:
    """What kind of item it is.

    Live television is told by its flag or its path, not by its type, which is that of the programme; and
    what lies in no library of the user (sections -2 and -3) is a clip whatever it says.
    """
    path = text_of(item.get("key"))
    from_tuner = text_of(child_of(item, "Media").get("origin")) == "livetv"
    if is_set(item.get("live")) or path.startswith("/livetv/") or from_tuner:
        return MediaKind.LIVE
    kind = _KINDS.get(text_of(item.get("type")).lower(), MediaKind.UNKNOWN)
    if kind.is_scrobbled and text_of(item.get("librarySectionID")).startswith("-"):
        return MediaKind.CLIP
    return kind


def media_from(item: Item, container: Item | None = None) -> Media:
    """The item as its server describes it, without what only its show's page knows.

    Args:
        item: An entry of `Metadata`, of a list of sessions, of a history or of a webhook.
        container: The `MediaContainer` around it, for what it says of all its items.
    """
    kind = kind_of(item)
    guid = parse_guid(text_of(item.get("guid")))
    is_episode = kind is MediaKind.EPISODE
    around = container or {}
    return Media(
        kind=kind,
        title=text_of(item.get("title")),
        year=int_of(item.get("year"), least=1),
        ids=_own_ids(item, guid, kind),
        show=_show_of(item, guid) if is_episode else None,
        season=_first(int_of(item.get("parentIndex")), guid.season) if is_episode else None,
        number=_first(int_of(item.get("index")), guid.number) if is_episode else None,
        numbering=guid.numbering if is_episode else Numbering.AIRED,
        aired_on=_day(text_of(item.get("originallyAvailableAt"))),
        duration_ms=int_of(item.get("duration"), least=1),
        guid=guid.text,
        foreign_ids=guid.foreign_ids,
        rating_key=rating_key_of(item),
        show_rating_key=rating_key_of(item, "grandparentRatingKey", "grandparentKey") if is_episode else "",
        library_id=_library_id(item) or _library_id(around),
        library=text_of(item.get("librarySectionTitle")) or text_of(around.get("librarySectionTitle")),
        file=_file_of(item),
        credits_ms=credits_of(item)[1],
    )


def show_facts_from(item: Item) -> ShowFacts:
    """What the page of a show tells.

    Source: Plex protocol notes, section 8; the values of `showOrdering` are those of the python-plexapi
    library, whose documentation names them.
    """
    guid = parse_guid(text_of(item.get("guid")))
    show = Show(
        title=text_of(item.get("title")),
        year=int_of(item.get("year"), least=1),
        ids=_listed_ids(item) or guid.ids_of(Bearer.SHOW),
    )
    ordering = _ORDERINGS.get(text_of(item.get("showOrdering")), Numbering.UNKNOWN)
    return ShowFacts(show=show, numbering=ordering, foreign_ids=guid.foreign_ids)


def _listed_ids(item: Item) -> Ids:
    return merge_ids(parse_external(text_of(entry.get("id"))) for entry in children_of(item, "Guid"))


def _own_ids(item: Item, guid: Guid, kind: MediaKind) -> Ids:
    """Ids of the movie or episode itself: what the server lists, else what a legacy GUID carries."""
    if not kind.is_scrobbled:
        return Ids()
    bearer = Bearer.MOVIE if kind is MediaKind.MOVIE else Bearer.EPISODE
    return _listed_ids(item) or guid.ids_of(bearer)


def _show_of(item: Item, guid: Guid) -> Show | None:
    title = text_of(item.get("grandparentTitle"))
    of_item = guid.ids if guid.bearer is Bearer.SHOW else Ids()
    ids = of_item or parse_guid(text_of(item.get("grandparentGuid"))).ids_of(Bearer.SHOW)
    return Show(title=title, ids=ids) if title or ids else None


def _first(*numbers: int | None) -> int | None:
    """The first number that there is; 0 is a number."""
    return next((number for number in numbers if number is not None), None)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text[:10])  # a time behind it has been seen
    except ValueError:
        return None


def _library_id(item: Item) -> str | None:
    """The section, unless it is one of the negative numbers of what lies in none."""
    section = text_of(item.get("librarySectionID"))
    return section if section and not section.startswith("-") else None


def credits_of(item: Item) -> tuple[int | None, int | None]:
    """Where the first credits begin, and where those do that run to the end; in milliseconds, or None."""
    markers = [one for one in children_of(item, "Marker") if text_of(one.get("type")) == "credits"]
    starts = [(int_of(one.get("startTimeOffset"), least=1), is_set(one.get("final"))) for one in markers]
    first = min((start for start, _ in starts if start), default=None)
    final = min((start for start, is_final in starts if start and is_final), default=None)
    return first, final


def files_of(item: Item) -> frozenset[str]:
    """Every file of the item, of all its versions and parts."""
    versions = children_of(item, "Media")
    files = (text_of(part.get("file")) for version in versions for part in children_of(version, "Part"))
    return frozenset(files) - {""}


def _file_of(item: Item) -> str | None:
    """The file that plays, or the first where the server does not say which."""
    versions = children_of(item, "Media")
    chosen = next((version for version in versions if is_set(version.get("selected"))), None)
    version = chosen or (versions[0] if versions else {})
    return text_of(child_of(version, "Part").get("file")) or None
