"""Saying what an item is: search, show, season, episode, preview, save; each step an address of its own."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from urllib.parse import urlencode

import pytest

from crosswatch.core.events import Media, MediaKind, Percent, Show
from crosswatch.core.identity import Choice
from crosswatch.core.ids import Ids
from crosswatch.core.outcomes import Accepted, Refused
from crosswatch.core.plays import DesiredAction, PlayState
from crosswatch.core.ports import Settlement
from crosswatch.core.reasons import Reason, Verdict
from fakes.plays import FILM, MAYA, at, make_play, want, wants
from fakes.sink import Fault

PAGE = {"accept": "text/html"}
NARUTO = Show(title="Naruto", year=2002, ids=Ids(trakt=77))
HERE = Media(
    kind=MediaKind.EPISODE,
    title="The Forest of Death",
    show=replace(NARUTO, ids=Ids(tvdb=78857)),
    season=1,
    number=27,
    ids=Ids(tvdb=123),
)
LINK = "https://trakt.tv/shows/naruto/seasons/2/episodes/1"
HOSTILE = '"><img src=x onerror=alert(1)>'
ALL_ON = {"scrobble": {"enabled": True, "providers": {"trakt": {"enabled": True}}}}


def there(season, number, title="", show=NARUTO):
    return Media(
        kind=MediaKind.EPISODE,
        title=title or f"Episode {season}.{number}",
        show=show,
        season=season,
        number=number,
        ids=Ids(trakt=season * 1000 + number),
    )


@pytest.fixture
def known(runtime):
    """What Trakt has: the show with its seasons, a film, and each by what a person may choose."""
    episodes = [there(season, number) for season in (0, 1, 2) for number in range(1, 27)]
    episodes[52] = there(2, 1, "the forest of death")
    runtime.trakt.shows[77] = episodes
    runtime.trakt.offers["Naruto", MediaKind.EPISODE] = [NARUTO, Show(title=HOSTILE, ids=Ids(trakt=78))]
    runtime.trakt.offers["Arrival", MediaKind.MOVIE] = [replace(FILM, ids=Ids(trakt=9))]
    for one in episodes:
        choice = Choice(kind=MediaKind.EPISODE, show_ids=Ids(trakt=77), season=one.season, number=one.number)
        runtime.trakt.catalogue |= {choice: one, replace(choice, is_of_show=True): one}
    film = Choice(kind=MediaKind.MOVIE, ids=Ids(trakt=9))
    runtime.trakt.catalogue[film] = replace(FILM, ids=Ids(trakt=9))
    link = Choice(kind=MediaKind.EPISODE, link=LINK)
    runtime.trakt.catalogue |= {link: episodes[52], replace(link, is_of_show=True): episodes[52]}


@pytest.fixture
async def failed(web, runtime):
    """An episode that Trakt does not know under the numbers of its server."""
    await web.post("/api/config", {"features": ALL_ON})
    over = {"state": PlayState.ENDED, "ended_at": at(9), "watched_at": at(9), "progress": Percent(92)}
    play = make_play(media=HERE, **over)
    await runtime.ledger.record([wants(play, want(DesiredAction.WATCHED, 9, 92))])
    now = runtime.clock.now()
    [claim] = await runtime.ledger.claim(MAYA, worker="w", now=now, lease=now - now, batch=1)
    refused = Refused(reason=Reason.NO_MATCH)
    await runtime.ledger.settle([Settlement(claim=claim, outcome=refused, at=now, retry_at=now)])
    return play


@pytest.fixture
def step(web, failed):
    """Draws one step: its status, its text, and its source."""

    async def draw(**asked):
        answer = await web.get(f"/history/{failed.id}/match?{urlencode(asked)}", headers=PAGE)
        bare = re.sub(r"<(script|style|title)\b.*?</\1>|<[^>]+>", " ", answer.text, flags=re.DOTALL)
        return answer.status, " ".join(html.unescape(bare).split()), answer.text

    return draw


def save(web, play, **fields):
    headers = {"content-type": "application/x-www-form-urlencoded", **PAGE}
    return web("POST", f"/history/{play.id}/match", body=urlencode(fields).encode(), headers=headers)


pytestmark = pytest.mark.usefixtures("known")


async def test_the_page_of_the_play_leads_here_with_what_to_look_for(web, failed):
    source = (await web.get(f"/history/{failed.id}", headers=PAGE)).text
    section = source[source.index('<section id="match"') :]
    assert f'action="../history/{failed.id}/match"' in section
    assert 'name="find" value="Naruto"' in section
    assert '<option value="episode" selected>' in section


async def test_a_search_offers_what_trakt_has(step, runtime):
    status, text, source = await step(find="Naruto", kind="episode")
    assert status == 200
    assert "What Trakt has Naruto 2002" in text
    assert "match?find=Naruto&amp;kind=episode&amp;show=77" in source
    assert HOSTILE in text
    assert "<img src=x" not in source
    assert [kind for kind, _, _ in runtime.trakt.requests] == ["search"]


async def test_a_search_that_finds_nothing_says_what_may_help(step):
    assert "Trakt has nothing that resembles it." in (await step(find="zzz"))[1]


async def test_a_show_opens_at_the_season_and_episode_that_it_likely_is(step):
    _, text, source = await step(find="Naruto", show="77")
    assert "Specials 26 Season 1 26 Season 2 26" in text
    assert re.findall(r'aria-current="true">(.*?) <', source) == ["Season 2"]
    assert re.findall(r'value="(\d+x\d+)" required checked', source) == ["2x1"]
    assert source.count('name="place"') == 26


async def test_another_season_can_be_opened(step):
    _, _, source = await step(find="Naruto", show="77", season="0")
    assert 'value="0x1" required>' in source
    assert "checked> <span" not in source


async def test_before_it_is_saved_one_sees_what_would_follow(step, runtime):
    _, text, source = await step(find="Naruto", show="77", place="2x1")
    assert "Naruto S01E27 → Naruto S02E01" in text
    assert "Only this item goes by it" in text
    assert "What would be sent POST /scrobble/stop" in text
    assert '"trakt": 2001' in html.unescape(source)
    assert '<input type="hidden" name="place" value="2x1">' in source
    assert await runtime.corrections.matches() == []


async def test_for_a_whole_show_the_next_episode_is_the_example(step):
    _, text, _ = await step(find="Naruto", show="77", place="2x1", scope="show")
    assert "The whole show goes by it: S01E28 here would be S02E02 there." in text


async def test_a_link_leads_to_the_preview_and_may_be_said_of_the_show(step):
    _, text, source = await step(find=LINK)
    assert "Naruto S01E27 → Naruto S02E01" in text
    assert "Say it of the whole show instead" in text
    assert "S01E28 here would be S02E02 there" in (await step(find=LINK, scope="show"))[1]
    assert f'name="find" value="{LINK}"' in source


async def test_an_episode_may_be_a_film_at_trakt(step):
    _, _, source = await step(find="Arrival", kind="movie")
    assert "match?find=Arrival&amp;kind=movie&amp;movie=9" in source
    assert "Naruto S01E27 → Arrival (2016)" in (await step(find="Arrival", kind="movie", movie="9"))[1]


async def test_what_was_picked_is_remembered_and_the_play_is_sent(web, failed, runtime):
    answer = await save(web, failed, show="77", place="2x1", scope="show", kind="episode")
    assert (answer.status, answer.headers["location"]) == (303, f"../{failed.id}?done=match&n=1")
    [match] = await runtime.corrections.matches()
    assert (match.found, match.number_offset, match.is_of_show) == ("Naruto S02E01", -26, True)
    assert (await runtime.ledger.play(failed.id)).verdict is not Verdict.FAILED
    page = (await web.get(f"/history/{failed.id}?done=match&n=1", headers=PAGE)).text
    assert "Saved. 1 delivery is tried again with it." in page
    assert "Called as you chose" in page


@pytest.mark.parametrize("scope", ["item", "show"])
async def test_what_was_picked_can_be_forgotten_again(web, failed, runtime, scope):
    assert "Forget this choice" not in (await web.get(f"/history/{failed.id}", headers=PAGE)).text
    await save(web, failed, show="77", place="2x1", scope=scope, kind="episode")
    assert "Forget this choice" in (await web.get(f"/history/{failed.id}", headers=PAGE)).text
    headers = {"content-type": "application/x-www-form-urlencoded", **PAGE}
    answer = await web("POST", f"/history/{failed.id}/forget", body=b"", headers=headers)
    assert answer.headers["location"] == f"../{failed.id}?done=forget&n=1"
    assert await runtime.corrections.matches() == []
    page = (await web.get(f"/history/{failed.id}?done=forget&n=1", headers=PAGE)).text
    assert "From now on it goes by its own name." in page
    assert "Called as you chose" not in page


async def test_of_a_play_that_is_there_nothing_is_said_to_be_sent(web, failed, step, runtime):
    await runtime.corrections.retry(failed.id)
    now = runtime.clock.now()
    [claim] = await runtime.ledger.claim(MAYA, worker="w", now=now, lease=now - now, batch=1)
    done = Settlement(claim=claim, outcome=Accepted(remote_id=1), at=now, retry_at=now)
    assert await runtime.ledger.settle([done]) == [True]
    _, text, _ = await step(find="Naruto", show="77", place="2x1")
    assert "Save for the next time" in text
    assert "Save and send" not in text
    assert "that entry stays as it is. If it is wrong, take it back." in text
    answer = await save(web, failed, show="77", place="2x1", kind="episode")
    assert answer.headers["location"] == f"../{failed.id}?done=match&n=0"
    page = (await web.get(f"/history/{failed.id}?done=match&n=0", headers=PAGE)).text
    assert "The entry at Trakt is still the old one" in page


@pytest.mark.parametrize(
    "fields", [{}, {"show": "77"}, {"show": "77", "place": "2x0"}, {"movie": "-1"}], ids=str
)
async def test_a_form_that_names_nothing_changes_nothing(web, failed, runtime, fields):
    assert (await save(web, failed, **fields)).status == 422
    assert await runtime.corrections.matches() == []


@pytest.mark.parametrize(
    ("asked", "fault", "said"),
    [
        ({"find": "Naruto"}, Fault.UNAVAILABLE, (503, "Trakt refused.")),
        ({"find": "Naruto"}, Fault.HELD, (503, "Trakt refuses the login.")),
        ({"show": "78"}, Fault.NONE, (409, "Trakt has no such show.")),
        ({"show": "77", "place": "9x9"}, Fault.NONE, (409, "Trakt has no such item.")),
    ],
    ids=str,
)
async def test_why_it_goes_no_further_is_said_and_the_search_stays(step, runtime, asked, fault, said):
    runtime.trakt.faults.append(fault)
    status, text, source = await step(**asked)
    assert (status, said[1] in text) == (said[0], True)
    assert 'name="find" value="Naruto"' in source


async def test_trouble_while_saving_is_said_and_nothing_is_remembered(web, failed, runtime):
    runtime.trakt.faults.append(Fault.UNAVAILABLE)
    answer = await save(web, failed, show="77", place="2x1")
    assert (answer.status, 'role="alert"' in answer.text) == (503, True)
    assert await runtime.corrections.matches() == []


async def test_a_play_that_would_not_be_sent_says_why(web, step):
    await web.post("/api/config", {})
    text = (await step(show="77", place="2x1"))[1]
    assert "Nothing would be sent for this play: Scrobbling was off" in text


async def test_a_play_that_does_not_exist_is_not_found(web):
    assert (await web.get("/history/none/match", headers=PAGE)).status == 404
