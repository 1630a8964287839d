from __future__ import annotations

import pytest

from crosswatch.demo.overhearing import Overhearing
from crosswatch.demo.spectator import Spectator
from crosswatch.simulator.plex import SimulatedPlex
from crosswatch.simulator.trakt import Fault, SimulatedTrakt, TraktOptions


@pytest.fixture
async def plex(fast_clock):
    async with SimulatedPlex(clock=fast_clock) as plex:
        yield plex


class Audience:
    """Looks at the players and keeps what is told."""

    def __init__(self, plex):
        self._plex = plex
        self._spectator = Spectator()

    def look(self):
        remarks = self._spectator.look(self._plex.players, self._plex.clock.now())
        return [f"{one.who} {one.mark} {one.text}" for one in remarks]


async def test_a_viewing_is_told_from_start_to_end(plex):
    audience, player = Audience(plex), plex.player("Kids", "tablet")
    assert audience.look() == []
    await player.start(plex.item("Paperman"))
    assert audience.look() == ["Kids ▶ starts Paperman (2012) on Kids tablet"]
    assert audience.look() == []
    await player.seek(210_000)
    assert audience.look() == ["Kids » jumps ahead to 50\u00a0% of Paperman (2012)"]
    player.pause()
    assert audience.look() == ["Kids ‖ pauses Paperman (2012) at 50\u00a0%"]
    player.resume()
    assert audience.look() == ["Kids ▶ resumes Paperman (2012) at 50\u00a0%"]
    await player.seek(42_000)
    assert audience.look() == ["Kids » jumps back to 10\u00a0% of Paperman (2012)"]
    await player.stop()
    assert audience.look() == ["Kids ■ stops Paperman (2012) at 10\u00a0%"]
    assert audience.look() == []


async def test_an_end_and_a_beginning_between_two_looks_are_told_in_order(plex):
    audience, player = Audience(plex), plex.player("bob", "tv")
    await player.start(plex.item("Paperman"), offset_ms=419_000)
    audience.look()
    await player.stop()
    await player.start(plex.item("Arrival"))
    assert audience.look() == [
        "bob ■ has seen Paperman (2012) to the end",
        "bob ▶ starts Arrival (2016) on Living Room",
    ]


async def test_a_second_viewing_is_told_as_one(plex):
    audience, player = Audience(plex), plex.player("bob", "tv")
    for _ in range(2):
        await player.start(plex.item("Paperman"))
        told = audience.look()
        await player.stop()
        audience.look()
    assert told == ["bob ▶ starts Paperman (2012) again on Living Room"]


async def test_somebody_who_resumes_goes_on_and_finishes(plex):
    audience, player = Audience(plex), plex.player("alice", "web")
    await player.start(plex.item("Paperman"), offset_ms=336_000)
    assert audience.look() == ["alice ▶ goes on with Paperman (2012) at 80\u00a0%, on Chrome"]
    await player.seek(419_900)
    audience.look()
    await player.stop()
    assert audience.look() == ["alice ■ has seen Paperman (2012) to the end"]


async def test_live_television_has_no_percent(plex):
    audience, player = Audience(plex), plex.player("bob", "tv")
    await player.start(plex.item("Evening News"))
    assert audience.look() == ["bob ▶ watches Evening News (2025), live, on Living Room"]
    await player.stop()
    assert audience.look() == ["bob ■ switches Evening News (2025) off"]


async def test_a_player_without_a_person_is_somebody_and_a_trailer_is_none_of_the_films(plex):
    audience, player = Audience(plex), plex.player(None, "dlna")
    items = plex.world.library.everything()
    await player.start(next(item for item in items if item.extra.get("subtype") == "trailer"))
    assert audience.look() == ["somebody ▶ starts the trailer of Tenet on DLNA TV"]


class Client:
    """Asks the simulated Trakt without a socket, and keeps what is told of it."""

    def __init__(self, trakt):
        self._trakt = trakt
        self._overhearing = Overhearing(trakt)
        trakt.add_user("member")
        trakt.register_app("app", "secret")
        self._token = trakt.link("member").access_token

    def ask(self, method, path, raw=b"", **query):
        headers = {
            "user-agent": "CrossWatchTests/1.0",
            "content-type": "application/json",
            "trakt-api-key": "app",
            "trakt-api-version": "2",
            "authorization": f"Bearer {self._token}",
        }
        self._trakt.serve(method=method, path=path, query=query, headers=headers, raw=raw)
        return [one.text for one in self._overhearing.listen()]


@pytest.fixture
def trakt():
    return SimulatedTrakt(options=TraktOptions(enforce_write_limit=False))


@pytest.fixture
def client(trakt):
    return Client(trakt)


ARRIVAL = b'{"movie": {"ids": {"imdb": "tt2543164"}}, "progress": 97.5}'
UNKNOWN = b'{"movie": {"title": "Home", "year": 1901}, "progress": 5}'


def test_a_scrobble_is_told_with_its_item_and_its_answer(client):
    assert client.ask("POST", "/scrobble/stop", ARRIVAL) == [
        "stop Arrival (2016) at 98\u00a0% for member: done"
    ]
    assert client.ask("POST", "/scrobble/stop", ARRIVAL) == [
        "stop Arrival (2016) at 98\u00a0% for member: has it already"
    ]
    assert client.ask("POST", "/scrobble/start", UNKNOWN) == [
        "start Home at 5\u00a0% for member: does not know it"
    ]


def test_a_film_that_is_taken_for_another_is_told_as_both(client, trakt):
    trakt.world.matcher.options = TraktOptions(title_despite_year=True)
    misdated = b'{"movie": {"title": "True Grit", "year": 1970}, "progress": 5}'
    assert client.ask("POST", "/scrobble/start", misdated) == [
        "start True Grit (1970), taken for True Grit (2010), at 5\u00a0% for member: done"
    ]
    trakt.add_fault(Fault.answering(503))
    assert client.ask("POST", "/scrobble/start", misdated) == [
        "start True Grit (1970) at 5\u00a0% for member: out of order (503)"
    ]


def test_trouble_is_told_once_and_so_is_its_end(client, trakt):
    trakt.add_fault(Fault.answering(503))
    assert client.ask("POST", "/scrobble/stop", ARRIVAL) == [
        "stop Arrival (2016) at 98\u00a0% for member: out of order (503)"
    ]
    assert client.ask("POST", "/scrobble/stop", ARRIVAL) == []
    trakt.clear_faults()
    assert client.ask("POST", "/scrobble/stop", ARRIVAL) == [
        "stop Arrival (2016) at 98\u00a0% for member: done"
    ]


def test_what_is_added_to_the_history_is_told_with_its_time(client):
    body = b'{"movies": [{"watched_at": "2026-11-01T20:00:00Z", "ids": {"imdb": "tt2543164"}}]}'
    (told,) = client.ask("POST", "/sync/history", body)
    assert told.startswith("add to the history of member Arrival (2016), seen at ")
    assert told.endswith(": done")


def test_looks_are_told_too_and_a_cleared_ledger_is_read_from_its_beginning(client, trakt):
    assert client.ask("GET", "/search/movie", query="WALL\\-E") == ["search for WALL-E"]
    trakt.ledger.clear()
    assert client.ask("GET", "/sync/history") == ["read the history of member, to see what is there"]
