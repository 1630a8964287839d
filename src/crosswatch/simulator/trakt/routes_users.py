"""`/users/…`: who am I, what is being watched.

Source: Trakt protocol notes, sections 3.6 and 6.3.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crosswatch.simulator.trakt.answers import Answer, iso, refuse
from crosswatch.simulator.trakt.calls import Call, Route
from crosswatch.simulator.trakt.items import blocks
from crosswatch.simulator.trakt.routes_lists import VIP_FACTOR

if TYPE_CHECKING:
    from crosswatch.simulator.trakt.state import TraktUser


CONNECTIONS = (
    "facebook",
    "twitter",
    "mastodon",
    "google",
    "tumblr",
    "medium",
    "slack",
    "apple",
    "dropbox",
    "microsoft",
)


def profile_of(user: TraktUser) -> dict[str, Any]:
    """The public part of an account."""
    return {
        "username": user.username,
        "private": False,
        "name": user.username.replace("-", " ").title(),
        "vip": user.vip,
        "vip_ep": False,
        "director": False,
        "ids": {"slug": user.slug, "trakt": user.number, "uuid": user.uuid},
    }


def profile(call: Call) -> Answer:
    """`GET /users/{slug}`; `me` is the member behind the token."""
    return Answer(json=profile_of(_named(call)))


def settings(call: Call) -> Answer:
    """`GET /users/settings`: the account and its limits."""
    user, options = call.me, call.options
    factor = VIP_FACTOR if user.vip else 1
    body = {
        "user": {
            **profile_of(user),
            "joined_at": iso(user.joined_at),
            "location": None,
            "about": None,
            "gender": None,
            "age": None,
            "images": {"avatar": {"full": "https://example.invalid/avatar.png"}},
            "vip_og": False,
            "vip_years": int(user.vip),
            "vip_cover_image": None,
            "dob": None,
        },
        "account": {
            "timezone": "Europe/Amsterdam",
            "date_format": "dmy",
            "time_24hr": True,
            "cover_image": None,
        },
        "connections": dict.fromkeys(CONNECTIONS, False),
        "sharing_text": {
            "watching": "I'm watching [item]",
            "watched": "I just watched [item]",
            "rated": "[item] [stars]",
        },
        "limits": {
            "list": {"count": 5 * factor, "item_count": options.watchlist_cap * factor},
            "watchlist": {"item_count": options.watchlist_cap * factor},
            "favorites": {"item_count": 100},
            "search": {"recent_count": 5},
            "collection": {"item_count": 100 * factor},
            "notes": {"item_count": 100},
        },
        "permissions": {"commenting": True, "liking": True, "following": True},
    }
    if call.query.get("extended") == "browsing":
        body["browsing"] = {"watch_only_once": False}
    return Answer(json=body)


def plex_settings(call: Call) -> Answer:
    """`GET /users/settings/plex`: for VIPs only, everybody else gets a 426."""
    if not call.me.vip:
        raise refuse(426)
    return Answer(json={"webhook": {"enabled": False}})


def watching(call: Call) -> Answer:
    """`GET /users/{slug}/watching`: 204 if idle."""
    current = _named(call).watching
    if current is None:
        return Answer(status=204)
    body = {
        "expires_at": iso(current.expires_at),
        "started_at": iso(current.started_at),
        "action": current.action,
        "type": current.item.kind,
        **blocks(current.item),
    }
    return Answer(json=body)


def _named(call: Call) -> TraktUser:
    if call.params["user"] == "me":
        return call.me
    try:
        return call.world.user(call.params["user"])
    except KeyError as error:
        raise refuse(404) from error


ROUTES = [
    Route(method="GET", pattern="/users/settings", handler=settings),
    Route(method="GET", pattern="/users/settings/plex", handler=plex_settings),
    Route(method="GET", pattern="/users/{user}", handler=profile, auth="key"),
    Route(method="GET", pattern="/users/{user}/watching", handler=watching, auth="key"),
]
