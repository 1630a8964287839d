from __future__ import annotations

from dataclasses import replace

import pytest

from crosswatch.core.anime import AnimeList, Span, Title
from crosswatch.core.events import Media, MediaKind, Numbering, Show
from crosswatch.core.identity import choice_for_item, choice_for_show, media_key
from crosswatch.core.ids import Ids
from crosswatch.core.plays import Match
from crosswatch.service.memory import Memory
from fakes.hand_clock import HandClock
from fakes.memory_ledger import MemoryLedger
from fakes.plays import NOW

EPISODE = Media(
    kind=MediaKind.EPISODE,
    title="Half Loop",
    show=Show(title="Severance", year=2022, ids=Ids(tmdb=95396)),
    season=1,
    number=2,
)
THERE = replace(EPISODE, ids=Ids(trakt=73), show=Show(title="Severance", ids=Ids(trakt=7)), number=12)
ANIME = replace(
    EPISODE, show=Show(title="Cowboy Bebop"), foreign_ids=("anidb-23",), numbering=Numbering.ANIDB, number=5
)
NO_LIST = AnimeList()
LIST = AnimeList(
    titles={23: Title(tvdb=76885, spans=(Span(season=1, first=1, last=9, tvdb_season=1, offset=0),))}
)


def learned(media, trakt=1, evidence="search"):
    return Match(key=media_key(media), ids=Ids(trakt=trakt), evidence=evidence, made_at=NOW)


@pytest.fixture
def ledger():
    return MemoryLedger(HandClock())


@pytest.fixture
def recall(ledger):
    """What is known of an item, with these lists in force."""

    async def run(media, anime=NO_LIST):
        return await Memory(ledger, HandClock(), lambda: anime).recall(media)

    return run


async def test_an_item_of_which_nothing_is_known_goes_by_its_own_name(recall):
    known = await recall(EPISODE)
    assert (known.media, known.match, known.how, known.hint) == (EPISODE, None, "", "")


async def test_what_was_learned_is_remembered(ledger, recall):
    await ledger.save_match(learned(EPISODE))
    assert (await recall(EPISODE)).match == learned(EPISODE)


async def test_a_choice_for_the_item_goes_before_one_for_its_season_and_show(ledger, recall):
    of_season = choice_for_show(EPISODE, THERE, NOW)
    of_show = choice_for_show(EPISODE, replace(THERE, season=3, number=2), NOW)
    await ledger.save_match(learned(EPISODE))
    await ledger.save_match(of_show)
    assert (await recall(EPISODE)).match.season == 3
    await ledger.save_match(of_season)
    assert (await recall(EPISODE)).match.number == 12
    assert (await recall(replace(EPISODE, season=2))).match.season == 4
    await ledger.save_match(choice_for_item(EPISODE, replace(THERE, ids=Ids(trakt=5)), NOW))
    known = await recall(EPISODE)
    assert (known.match.ids, known.how) == (Ids(trakt=5), "Called as you chose: Severance S01E12.")


async def test_a_choice_that_leads_nowhere_leaves_it_at_the_next_one(ledger, recall):
    away = choice_for_show(replace(EPISODE, number=27), replace(THERE, number=1), NOW)
    await ledger.save_match(away)
    await ledger.save_match(learned(EPISODE))
    assert (await recall(EPISODE)).match == learned(EPISODE)


async def test_anime_is_called_by_what_the_list_says(ledger, recall):
    known = await recall(ANIME, LIST)
    assert (known.media.show.ids, known.media.number, known.match) == (Ids(tvdb=76885), 5, None)
    assert known.how == "By the anime list it is aired season 1, number 5 of tvdb 76885."
    await ledger.save_match(learned(known.media))
    assert (await recall(ANIME, LIST)).match == learned(known.media)


async def test_a_choice_goes_before_the_list(ledger, recall):
    await ledger.save_match(choice_for_item(ANIME, THERE, NOW))
    known = await recall(ANIME, LIST)
    assert (known.media, known.match.ids) == (ANIME, Ids(trakt=73))


async def test_a_film_of_the_list_is_told_as_one(recall):
    film = AnimeList(titles={23: Title(film=Ids(tmdb=129))})
    assert (await recall(replace(ANIME, number=1), film)).how == "By the anime list it is the film tmdb 129."


async def test_without_an_answer_it_is_said_what_to_do(recall):
    assert (await recall(ANIME)).hint == (
        "Only AniDB 23 is known of it. Name an anime list in identity.anime_list, or say what it is."
    )
    assert (await recall(replace(ANIME, number=10), LIST)).hint == (
        "The anime list has no place for AniDB 23 season 1, number 10. Say what it is."
    )
