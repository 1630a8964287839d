from __future__ import annotations

import json
from dataclasses import replace

import pytest

from crosswatch.core.events import Media, MediaKind, Numbering, Show
from crosswatch.core.ids import Ids
from crosswatch.providers.scrobble.plex.documents import parse_document
from crosswatch.providers.scrobble.plex.items import ShowFacts, media_from
from crosswatch.providers.scrobble.plex.rows import PlayedRule
from crosswatch.providers.scrobble.plex.several import may_be_shared, named_range, with_shared_file
from crosswatch.providers.scrobble.plex.values import children_of
from crosswatch.providers.scrobble.scrobble import enrich
from fakes.plex_recordings import recorded_bytes

FILE = "/tv/Show/Season 04/Show - S04E01-E02 - Fun Run.mkv"


@pytest.mark.parametrize(
    ("file", "numbers"),
    [
        (FILE, (4, 1, 2)),
        ("show.s02e01e02.mkv", (2, 1, 2)),
        ("Show S02E01-02.mkv", (2, 1, 2)),
        ("Show S02E01-E02-E03.mkv", (2, 1, 3)),
        ("show.s02e01e02e03.1080p.mkv", (2, 1, 3)),
        ("Show S02E01 - S02E02.mkv", (2, 1, 2)),
        ("Show - s2 e9-e10.mkv", (2, 9, 10)),
        ("Show 2x01-02.mkv", (2, 1, 2)),
        ("Show 2x01-2x02.mkv", (2, 1, 2)),
        ("C:\\tv\\Show S02E01-E02.mkv", (2, 1, 2)),
        ("Show S00E01-E02.mkv", (0, 1, 2)),
        ("/tv/Show S01E01-E02/Show S01E05.mkv", None),
        ("Show S02E01.mkv", None),
        ("Show S02E01-1080p.mkv", None),
        ("Show S02E01 - 24 Hours.mkv", None),
        ("Show S02E02-E01.mkv", None),
        ("Show S02E01-E26.mkv", None),
        ("Show S02E01-E01.mkv", None),
        ("Show 1920x1080-60.mkv", None),
        ("", None),
        (None, None),
    ],
    ids=repr,
)
def test_a_name_that_announces_several_episodes(file, numbers):
    found = named_range(file)
    assert (found and (found.season, found.first, found.last)) == numbers


def an_item(number, file=FILE, **fields):
    return {
        "type": "episode",
        "ratingKey": str(100 + number),
        "title": f"Part {number}",
        "parentIndex": 4,
        "index": number,
        "grandparentTitle": "Show",
        "guid": f"plex://episode/{number}",
        "Guid": [{"id": f"tvdb://{number}"}],
        "duration": 2_520_001,
        "Media": [{"Part": [{"file": file}]}],
        **fields,
    }


def shared(item, *others):
    return with_shared_file(media_from(item), item, [item, *others])


def test_the_recorded_file_holds_two_episodes():
    container = parse_document(recorded_bytes("metadata/09-multi-episode-file.json"))
    items = children_of(container, "Metadata")
    media = with_shared_file(media_from(items[1], container), items[1], items, container)
    assert may_be_shared(media)
    assert media.duration_ms == 2_520_000
    assert (media.shared_file.played_key, media.shared_file.place) == ("40102", None)
    assert [
        (one.rating_key, one.number, one.ids.tvdb, one.duration_ms) for one in media.shared_file.episodes
    ] == [
        ("40101", 1, 9900401, 1_260_000),
        ("40102", 2, 9900402, 1_260_000),
    ]


def test_shares_add_up_to_the_length():
    media = shared(an_item(1), an_item(2), an_item(3))
    assert [one.duration_ms for one in media.shared_file.episodes] == [840_000, 840_000, 840_001]


def test_only_those_of_the_very_file_count():
    media = shared(an_item(1), an_item(2), an_item(3, file="/tv/Show S04E03.mkv"))
    assert [one.number for one in media.shared_file.episodes] == [1, 2]


def test_a_second_version_of_an_episode_may_be_the_shared_one():
    other = an_item(2, Media=[{"Part": [{"file": "/x.mkv"}]}, {"Part": [{"file": FILE}]}])
    assert len(shared(an_item(1), other).shared_file.episodes) == 2


def test_the_order_is_that_of_the_numbers():
    media = shared(an_item(2), an_item(1))
    assert [one.number for one in media.shared_file.episodes] == [1, 2]
    assert media.shared_file.played_key == "102"


def test_where_there_is_no_item_the_name_speaks_for_itself():
    media = replace(shared(an_item(1)), show=Show(title="Show", ids=Ids(tvdb=5)))
    first, second = media.shared_file.episodes
    assert (second.season, second.number, second.ids, second.title, second.guid) == (4, 2, Ids(), "", "")
    assert second.rating_key == "101+2"
    assert first.ids == Ids(tvdb=1)


@pytest.mark.parametrize(
    ("item", "others"),
    [
        pytest.param(
            an_item(1), [an_item(2, file="/tv/Show S04E02.mkv")], id="an item of its own for the second"
        ),
        pytest.param(an_item(1, parentIndex=5), [], id="another season than the name says"),
        pytest.param(an_item(3), [], id="a number that the name does not announce"),
        pytest.param(
            an_item(1, guid="com.plexapp.agents.thetvdbdvdorder://5/4/1"), [], id="numbers in DVD order"
        ),
    ],
)
def test_a_name_alone_is_not_believed_against_what_else_is_known(item, others):
    assert shared(item, *others).shared_file is None


@pytest.mark.parametrize(
    "media",
    [
        Media(kind=MediaKind.MOVIE, title="x", file=FILE, duration_ms=5),
        Media(kind=MediaKind.EPISODE, title="x", file=FILE),
        Media(kind=MediaKind.EPISODE, title="x", file="/tv/S04E01.mkv", duration_ms=5),
        Media(kind=MediaKind.EPISODE, title="x", duration_ms=5),
    ],
    ids=["a movie", "no length", "one episode", "no file"],
)
def test_other_items_are_not_asked_about(media):
    assert not may_be_shared(media)


def test_all_episodes_of_a_file_get_what_their_shows_page_knows():
    media = shared(an_item(1), an_item(2))
    facts = ShowFacts(show=Show(title="Show", year=2005, ids=Ids(tmdb=7)), numbering=Numbering.DVD)
    enriched = enrich(media, facts)
    assert {one.show for one in enriched.shared_file.episodes} == {facts.show}
    assert {one.numbering for one in enriched.shared_file.episodes} == {Numbering.DVD}


def test_the_final_credits_are_those_of_the_last_episode():
    markers = [
        {"type": "credits", "startTimeOffset": 1_200_000},
        {"type": "credits", "final": True, "startTimeOffset": 2_400_000},
    ]
    media = shared(an_item(1, Marker=markers), an_item(2))
    assert [one.credits_ms for one in media.shared_file.episodes] == [None, 1_140_000]
    assert (media.shared_file.first_credits_ms, media.shared_file.final_credits_ms) == (1_200_000, 2_400_000)


@pytest.mark.parametrize(
    ("rule", "markers", "counted_at_ms"),
    [
        (PlayedRule(threshold_percent=90, behaviour=0), (400, 950), 900),
        (PlayedRule(threshold_percent=90, behaviour=1), (400, 950), 950),
        (PlayedRule(threshold_percent=90, behaviour=2), (400, 950), 400),
        (PlayedRule(threshold_percent=90, behaviour=3), (400, 950), 400),
        (PlayedRule(threshold_percent=90, behaviour=3), (950, 950), 900),
        (PlayedRule(threshold_percent=85, behaviour=1), (None, None), 850),
        (PlayedRule(threshold_percent=85, behaviour=2), (None, None), 850),
        (PlayedRule(threshold_percent=85, behaviour=3), (None, None), 850),
    ],
    ids=["threshold", "final", "first", "earlier", "threshold is earlier", "no final", "no first", "none"],
)
def test_where_the_server_counts(rule, markers, counted_at_ms):
    assert rule.counted_at_ms(1000, *markers) == counted_at_ms


def test_an_item_survives_the_way_through_the_ledger():
    import msgspec

    media = shared(an_item(1), an_item(2))
    assert msgspec.json.decode(msgspec.json.encode(media), type=Media) == media
    assert json.loads(msgspec.json.encode(media))["shared_file"]["played_key"] == "101"
