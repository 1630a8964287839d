"""`/_control/…`: the simulator's own interface, for drivers in another process.

JSON both ways, no key and no token, and outside of faults, limits and ledger. What can be done to the
simulator in Python can be done here. A mistake is answered with 400, an unknown name with 404, and
`{"error": sentence}`.

| Verb and path below `/_control` | What |
|---|---|
| `GET /state` | everything but tokens, and but the ledger |
| `POST /users` `{username, vip?}` | a new member |
| `PATCH /users/{username}` `{vip?, locked?, deactivated?}` | what is true of a member |
| `GET /users/{username}/history`, `…/watching`, `…/playback` | what Trakt holds of a member |
| `POST /users/{username}/tokens` `{client_id?}` | a pair of tokens, as if logged in |
| `POST /users/{username}/tokens/expire`, `…/revoke`, `…/refuse` `{times?}` | trouble with tokens |
| `POST /apps` `{client_id, client_secret?, redirect_uri?, owner?}` | a new app |
| `PATCH /apps/{client_id}` `{state}` | `active`, `unapproved` or `deleted` |
| `POST /devices/{user_code}` `{decision, username?}` | `approve` or `deny`, as on `/activate` |
| `GET /options`, `PATCH /options` | switches, see `TraktOptions` |
| `GET /faults`, `POST /faults`, `DELETE /faults` | trouble, see `Fault.from_json` |
| `GET /ledger?method=&path=&after=`, `DELETE /ledger` | requests, without the first so many |
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any, get_args

import msgspec
from aiohttp import web

from crosswatch.simulator.trakt.faults import Fault
from crosswatch.simulator.trakt.items import blocks
from crosswatch.simulator.trakt.oauth import OUT_OF_BAND, AppState

if TYPE_CHECKING:
    from aiohttp.typedefs import Handler

    from crosswatch.simulator.trakt.faults import ActiveFault
    from crosswatch.simulator.trakt.service import TraktService
    from crosswatch.simulator.trakt.state import Play, Playback, TraktUser, Watching

PREFIX = "/_control"

FLAGS = ("vip", "locked", "deactivated")
"""What `PATCH /users/{username}` may set."""


def control_app(service: TraktService) -> web.Application:
    """The interface as an application to be mounted at `PREFIX`."""
    control = Control(service)
    app = web.Application(middlewares=[mistakes_as_json])
    app.router.add_routes(
        [
            web.get("/state", control.state),
            web.post("/users", control.add_user),
            web.patch("/users/{username}", control.change_user),
            web.get("/users/{username}/history", control.history),
            web.get("/users/{username}/watching", control.watching),
            web.get("/users/{username}/playback", control.playback),
            web.post("/users/{username}/tokens", control.link),
            web.post("/users/{username}/tokens/expire", control.expire_tokens),
            web.post("/users/{username}/tokens/revoke", control.revoke_tokens),
            web.post("/users/{username}/tokens/refuse", control.refuse_refreshes),
            web.post("/apps", control.register_app),
            web.patch("/apps/{client_id}", control.change_app),
            web.post("/devices/{user_code}", control.decide_device),
            web.get("/options", control.options),
            web.patch("/options", control.change_options),
            web.get("/faults", control.list_faults),
            web.post("/faults", control.add_fault),
            web.delete("/faults", control.clear_faults),
            web.get("/ledger", control.list_ledger),
            web.delete("/ledger", control.clear_ledger),
        ]
    )
    return app


@web.middleware
async def mistakes_as_json(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turns `ValueError` into a 400 and `KeyError` into a 404, both with their sentence."""
    try:
        return await handler(request)
    except KeyError as error:
        return answer({"error": str(error.args[0])}, status=404)
    except ValueError as error:
        return answer({"error": str(error)}, status=400)


def answer(body: Any, *, status: int = 200) -> web.Response:
    """A JSON response; times are ISO 8601 in UTC."""
    return web.Response(status=status, body=msgspec.json.encode(body), content_type="application/json")


class Control:
    """The handlers."""

    def __init__(self, service: TraktService) -> None:
        self._service = service

    async def state(self, _: web.Request) -> web.Response:
        """`GET /state`."""
        service = self._service
        devices = service.world.oauth.devices.values()
        body = {
            "now": service.clock.now(),
            "users": [self._user(name) for name in service.world.users],
            "apps": [
                {"client_id": app.client_id, "state": app.state, "owner": app.owner}
                for app in service.world.oauth.apps.values()
            ],
            "devices": [
                {
                    "user_code": device.user_code,
                    "client_id": device.client_id,
                    "state": device.state,
                    "expires_at": device.expires_at,
                }
                for device in devices
            ],
            "faults": self._faults(),
            "options": asdict(service.options),
            "requests": len(service.ledger.requests),
        }
        return answer(body)

    async def add_user(self, request: web.Request) -> web.Response:
        """`POST /users`."""
        sent = await fields_of(request, username=str, vip=bool)
        self._service.add_user(needed(sent, "username"), vip=sent.get("vip", False))
        return answer(self._user(sent["username"]), status=201)

    async def change_user(self, request: web.Request) -> web.Response:
        """`PATCH /users/{username}`."""
        user = self._service.user(request.match_info["username"])
        for name, value in (await fields_of(request, **dict.fromkeys(FLAGS, bool))).items():
            setattr(user, name, value)
        return answer(self._user(user.username))

    async def history(self, request: web.Request) -> web.Response:
        """`GET /users/{username}/history`: the latest first."""
        return answer([describe_play(p) for p in self._service.history(request.match_info["username"])])

    async def watching(self, request: web.Request) -> web.Response:
        """`GET /users/{username}/watching`: null if idle."""
        return answer(describe_watching(self._service.watching(request.match_info["username"])))

    async def playback(self, request: web.Request) -> web.Response:
        """`GET /users/{username}/playback`: the latest first."""
        return answer([describe_playback(p) for p in self._service.playback(request.match_info["username"])])

    async def link(self, request: web.Request) -> web.Response:
        """`POST /users/{username}/tokens`."""
        sent = await fields_of(request, client_id=str)
        grant = self._service.link(request.match_info["username"], sent.get("client_id"))
        return answer({**grant.answer(), "client_id": grant.client_id}, status=201)

    async def expire_tokens(self, request: web.Request) -> web.Response:
        """`POST /users/{username}/tokens/expire`."""
        self._service.expire_tokens(request.match_info["username"])
        return answer(self._user(request.match_info["username"]))

    async def revoke_tokens(self, request: web.Request) -> web.Response:
        """`POST /users/{username}/tokens/revoke`."""
        self._service.revoke_tokens(request.match_info["username"])
        return answer(self._user(request.match_info["username"]))

    async def refuse_refreshes(self, request: web.Request) -> web.Response:
        """`POST /users/{username}/tokens/refuse`: without `times` until the end."""
        sent = await fields_of(request, times=int)
        self._service.refuse_refreshes(request.match_info["username"], sent.get("times"))
        return answer(self._user(request.match_info["username"]))

    async def register_app(self, request: web.Request) -> web.Response:
        """`POST /apps`."""
        sent = await fields_of(request, client_id=str, client_secret=str, redirect_uri=str, owner=str)
        app = self._service.register_app(
            needed(sent, "client_id"),
            sent.get("client_secret"),
            redirect_uri=sent.get("redirect_uri", OUT_OF_BAND),
            owner=sent.get("owner"),
        )
        return answer({"client_id": app.client_id, "state": app.state}, status=201)

    async def change_app(self, request: web.Request) -> web.Response:
        """`PATCH /apps/{client_id}`."""
        state = needed(await fields_of(request, state=str), "state")
        if state not in get_args(AppState):
            raise ValueError(f"state is {state!r}; known are {', '.join(get_args(AppState))}")
        self._service.set_app_state(request.match_info["client_id"], state)
        return answer({"client_id": request.match_info["client_id"], "state": state})

    async def decide_device(self, request: web.Request) -> web.Response:
        """`POST /devices/{user_code}`."""
        sent = await fields_of(request, decision=str, username=str)
        user_code, decision = request.match_info["user_code"], needed(sent, "decision")
        if decision == "approve":
            self._service.approve_device(user_code, needed(sent, "username"))
        elif decision == "deny":
            self._service.deny_device(user_code)
        else:
            raise ValueError(f"decision is {decision!r}; known are approve, deny")
        return answer({"user_code": user_code, "decision": decision})

    async def options(self, _: web.Request) -> web.Response:
        """`GET /options`."""
        return answer(asdict(self._service.options))

    async def change_options(self, request: web.Request) -> web.Response:
        """`PATCH /options`."""
        self._service.set_options(**await object_of(request))
        return answer(asdict(self._service.options))

    async def list_faults(self, _: web.Request) -> web.Response:
        """`GET /faults`: those in force."""
        return answer(self._faults())

    async def add_fault(self, request: web.Request) -> web.Response:
        """`POST /faults`."""
        active = self._service.add_fault(Fault.from_json(await object_of(request)))
        return answer(describe_fault(active), status=201)

    async def clear_faults(self, _: web.Request) -> web.Response:
        """`DELETE /faults`."""
        self._service.clear_faults()
        return answer([])

    async def list_ledger(self, request: web.Request) -> web.Response:
        """`GET /ledger`."""
        query = request.query
        found = self._service.ledger.of(query.get("method"), query.get("path", ""))
        return answer(found[int(query.get("after", "0")) :])

    async def clear_ledger(self, _: web.Request) -> web.Response:
        """`DELETE /ledger`."""
        self._service.ledger.clear()
        return answer([])

    def _user(self, username: str) -> dict[str, Any]:
        user = self._service.user(username)
        return describe_user(user, live=sum(not g.refresh_spent for g in self._service.grants(username)))

    def _faults(self) -> list[dict[str, Any]]:
        return [describe_fault(one) for one in self._service.faults.active(self._service.clock.now())]


async def object_of(request: web.Request) -> dict[str, Any]:
    """The body as a JSON object; none is an empty one.

    Raises:
        ValueError: If it is something else.
    """
    raw = await request.read()
    return msgspec.json.decode(raw, type=dict[str, Any]) if raw else {}


async def fields_of(request: web.Request, **types: type) -> dict[str, Any]:
    """The body as an object of such fields, each of which may be left out.

    Raises:
        ValueError: If a field is unknown or has another type.
    """
    sent = await object_of(request)
    for name, value in sent.items():
        if name not in types:
            raise ValueError(f"unknown field {name!r}; known are {', '.join(types)}")
        if type(value) is not types[name]:
            raise ValueError(f"{name} should be of type {types[name].__name__}")
    return sent


def needed(sent: dict[str, Any], name: str) -> Any:
    """The field, which must be there.

    Raises:
        ValueError: If it is not.
    """
    if name not in sent:
        raise ValueError(f"{name} is missing")
    return sent[name]


def describe_user(user: TraktUser, *, live: int) -> dict[str, Any]:
    """A member and what Trakt holds, with the count of live sessions."""
    return {
        "username": user.username,
        **{flag: getattr(user, flag) for flag in FLAGS},
        "live_sessions": live,
        "plays": len(user.history),
        "watching": describe_watching(user.watching),
        "playback": [describe_playback(position) for position in user.playback.values()],
    }


def describe_play(play: Play) -> dict[str, Any]:
    """A line of a history, with what made it."""
    return {
        "id": play.id,
        "label": play.label,
        "watched_at": play.watched_at,
        "action": play.action,
        "made_at": play.made_at,
        "made_by": play.made_by,
        "request": play.request,
        "type": play.kind,
        **blocks(play.item),
    }


def describe_watching(watching: Watching | None) -> dict[str, Any] | None:
    """What is on, or None."""
    if watching is None:
        return None
    return {
        "label": watching.item.label,
        "action": watching.action,
        "started_at": watching.started_at,
        "expires_at": watching.expires_at,
        **blocks(watching.item),
    }


def describe_playback(position: Playback) -> dict[str, Any]:
    """A saved position."""
    return {
        "id": position.id,
        "label": position.item.label,
        "progress": position.progress,
        "paused_at": position.paused_at,
        **blocks(position.item),
    }


def describe_fault(active: ActiveFault) -> dict[str, Any]:
    """A fault in force, with how many requests it has met."""
    return {"number": active.number, "until": active.until, "hits": active.hits, **asdict(active.fault)}
