"""`/_control/…`: the simulator's own interface, for drivers in another process.

JSON both ways, no token, and outside of faults, outages and ledger. What can be done to the simulator
in Python can be done here. A mistake is answered with 400, an unknown name with 404, and
`{"error": sentence}`.

| Verb and path below `/_control` | What |
|---|---|
| `GET /state` | addresses, people, sessions, players, faults, listeners |
| `GET /items?kind=&section=` | what there is to play |
| `POST /items` `{title, length_ms, year?, section?}` | a new movie |
| `DELETE /items/{key}`, `POST /items/{key}/match` `{guid, guids?, title?}` | changes of the library |
| `POST /people` `{username, title?, role?, …}` | somebody new |
| `GET /players`, `POST /players` `{person?, device?, item(s)?, autoplay?, script?, manners?}` | viewings |
| `POST /players/{number}/{action}` `{to?, ending?, flips?}` | `pause`, `resume`, `seek`, `buffer`, `stop` |
| `DELETE /players/{number}` | a crash |
| `GET /viewings?after=` | what was really watched |
| `GET /history`, `POST /history` `{person, item, viewed_at?}` | rows of the play history |
| `POST /frames` `{frame or text, person?}` | push a frame |
| `PUT /sessions` `{sessions}` | what `/status/sessions` answers; null is the truth |
| `POST /traces` `{trace, person?}` | replay a trace, in the background |
| `POST /noise` `{count?, malformed?}` | a burst of other frames |
| `PUT /preferences` `{name: value}` | the server's preferences |
| `POST /link/{action}` `{seconds?, …}` | `drop`, `silence`, `flap`, `refuse`, `listen`, `restart` |
| `POST /pins/{code}` `{person?}` | allow a sign-in |
| `GET /webhooks`, `PUT` `{person?, urls}`, `POST` `{payload}` | hooks, what was sent, send any payload |
| `GET /faults`, `POST /faults`, `DELETE /faults` | trouble, see `Fault.from_json` |
| `GET /ledger?method=&path=&after=`, `DELETE /ledger` | requests, without the first so many |
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from aiohttp import web

from crosswatch.simulator.plex.descriptions import (
    describe_item,
    describe_player,
    describe_row,
    describe_viewing,
)
from crosswatch.simulator.plex.faults import Fault
from crosswatch.simulator.plex.noise import make_noise, push_notices
from crosswatch.simulator.plex.people import Role
from crosswatch.simulator.plex.scripts import Autoplay, Ending, Script
from crosswatch.simulator.trakt.control import (
    answer,
    describe_fault,
    fields_of,
    mistakes_as_json,
    needed,
    object_of,
)

if TYPE_CHECKING:
    from crosswatch.simulator.plex.player import Player
    from crosswatch.simulator.plex.server import SimulatedPlex

PREFIX = "/_control"


def control_app(plex: SimulatedPlex) -> web.Application:
    """The interface as an application to be mounted at `PREFIX`."""
    control = Control(plex)
    app = web.Application(middlewares=[mistakes_as_json])
    app.router.add_routes(
        [
            web.get("/state", control.state),
            web.get("/items", control.items),
            web.post("/items", control.add_item),
            web.delete("/items/{key}", control.delete_item),
            web.post("/items/{key}/match", control.match_item),
            web.post("/people", control.add_person),
            web.get("/players", control.list_players),
            web.post("/players", control.add_player),
            web.post("/players/{number}/{action}", control.act),
            web.delete("/players/{number}", control.crash),
            web.get("/viewings", control.viewings),
            web.get("/history", control.list_history),
            web.post("/history", control.add_history),
            web.post("/frames", control.push_frame),
            web.put("/sessions", control.set_sessions),
            web.post("/traces", control.replay),
            web.post("/noise", control.noise),
            web.put("/preferences", control.set_preferences),
            web.post("/link/{action}", control.break_link),
            web.post("/pins/{code}", control.claim_pin),
            web.get("/webhooks", control.list_webhooks),
            web.put("/webhooks", control.set_webhooks),
            web.post("/webhooks", control.send_webhook),
            web.get("/faults", control.list_faults),
            web.post("/faults", control.add_fault),
            web.delete("/faults", control.clear_faults),
            web.get("/ledger", control.list_ledger),
            web.delete("/ledger", control.clear_ledger),
        ]
    )
    return app


class Control:
    """The handlers."""

    def __init__(self, plex: SimulatedPlex) -> None:
        self._plex = plex
        self._world = plex.world

    # ------------------------------------------------------------ what there is

    async def state(self, _: web.Request) -> web.Response:
        """`GET /state`."""
        plex, world = self._plex, self._world
        sessions = world.sessions.alive(plex.clock.timestamp())
        body = {
            "now": plex.clock.now(),
            "base_url": plex.base_url,
            "plextv_url": plex.plextv_url,
            "machine_identifier": plex.options.machine_identifier,
            "is_up": world.is_up,
            "is_listening": plex.link.is_listening,
            "listeners": [{"kind": one.kind, "person": one.person.name} for one in world.hub.listeners],
            "frames_sent": world.hub.frames_sent,
            "people": [
                {"name": p.name, "title": p.title, "number": p.number, "role": p.role}
                for p in world.people.everybody
            ],
            "sessions": [
                {
                    "key": session.key,
                    "person": session.person.name if session.person else None,
                    "item": session.item.label,
                    "state": session.state,
                    "offset_ms": session.offset_ms,
                }
                for session in sessions
            ],
            "players": self._players(),
            "open_pins": [pin.code for pin in plex.pins.open_pins(plex.clock.now())],
            "faults": self._faults(),
            "options": asdict(plex.options),
            "requests": len(plex.ledger.requests),
        }
        return answer(body)

    async def items(self, request: web.Request) -> web.Response:
        """`GET /items`."""
        kind, section = request.query.get("kind"), request.query.get("section")
        found = [
            describe_item(item)
            for item in self._world.library.everything()
            if kind in (None, item.kind)
            and section in (None, str(item.section.number) if item.section else "")
        ]
        return answer(found)

    async def add_item(self, request: web.Request) -> web.Response:
        """`POST /items`: into the first library, unless it is said which."""
        sent = await fields_of(request, title=str, length_ms=int, year=int, section=int)
        library = self._world.library
        number = sent.get("section", min(library.sections))
        if number not in library.sections:
            raise KeyError(f"there is no library {number}")
        title, length_ms = needed(sent, "title"), needed(sent, "length_ms")
        section = library.sections[number]
        item = library.new_movie(title, section, length_ms=length_ms, year=sent.get("year"))
        return answer(describe_item(self._world.add_item(item)), status=201)

    async def delete_item(self, request: web.Request) -> web.Response:
        """`DELETE /items/{key}`."""
        return answer(describe_item(self._world.delete_item(request.match_info["key"])))

    async def match_item(self, request: web.Request) -> web.Response:
        """`POST /items/{key}/match`."""
        sent = await fields_of(request, guid=str, guids=list, title=str)
        guids = sent.get("guids")
        item = self._world.match_item(
            request.match_info["key"],
            guid=needed(sent, "guid"),
            guids=None if guids is None else tuple(guids),
            title=sent.get("title"),
        )
        return answer(describe_item(item))

    async def add_person(self, request: web.Request) -> web.Response:
        """`POST /people`."""
        sent = await object_of(request)
        try:
            sent["role"] = Role(sent.get("role", Role.SHARED))
            person = self._world.people.add(sent.pop("username", ""), **sent)
        except TypeError as error:
            raise ValueError(f"these fields do not go together: {', '.join(sorted(sent))}") from error
        return answer({"name": person.name, "number": person.number, "role": person.role}, status=201)

    # ------------------------------------------------------------ players

    async def list_players(self, _: web.Request) -> web.Response:
        """`GET /players`."""
        return answer(self._players())

    async def add_player(self, request: web.Request) -> web.Response:
        """`POST /players`: a player that starts a viewing at once, or waits where it is given no item."""
        sent = await fields_of(
            request, person=str, device=str, item=str, items=list, autoplay=str, script=dict, manners=dict
        )
        script = Script.from_json(sent.get("script", {}))
        autoplay = Autoplay(sent.get("autoplay", Autoplay.NEW_KEY))
        items = [
            self._plex.item(name) for name in sent.get("items", [sent["item"]] if "item" in sent else [])
        ]
        try:
            player = self._plex.player(
                sent.get("person", "alice"), sent.get("device", "web"), **sent.get("manners", {})
            )
        except TypeError as error:
            raise ValueError(str(error)) from error
        if items:
            self._plex.spawn(player.watch_queue(items, autoplay, script))
        number = len(self._plex.players)
        return answer(describe_player(number, player), status=201)

    async def act(self, request: web.Request) -> web.Response:
        """`POST /players/{number}/{action}`."""
        number, player = self._player(request)
        sent = await fields_of(request, to=float, ending=str, flips=int, item=str)
        match request.match_info["action"]:
            case "pause":
                player.pause()
            case "resume":
                player.resume()
            case "start":
                await player.start(self._plex.item(needed(sent, "item")))
            case "seek":
                await player.seek(int(needed(sent, "to") * player.item.length_ms))
            case "buffer":
                await player.buffer(sent.get("flips", 3))
            case "stop":
                self._plex.spawn(player.stop(Ending(sent.get("ending", Ending.NORMAL))))
            case action:
                raise KeyError(f"a player cannot {action}")
        return answer(describe_player(number, player))

    async def crash(self, request: web.Request) -> web.Response:
        """`DELETE /players/{number}`."""
        number, player = self._player(request)
        player.abandon()
        return answer(describe_player(number, player))

    async def viewings(self, request: web.Request) -> web.Response:
        """`GET /viewings`: in order of starting, without the first so many."""
        after = int(request.query.get("after", "0"))
        return answer([describe_viewing(one) for one in self._world.viewings[after:]])

    # ------------------------------------------------------------ history

    async def list_history(self, _: web.Request) -> web.Response:
        """`GET /history`."""
        return answer([describe_row(row) for row in self._world.history.rows])

    async def add_history(self, request: web.Request) -> web.Response:
        """`POST /history`."""
        sent = await fields_of(request, person=str, item=str, viewed_at=int)
        row = self._world.history.add(
            self._plex.person(needed(sent, "person")),
            self._plex.item(needed(sent, "item")),
            sent.get("viewed_at", self._world.own_time),
        )
        return answer(describe_row(row), status=201)

    # ------------------------------------------------------------ what it says

    async def push_frame(self, request: web.Request) -> web.Response:
        """`POST /frames`."""
        sent = await fields_of(request, frame=dict, text=str, person=str)
        frame = sent["text"] if "text" in sent else needed(sent, "frame")
        self._plex.push_frame(frame, sent.get("person"))
        return answer({"listeners": len(self._world.hub.listeners)})

    async def set_sessions(self, request: web.Request) -> web.Response:
        """`PUT /sessions`."""
        self._plex.set_sessions(needed(await object_of(request), "sessions"))
        return answer(self._world.sessions.documents(self._plex.clock.timestamp()))

    async def replay(self, request: web.Request) -> web.Response:
        """`POST /traces`."""
        sent = await fields_of(request, trace=dict, person=str)
        trace = needed(sent, "trace")
        self._plex.spawn(self._plex.replay_trace(trace, sent.get("person", "alice")))
        return answer({"steps": len(trace["steps"])}, status=202)

    async def noise(self, request: web.Request) -> web.Response:
        """`POST /noise`."""
        sent = await fields_of(request, count=int, malformed=bool)
        push_notices(self._world)
        make_noise(self._world, sent.get("count", 100), malformed=sent.get("malformed", False))
        return answer({"frames_sent": self._world.hub.frames_sent})

    async def set_preferences(self, request: web.Request) -> web.Response:
        """`PUT /preferences`."""
        for name, value in (await object_of(request)).items():
            self._world.set_preference(name, str(value))
        return answer(self._world.preferences.documents())

    # ------------------------------------------------------------ how it breaks

    async def break_link(self, request: web.Request) -> web.Response:
        """`POST /link/{action}`; a restart goes on in the background."""
        plex = self._plex
        sent = await fields_of(
            request, seconds=float, count=int, after_s=float, down_s=float, starting_s=float, swap_keys=bool
        )
        match request.match_info["action"]:
            case "drop":
                plex.drop()
            case "silence":
                plex.silence()
            case "flap":
                plex.flap(sent.get("count", 1), sent.get("after_s", 0.0))
            case "refuse":
                await plex.refuse(sent.get("seconds"))
            case "listen":
                await plex.listen()
            case "restart":
                plex.spawn(plex.restart(**sent))
            case action:
                raise KeyError(f"a link cannot {action}")
        return answer({"is_listening": plex.link.is_listening})

    async def list_faults(self, _: web.Request) -> web.Response:
        """`GET /faults`: those in force."""
        return answer(self._faults())

    async def add_fault(self, request: web.Request) -> web.Response:
        """`POST /faults`."""
        return answer(
            describe_fault(self._plex.add_fault(Fault.from_json(await object_of(request)))), status=201
        )

    async def clear_faults(self, _: web.Request) -> web.Response:
        """`DELETE /faults`."""
        self._plex.clear_faults()
        return answer([])

    # ------------------------------------------------------------ sign-in, webhooks, ledger

    async def claim_pin(self, request: web.Request) -> web.Response:
        """`POST /pins/{code}`."""
        sent = await fields_of(request, person=str)
        person = self._plex.person(sent.get("person", "alice"))
        pin = self._plex.pins.claim(request.match_info["code"], person, self._plex.clock.now())
        return answer({"id": pin.number, "code": pin.code, "person": person.name})

    async def list_webhooks(self, _: web.Request) -> web.Response:
        """`GET /webhooks`."""
        hooks = self._plex.webhooks
        return answer({"urls": hooks.urls(), "deliveries": [asdict(one) for one in hooks.deliveries]})

    async def set_webhooks(self, request: web.Request) -> web.Response:
        """`PUT /webhooks`."""
        sent = await fields_of(request, person=str, urls=list)
        person = self._plex.person(sent.get("person", "alice"))
        try:
            self._plex.webhooks.register(person, needed(sent, "urls"))
        except PermissionError as error:
            raise ValueError(str(error)) from error
        return answer({"urls": self._plex.webhooks.urls()})

    async def send_webhook(self, request: web.Request) -> web.Response:
        """`POST /webhooks`."""
        sent = await fields_of(request, payload=dict)
        self._plex.webhooks.send_payload(needed(sent, "payload"))
        return answer({"urls": self._plex.webhooks.urls(self._world.people.owner)}, status=202)

    async def list_ledger(self, request: web.Request) -> web.Response:
        """`GET /ledger`."""
        query = request.query
        found = self._plex.ledger.of(query.get("method"), query.get("path", ""))
        return answer(found[int(query.get("after", "0")) :])

    async def clear_ledger(self, _: web.Request) -> web.Response:
        """`DELETE /ledger`."""
        self._plex.ledger.clear()
        return answer([])

    # ------------------------------------------------------------ inside

    def _faults(self) -> list[dict[str, Any]]:
        return [describe_fault(one) for one in self._plex.faults.active(self._plex.clock.now())]

    def _players(self) -> list[dict[str, Any]]:
        return [describe_player(number, p) for number, p in enumerate(self._plex.players, start=1)]

    def _player(self, request: web.Request) -> tuple[int, Player]:
        number = request.match_info["number"]
        if not number.isdecimal() or not 1 <= int(number) <= len(self._plex.players):
            raise KeyError(f"there is no player {number}")
        return int(number), self._plex.players[int(number) - 1]
