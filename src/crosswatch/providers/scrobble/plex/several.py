"""Files that hold several episodes: which, by the other items of the season and by the file's name. Pure.

A server makes an item of each episode that the file's name announces, with the file's whole length. Where it
has made one item only, the name speaks for itself, as long as no other item contradicts it.

Source: Plex protocol notes, section 8; tests/recordings/plex/metadata/09-multi-episode-file.json.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from crosswatch.core.events import Media, MediaKind, Numbering, SharedFile
from crosswatch.core.ids import Ids
from crosswatch.providers.scrobble.plex.items import credits_of, files_of, media_from

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crosswatch.providers.scrobble.plex.values import Item

MOST_EPISODES = 6
"""More in one file are a whole season, and a name that says so is rather misread."""

_NAMED = (
    re.compile(
        r"s(?P<season>\d{1,4})[ ._-]?e(?P<first>\d{1,4})"
        r"(?:[ ._]?-?[ ._]?(?:s\d{1,4})?e\d{1,4})*"
        r"[ ._]?-?[ ._]?(?:s\d{1,4})?e(?P<last>\d{1,4})(?![\dpi])"
    ),
    re.compile(r"s(?P<season>\d{1,4})[ ._-]?e(?P<first>\d{1,4})-(?P<last>\d{1,3})(?![\dpi])"),
    re.compile(r"(?<!\d)(?P<season>\d{1,2})x(?P<first>\d{1,3})-(?:\d{1,2}x)?(?P<last>\d{1,3})(?![\dpix])"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """Episodes that a file's name announces."""

    season: int
    first: int
    last: int

    @property
    def numbers(self) -> range:
        """Their numbers."""
        return range(self.first, self.last + 1)


def named_range(file: str | None) -> Range | None:
    """The episodes that the name announces, if they are several: `S02E01-E02`, `S02E01E02`, `2x01-02`."""
    name = PurePosixPath((file or "").replace("\\", "/")).name.lower()
    for pattern in _NAMED:
        found = pattern.search(name)
        if found is not None:
            season, first, last = (int(found[group]) for group in ("season", "first", "last"))
            is_several = first < last < first + MOST_EPISODES
            return Range(season=season, first=first, last=last) if is_several else None
    return None


def may_be_shared(media: Media) -> bool:
    """Whether it is worth asking for the other items of the season."""
    is_long = media.kind is MediaKind.EPISODE and bool(media.duration_ms)
    return is_long and named_range(media.file) is not None


def with_shared_file(
    media: Media, item: Item, siblings: Sequence[Item], container: Item | None = None
) -> Media:
    """The item with the other episodes of its file; unchanged if there are none.

    Args:
        media: An episode whose file's name announces several.
        item: The same as its page has it.
        siblings: All items of its season, itself among them.
        container: The `MediaContainer` around these.
    """
    sharing = [one for one in siblings if media.file in files_of(one)]
    episodes = [
        media if other.rating_key == media.rating_key else other
        for other in (media_from(one, container) for one in sharing)
        if other.kind is MediaKind.EPISODE
    ]
    if media not in episodes:
        episodes.append(media)
    if len(episodes) == 1:
        episodes = _by_name(media, siblings)
    if len(episodes) == 1:
        return media
    episodes.sort(key=lambda one: (one.season is None, one.season, one.number is None, one.number))
    first_ms, final_ms = credits_of(item)
    shared = SharedFile(
        episodes=_shares(media, episodes),
        played_key=media.rating_key,
        first_credits_ms=first_ms,
        final_credits_ms=final_ms,
    )
    return replace(media, shared_file=shared)


def _by_name(media: Media, siblings: Sequence[Item]) -> list[Media]:
    """The episodes that the name announces, where no other item stands for one of them."""
    named = named_range(media.file)
    if named is None or media.numbering is not Numbering.AIRED or media.season != named.season:
        return [media]
    taken = {media_from(one).number for one in siblings} - {media.number}
    if media.number not in named.numbers or taken & set(named.numbers):
        return [media]
    return [media if number == media.number else _unlisted(media, number) for number in named.numbers]


def _unlisted(media: Media, number: int) -> Media:
    """An episode that lies in the file and has no item; it is known by its show and its place alone."""
    key = f"{media.rating_key}+{number}"
    return replace(media, title="", ids=Ids(), number=number, guid="", rating_key=key, aired_on=None)


def _shares(media: Media, episodes: Sequence[Media]) -> tuple[Media, ...]:
    """The episodes, each with an equal share of the length; the final credits are those of the last one."""
    length_ms, count = media.duration_ms or 0, len(episodes)
    share_ms = length_ms // count
    last_begin_ms = share_ms * (count - 1)
    credits_ms = media.credits_ms if media.credits_ms and media.credits_ms > last_begin_ms else None
    shares = [replace(one, duration_ms=share_ms, credits_ms=None, file=media.file) for one in episodes]
    shares[-1] = replace(
        shares[-1],
        duration_ms=length_ms - last_begin_ms,
        credits_ms=credits_ms and credits_ms - last_begin_ms,
    )
    return tuple(shares)
