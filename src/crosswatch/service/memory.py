"""What an item is called at a sink, as far as that is known: by a person, by a list of anime, by experience.

A person's choice comes first, for the item before its season and its season before its show. Then an item
that only AniDB or MyAnimeList has a name for is called by what the lists say of it. What was learned of an
item is remembered under the name that sinks know it by.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from crosswatch.core.anime import AnimeList, is_anime, translate
from crosswatch.core.identity import is_learned_of, keys_of, match_of, media_key
from crosswatch.core.phrases import say
from crosswatch.core.plays import OVERRIDE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from crosswatch.clock import Clock
    from crosswatch.core.events import Media
    from crosswatch.core.plays import Match
    from crosswatch.core.ports import Ledger


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of an item before a sink is asked.

    Attributes:
        media: The item by the ids and numbers that sinks know.
        match: What the sink calls it, or None.
        how: Why it is called so, for the story; empty where it goes by its own name.
        hint: What to do if the sink does not know it; empty where nothing more is known here.
    """

    media: Media
    match: Match | None = None
    how: str = ""
    hint: str = ""


class Memory:
    """Looks up what is known of items.

    Args:
        ledger: Where choices and experience are.
        clock: Tells the time.
        anime: The lists in force.
    """

    def __init__(self, ledger: Ledger, clock: Clock, anime: Callable[[], AnimeList]) -> None:
        self._ledger = ledger
        self._clock = clock
        self._anime = anime

    async def recall(self, media: Media) -> Known:
        """What is known of the item.

        Raises:
            StorageError: If the database cannot be read.
        """
        known = self._anime()
        translated = translate(media, known)
        keys = (*keys_of(media), *([media_key(translated)] if translated else []))
        found = await self._ledger.recall(keys, self._clock.now())
        choice = _choice(media, [found[key] for key in keys if key in found])
        if choice is not None:
            how = say("Called as you chose: {title}.", title=_called(choice))
            return Known(media=media, match=choice, how=how)
        if translated is not None:
            how = say("By the anime list it is {place}.", place=_place_of(translated))
            return Known(media=translated, match=_learned(translated, found), how=how)
        hint = _hint(media, known) if is_anime(media) else ""
        return Known(media=media, match=_learned(media, found), hint=hint)


def _choice(media: Media, remembered: list[Match]) -> Match | None:
    """The most special of a person's choices, as a match of this very item."""
    chosen = [match for match in remembered if match.evidence == OVERRIDE]
    matches = (match_of(media, match) if match.is_of_show else match for match in chosen)
    return next((match for match in matches if match is not None), None)


def _learned(media: Media, found: Mapping[str, Match]) -> Match | None:
    match = found.get(media_key(media))
    return match if match is not None and is_learned_of(media, match) else None


def _called(match: Match) -> str:
    if match.found:
        return match.found
    return say(
        "season {season}, number {number} of the show that you named",
        season=str(match.season),
        number=str(match.number),
    )


def _place_of(media: Media) -> str:
    if media.show is None:
        ids = media.ids.as_dict()
        return say("the film {ids}", ids=", ".join(f"{name} {value}" for name, value in ids.items()))
    return say(
        "{numbering} season {season}, number {number} of tvdb {show}",
        numbering=media.numbering.value,
        season=str(media.season),
        number=str(media.number),
        show=str(media.show.ids.tvdb),
    )


def _hint(media: Media, known: AnimeList) -> str:
    name = media.foreign_ids[0].replace("anidb-", "AniDB ").replace("mal-", "MyAnimeList ")
    if not known.titles:
        return say(
            "Only {name} is known of it. Name an anime list in identity.anime_list, or say what it is.",
            name=name,
        )
    return say(
        "The anime list has no place for {name}[ season {season}, number {number}]. Say what it is.",
        name=name,
        season=str(media.season),
        number="" if media.number is None else str(media.number),
    )
