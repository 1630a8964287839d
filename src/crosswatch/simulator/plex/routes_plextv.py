"""The routes of plex.tv: signing in, and who and what belongs to an account.

Source: Plex protocol notes, sections 10 and 13; recordings `plextv/`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crosswatch.simulator.plex.answers import Answer, RefusedError, refuse, refuse_plextv
from crosswatch.simulator.plex.calls import Access, Call, Route
from crosswatch.simulator.plex.people import Role
from crosswatch.simulator.plex.plextv import others_resources, own_server

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from crosswatch.simulator.plex.people import Person
    from crosswatch.simulator.plex.plextv import Pin, PinDesk
    from crosswatch.simulator.plex.webhooks import WebhookSender

LOCATION = {
    "code": "XX",
    "european_union_member": False,
    "continent_code": "XX",
    "country": "Nowhere",
    "city": "Nowhere",
    "time_zone": "Etc/UTC",
    "postal_code": "00000",
    "in_privacy_restricted_country": False,
    "subdivisions": "",
    "coordinates": "0, 0",
}
SHARE_ID = 70_001
SINCE = 1_700_000_000


class PlexTvRoutes:
    """plex.tv's answers.

    Args:
        pins: The PINs.
        webhooks: Whose hooks an account may set.
        connections: Where the server can be reached, as `plextv.connection` describes an address.
    """

    def __init__(
        self, pins: PinDesk, webhooks: WebhookSender, connections: Callable[[], list[dict[str, Any]]]
    ) -> None:
        self._pins = pins
        self._webhooks = webhooks
        self._connections = connections

    def routes(self) -> list[Route]:
        """All of them."""
        anybody, member = Access.ANYBODY, Access.PLEXTV
        return [
            Route(method="POST", path="/api/v2/pins", handler=self.create_pin, access=anybody),
            Route(method="PUT", path="/api/v2/pins/link", handler=self.link_pin, access=member),
            Route(path="/api/v2/pins/{number}", handler=self.poll_pin, access=anybody),
            Route(path="/api/v2/user", handler=user, access=member),
            Route(path="/api/v2/home/users", handler=home_users, access=member),
            Route(method="POST", path="/api/v2/home/users/{uuid}/switch", handler=switch_user, access=member),
            Route(path="/api/v2/friends", handler=friends, access=member),
            Route(path="/api/users", handler=users, access=member),
            Route(path="/api/users/", handler=users, access=member),
            Route(path="/api/v2/resources", handler=self.resources, access=member),
            Route(path="/api/servers/{machine}/shared_servers", handler=shared_servers, access=member),
            Route(path="/api/v2/user/webhooks", handler=self.webhooks, access=member),
            Route(method="POST", path="/api/v2/user/webhooks", handler=self.set_webhooks, access=member),
        ]

    def create_pin(self, call: Call) -> Answer:
        """A new PIN; strong ones are for links, the others are typed."""
        client_id = call.plex("Client-Identifier")
        if not client_id:
            raise refuse_plextv(400, 1000, "X-Plex-Client-Identifier is missing")
        strong = call.query.get("strong", "").lower() in ("1", "true")
        pin = self._pins.create(
            product=call.plex("Product") or "", client_id=client_id, strong=strong, now=call.now
        )
        document = _pin(pin, call.now)
        qr = f"https://plex.tv/api/v2/pins/qr/{pin.code}"
        document |= {"qr": qr, "location": LOCATION}
        return Answer(status=201, name="pin", document=document, applied=True)

    def poll_pin(self, call: Call) -> Answer:
        """How far a PIN is; unknown, expired and foreign ones are a 404."""
        number = call.params["number"]
        client_id = call.plex("Client-Identifier") or ""
        pin = self._pins.poll(int(number), client_id, call.now) if number.isdecimal() else None
        if pin is None:
            raise _no_pin()
        return Answer(name="pin", document=_pin(pin, call.now))

    def link_pin(self, call: Call) -> Answer:
        """The person types the code at plex.tv/link."""
        code = "".join(call.form.get("code", [])) or call.query.get("code", "")
        try:
            self._pins.claim(code, call.me, call.now)
        except KeyError as error:
            raise _no_pin() from error
        return Answer(status=204, applied=True)

    def resources(self, call: Call) -> Answer:
        """Servers and players of an account."""
        own = own_server(call.world, call.me, self._connections())
        documents = [] if own is None else [own]
        if call.is_owner:
            documents += others_resources(call.world)
        return Answer(name="resources", document=documents)

    def webhooks(self, call: Call) -> Answer:
        """The hooks of an account."""
        return Answer(name="webhooks", document=[{"url": url} for url in self._webhooks.urls(call.me)])

    def set_webhooks(self, call: Call) -> Answer:
        """Replace the hooks of an account, which needs a Plex Pass."""
        urls = [url for url in call.form.get("urls[]", []) if url]
        try:
            self._webhooks.register(call.me, urls)
        except PermissionError as error:
            raise refuse_plextv(403, 1003, "Plex Pass subscription required") from error
        return Answer(status=201, name="webhooks", document=[{"url": url} for url in urls], applied=True)


def user(call: Call) -> Answer:
    """Whose token it is."""
    person = call.me
    subscription = {"active": person.plex_pass, "status": "Active", "plan": "lifetime"}
    if not person.plex_pass:
        subscription = {"active": False, "status": "Inactive", "plan": None}
    home = [one for one in call.world.people.everybody if one.at_home]
    document = {
        "id": person.number,
        "uuid": person.uuid,
        "username": person.username,
        "title": person.title,
        "email": person.email,
        "friendlyName": person.friendly_name,
        "locale": None,
        "confirmed": True,
        "emailOnlyAuth": False,
        "hasPassword": person.role is not Role.MANAGED,
        "protected": False,
        "thumb": person.avatar,
        "authToken": person.account_token,
        "scrobbleTypes": "1,2",
        "home": person.at_home,
        "homeAdmin": person.role is Role.OWNER,
        "homeSize": len(home) if person.at_home else 1,
        "restricted": person.role is Role.MANAGED,
        "guest": False,
        "subscription": subscription,
        "profile": {"autoSelectAudio": True, "defaultAudioLanguage": "en", "autoSelectSubtitle": 0},
    }
    return Answer(name="user", document=document)


def home_users(call: Call) -> Answer:
    """The members of the Home; somebody without one is alone in theirs."""
    everybody = call.world.people.everybody
    members = [one for one in everybody if one.at_home] if call.me.at_home else [call.me]
    document = {
        "id": 500_001,
        "name": "Home",
        "guestEnabled": False,
        "users": [_home_user(person) for person in members],
    }
    return Answer(name="home", document=document)


def switch_user(call: Call) -> Answer:
    """The token of a Home member, by uuid only."""
    for person in call.world.people.everybody:
        if person.at_home and call.me.at_home and person.uuid == call.params["uuid"]:
            document = {**_home_user(person), "authToken": person.account_token}
            return Answer(status=201, name="user", document=document)
    raise refuse_plextv(404, 1002, "Not found")


def friends(call: Call) -> Answer:
    """Friends of the owner, briefly."""
    documents = [
        {
            "id": person.number,
            "uuid": person.uuid,
            "title": person.title,
            "username": person.username,
            "email": person.email,
            "friendlyName": person.friendly_name,
            "thumb": "",
            "home": False,
            "restricted": False,
            "status": "accepted",
        }
        for person in _friends(call)
    ]
    return Answer(name="friends", document=documents)


def users(call: Call) -> Answer:
    """Friends and what is shared with them, in XML only."""
    found = _friends(call)
    document = {
        "friendlyName": "myPlex",
        "identifier": "com.plexapp.plugins.myplex",
        "machineIdentifier": "0",
        "totalSize": len(found),
        "size": len(found),
        "User": [_friend(call, person, number) for number, person in enumerate(found)],
    }
    return Answer(document=document, only="xml")


def shared_servers(call: Call) -> Answer:
    """Who shares the server, with their tokens; for its owner, in XML only."""
    world = call.world
    if not call.is_owner or call.params["machine"] != world.options.machine_identifier:
        raise refuse(404)
    shares = [
        _share(call, person, number)
        for number, person in enumerate(_friends(call))
        if person.server_token is not None
    ]
    document = {
        "friendlyName": "myPlex",
        "identifier": "com.plexapp.plugins.myplex",
        "machineIdentifier": world.options.machine_identifier,
        "size": len(shares),
        "SharedServer": shares,
    }
    return Answer(document=document, only="xml")


def _no_pin() -> RefusedError:
    return refuse_plextv(404, 1020, "Code not found or expired")


def _pin(pin: Pin, now: datetime) -> dict[str, Any]:
    person = pin.claimed_by
    return {
        "id": pin.number,
        "code": pin.code,
        "product": pin.product,
        "trusted": False,
        "clientIdentifier": pin.client_id,
        "expiresIn": int((pin.expires_at - now).total_seconds()),
        "createdAt": f"{pin.created_at:%Y-%m-%dT%H:%M:%SZ}",
        "expiresAt": f"{pin.expires_at:%Y-%m-%dT%H:%M:%SZ}",
        "authToken": person.account_token if person else None,
        "newRegistration": False if person else None,
    }


def _friends(call: Call) -> list[Person]:
    """Everybody outside the Home; others than the owner have no friends here."""
    if not call.is_owner:
        return []
    return [person for person in call.world.people.everybody if not person.at_home]


def _home_user(person: Person) -> dict[str, Any]:
    managed = person.role is Role.MANAGED
    return {
        "id": person.number,
        "uuid": person.uuid,
        "title": person.title,
        "username": person.username,
        "email": person.email,
        "friendlyName": person.friendly_name,
        "thumb": "",
        "hasPassword": not managed,
        "restricted": managed,
        "updatedAt": SINCE,
        "restrictionProfile": "little_kid" if managed else None,
        "admin": person.role is Role.OWNER,
        "guest": False,
        "protected": not managed,
    }


def _friend(call: Call, person: Person, number: int) -> dict[str, Any]:
    options = call.world.options
    shared = person.server_token is not None
    document: dict[str, Any] = {
        "id": person.number,
        "title": person.title,
        "username": person.username,
        "email": person.email,
        "recommendationsPlaylistId": "",
        "thumb": "",
        "protected": False,
        "home": False,
        "allowSync": shared,
        "filterAll": "",
        "restricted": False,
    }
    if shared:
        document["Server"] = [
            {
                "id": SHARE_ID + number,
                "serverId": 80_001,
                "machineIdentifier": options.machine_identifier,
                "name": options.friendly_name,
                "lastSeenAt": SINCE,
                "numLibraries": len(call.world.library.sections),
                "allLibraries": False,
                "owned": True,
                "pending": False,
            }
        ]
    return document


def _share(call: Call, person: Person, number: int) -> dict[str, Any]:
    return {
        "id": SHARE_ID + number,
        "username": person.username,
        "email": person.email,
        "userID": person.number,
        "accessToken": person.server_token,
        "name": call.world.options.friendly_name,
        "acceptedAt": SINCE,
        "invitedAt": SINCE,
        "allowSync": True,
        "owned": False,
        "allLibraries": False,
        "Section": [
            {
                "id": section.number,
                "key": section.number,
                "title": section.title,
                "type": section.kind,
                "shared": True,
            }
            for section in call.world.library.sections.values()
        ],
    }
