"""HTTP to plex.tv: who a token is, who else there is, which servers there are, and signing in by PIN.

Source: Plex protocol notes, sections 10 and 13.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote, urlencode

from crosswatch.core.events import Account
from crosswatch.core.phrases import say
from crosswatch.errors import PayloadError, SourceUnavailableError
from crosswatch.providers.scrobble.plex.documents import parse_document, parse_json
from crosswatch.providers.scrobble.plex.register import Listed
from crosswatch.providers.scrobble.plex.transport import PRODUCT, PlexHttp, neighbour_at, shown
from crosswatch.providers.scrobble.plex.values import Item, children_of, int_of, is_set, text_of

if TYPE_CHECKING:
    from collections.abc import Callable

    import aiohttp

    T = TypeVar("T")

SIGN_IN_PAGE = "https://app.plex.tv/auth"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """A sign-in on its way.

    Attributes:
        id: Number to ask with.
        code: What the sign-in page is told.
        expires_in_s: Seconds until it is void.
        token: The account's token once somebody has signed in; empty until then.
    """

    id: int
    code: str
    expires_in_s: int
    token: str = ""

    def __repr__(self) -> str:
        return f"Pin(id={self.id}, is_claimed={bool(self.token)})"


@dataclass(frozen=True, slots=True, kw_only=True)
class TvAccount:
    """Somebody's account.

    Attributes:
        id: Their number.
        username: User name; empty for a managed profile.
        email: E-mail, or empty.
        title: What friends and servers are shown.
        friendly_name: Free name, or empty.
    """

    id: int
    username: str = ""
    email: str = ""
    title: str = ""
    friendly_name: str = ""

    @property
    def listed(self) -> Listed:
        """The same as a line of a list: user name and e-mail are nobody else's."""
        own = frozenset({self.username, self.email}) - {""}
        names = frozenset({self.title, self.friendly_name}) - {""}
        name = next(filter(None, (self.username, self.title, self.friendly_name, self.email)), "")
        return Listed(number=self.id, name=name, others=names, own=own)

    @property
    def account(self) -> Account:
        """The same as a viewer, by their number at plex.tv."""
        listed = self.listed
        return Account(id=self.id, name=listed.name, aliases=listed.names - {listed.name})


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """An address at which a server may answer.

    Attributes:
        url: As plex.tv gives it; mostly a name below plex.direct, for the sake of its certificate.
        host: The bare address behind that name, or empty.
        port: Its port, or None.
        is_local: Whether it lies in the server's own network.
        is_relay: Whether Plex passes everything on in between: slow and limited.
    """

    url: str
    host: str = ""
    port: int | None = None
    is_local: bool = False
    is_relay: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerOffer:
    """A Plex Media Server that an account can use.

    Attributes:
        server_uuid: `machineIdentifier`.
        name: As its owner named it.
        is_owned: Whether the account owns it; only then its token may list sessions.
        ways: Where it may answer, the nearest first and slow relays last.
        token: For this server.
    """

    server_uuid: str
    name: str
    is_owned: bool
    ways: tuple[Way, ...]
    token: str

    def __repr__(self) -> str:
        return f"ServerOffer({self.name!r}, {self.server_uuid}, is_owned={self.is_owned})"


class PlexTv:
    """plex.tv, for any token.

    Args:
        http: Shared with the whole process; it is not closed here.
        url: Mostly `https://plex.tv`.
        client_id: The same as for the servers (`transport.client_headers`).
        key: Where the configuration speaks of it: `plex`, or an entry of `servers`.
    """

    def __init__(self, http: aiohttp.ClientSession, *, url: str, client_id: str, key: str = "plex") -> None:
        self._client_id = client_id
        self._url = url
        self._http = PlexHttp(
            http,
            url=url,
            client_id=client_id,
            neighbour=neighbour_at(f"plex.tv ({shown(url)})", key=key, address="tv_url"),
        )

    async def fetch_user(self, token: str) -> TvAccount:
        """Whose token it is, by its plex.tv number.

        Raises:
            SourceError: See `core.ports.MetadataSource`; the same for all that follow.
        """
        return self._read(await self._http.get("api/v2/user", token=token), _user_from_json)

    async def fetch_home_users(self, token: str) -> list[TvAccount]:
        """The members of the account's Plex Home; managed ones have a title only."""
        return self._read(await self._http.get("api/v2/home/users", token=token), _home_from_json)

    async def fetch_friends(self, token: str) -> list[TvAccount]:
        """Everybody who shares anything with the account."""
        return self._read(await self._http.get("api/users/", token=token), _friends_from_xml)

    async def fetch_sharers(self, token: str, server_uuid: str) -> list[TvAccount]:
        """Everybody with whom that server is shared."""
        path = f"api/servers/{quote(server_uuid, safe='')}/shared_servers"
        return self._read(await self._http.get(path, token=token), _sharers_from_xml)

    async def fetch_servers(self, token: str) -> list[ServerOffer]:
        """The servers that the account can use, its own first."""
        params = {"includeHttps": "1", "includeRelay": "1", "includeIPv6": "1"}
        body = await self._http.get("api/v2/resources", token=token, params=params)
        return self._read(body, _servers_from_json)

    async def create_pin(self, *, strong: bool = True) -> Pin:
        """Begin a sign-in.

        Args:
            strong: Whether its long code is followed in a link; else it has four letters, which are typed.
        """
        params = {"strong": "true"} if strong else {}
        return self._read(
            await self._http.send("POST", "api/v2/pins", token=None, params=params), _pin_from_json
        )

    async def fetch_pin(self, pin: Pin) -> Pin:
        """The sign-in as it stands; ask about once a second.

        Raises:
            SourceNotFoundError: If it is void: too late, or already used.
        """
        return self._read(await self._http.get(f"api/v2/pins/{pin.id}", token=None), _pin_from_json)

    @property
    def link_url(self) -> str:
        """Where a code of four letters is typed."""
        return f"{self._url}/link"

    def sign_in_url(self, pin: Pin) -> str:
        """Where the person signs in by a strong code."""
        query = {"clientID": self._client_id, "code": pin.code, "context[device][product]": PRODUCT}
        return f"{SIGN_IN_PAGE}#?{urlencode(query)}"

    def _read(self, body: bytes, parse: Callable[[bytes], T]) -> T:
        try:
            return parse(body)
        except PayloadError as error:
            neighbour = self._http.neighbour
            raise SourceUnavailableError(
                say(
                    "{name} does not answer as expected: {error} Check {address_key}.",
                    name=neighbour.name,
                    error=error.sentence,
                    address_key=neighbour.address_key,
                )
            ) from error


def _user_from_json(body: bytes) -> TvAccount:
    account = _account_from(_object(body))
    if account is None:
        raise PayloadError(say("The answer names no account."))
    return account


def _home_from_json(body: bytes) -> list[TvAccount]:
    return _known(children_of(_object(body), "users"))


def _friends_from_xml(body: bytes) -> list[TvAccount]:
    return _known(children_of(parse_document(body), "User"))


def _sharers_from_xml(body: bytes) -> list[TvAccount]:
    # The element's own id is that of the share; the person's is `userID`.
    shares = children_of(parse_document(body), "SharedServer")
    return _known([{**share, "id": share.get("userID")} for share in shares])


def _servers_from_json(body: bytes) -> list[ServerOffer]:
    devices = parse_json(body)
    if not isinstance(devices, list):
        raise PayloadError(say("The answer is not a list."))
    offers = [_offer_from(device) for device in devices if isinstance(device, dict) and _is_server(device)]
    return sorted(offers, key=lambda offer: not offer.is_owned)


def _pin_from_json(body: bytes) -> Pin:
    found = _object(body)
    number = int_of(found.get("id"), least=1)
    if number is None:
        raise PayloadError(say("The answer is no PIN."))
    return Pin(
        id=number,
        code=text_of(found.get("code")),
        expires_in_s=int_of(found.get("expiresIn")) or 0,
        token=text_of(found.get("authToken")),
    )


def _is_server(device: Item) -> bool:
    return "server" in text_of(device.get("provides")).split(",")


def _offer_from(device: Item) -> ServerOffer:
    ways = sorted(
        children_of(device, "connections"),
        key=lambda way: (is_set(way.get("relay")), not is_set(way.get("local"))),
    )
    return ServerOffer(
        server_uuid=text_of(device.get("clientIdentifier")),
        name=text_of(device.get("name")),
        is_owned=is_set(device.get("owned")),
        ways=tuple(map(_way_from, ways)),
        token=text_of(device.get("accessToken")),
    )


def _way_from(connection: Item) -> Way:
    return Way(
        url=text_of(connection.get("uri")),
        host=text_of(connection.get("address")),
        port=int_of(connection.get("port"), least=1),
        is_local=is_set(connection.get("local")),
        is_relay=is_set(connection.get("relay")),
    )


def _known(people: list[Item]) -> list[TvAccount]:
    accounts = map(_account_from, people)
    return [account for account in accounts if account is not None]


def _account_from(person: Item) -> TvAccount | None:
    number = int_of(person.get("id"), least=1)
    if number is None:
        return None
    return TvAccount(
        id=number,
        username=text_of(person.get("username")),
        email=text_of(person.get("email")),
        title=text_of(person.get("title")),
        friendly_name=text_of(person.get("friendlyName")),
    )


def _object(body: bytes) -> dict[str, Any]:
    found = parse_json(body)
    if not isinstance(found, dict):
        raise PayloadError(say("The answer is not an object."))
    return found
