"""Who somebody is to us, and whether they may do what they ask for. Pure.

The order in which credentials count: a key that was given must be right, whatever else would let its bearer
in; then a session, a proxy's word, a network that needs no sign-in, and, as long as nobody has set a
password, this machine and its private network.

Source: UX notes, section 7.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum, auto
from typing import TYPE_CHECKING

from crosswatch.access.pages import SAFE_METHODS, Asker, foreign_name
from crosswatch.access.register import Scope
from crosswatch.config.addresses import is_within
from crosswatch.core.phrases import say

if TYPE_CHECKING:
    from collections.abc import Collection

    from crosswatch.access.register import ApiKey, Session
    from crosswatch.access.visitors import Visitor
    from crosswatch.config.addresses import Network

SOMEBODY = "somebody in the network"


class By(StrEnum):
    """What lets somebody in."""

    NOTHING = "nothing"
    NO_PASSWORD_YET = "no password yet"  # noqa: S105 -- there is none
    NETWORK = "network"
    SESSION = "session"
    KEY = "key"
    PROXY = "proxy"


@dataclass(frozen=True, slots=True, kw_only=True)
class Guest:
    """Who asks, once credentials were looked at.

    Attributes:
        by: What lets them in.
        name: The user's or the key's name.
        scope: What they may do; None for nothing.
        session: The session, if that is what lets them in.
        problem: Why credentials that would have let them in do not.
    """

    by: By = By.NOTHING
    name: str = ""
    scope: Scope | None = None
    session: Session | None = None
    problem: str = ""

    @property
    def is_at_home(self) -> bool:
        """Whether they may set the first password without the set-up code."""
        return self.by in {By.NO_PASSWORD_YET, By.NETWORK}


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """How the door stands.

    Attributes:
        is_claimed: Whether somebody has set a password, or a proxy signs people in.
        problem: Why nobody's credentials can be looked up, or empty.
        open_networks: Where nobody needs to sign in, by the user's choice.
        allowed_hosts: Names of the pages beside addresses and local names.
    """

    is_claimed: bool
    problem: str = ""
    open_networks: tuple[Network, ...] = ()
    allowed_hosts: Collection[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Knock:
    """What somebody asks for, and what they show.

    Attributes:
        method: The HTTP method.
        needed: What they must be allowed to do; None for what everybody may.
        is_for_neighbours: Whether whoever is at hand may, for nothing else guards it.
        visitor: From where.
        asker: Whose page asks.
        session: The session that their cookie belongs to, or None.
        key: The key that they gave, if it is one of ours.
        gave_key: Whether they gave one at all.
    """

    method: str
    needed: Scope | None
    is_for_neighbours: bool = False
    visitor: Visitor
    asker: Asker
    session: Session | None = None
    key: ApiKey | None = None
    gave_key: bool = False

    @property
    def is_change(self) -> bool:
        """Whether something may be different afterwards."""
        return self.method not in SAFE_METHODS


class Why(Enum):
    """Why somebody is turned away, for whoever words or routes the answer."""

    SIGN_IN = auto()
    CLAIM = auto()
    FORBIDDEN = auto()
    BROKEN = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """They may not.

    Attributes:
        why: The kind of it.
        sentence: For people.
    """

    why: Why
    sentence: str


STRANGERS_PAGE = say("Another site's page asked for this, so it was not done.")
NO_PROOF = (
    "Nothing in the request says that a page of CrossWatch has sent it, so it was not done. Reload the page "
    "and try again; programs should use an API key."
)
SIGN_IN = say("Sign in first. Programs send an API key as X-Api-Key.")
UNKNOWN_KEY = say("This API key is not known here. It may have been revoked.")
CLAIM = (
    "Nobody has set a password here yet. From outside its private network, or by way of a proxy, that takes "
    "the set-up code, which stands in the log and is printed by `crosswatch setup-code`."
)


def recognise(knock: Knock, house: House) -> Guest:
    """Who asks."""
    if knock.gave_key:
        key = knock.key
        return (
            Guest(by=By.KEY, name=key.name, scope=key.scope)
            if key is not None
            else Guest(problem=UNKNOWN_KEY)
        )
    if knock.session is not None:
        return Guest(by=By.SESSION, name=knock.session.user, scope=Scope.ADMIN, session=knock.session)
    visitor = knock.visitor
    if visitor.user:
        return Guest(by=By.PROXY, name=visitor.user, scope=Scope.ADMIN)
    by = _by_address(knock, house)
    if by is By.NOTHING:
        return Guest()
    return _unless_rebound(Guest(by=by, name=SOMEBODY, scope=Scope.ADMIN), knock, house)


def _by_address(knock: Knock, house: House) -> By:
    visitor = knock.visitor
    is_believed = visitor.is_vouched or not visitor.is_forwarded
    if is_believed and is_within(visitor.address, house.open_networks):
        return By.NETWORK
    if visitor.is_at_hand and not house.is_claimed and not house.problem:
        return By.NO_PASSWORD_YET
    if visitor.is_at_hand and knock.is_for_neighbours:
        return By.NETWORK
    return By.NOTHING


def _unless_rebound(guest: Guest, knock: Knock, house: House) -> Guest:
    """Nobody, if the name may be a stranger's: no cookie ties a page here to the name it was loaded by.

    Browsers say with every change that they are browsers; a program may use any name for it.
    """
    name = foreign_name(knock.visitor, house.allowed_hosts)
    if name is None or (knock.is_change and knock.asker is Asker.UNSAID):
        return guest
    return Guest(
        problem=say(
            "The pages are not served as {name}. If that is your name for them, add it to web.allowed_hosts.",
            name=repr(name[:100]),
        )
    )


def refuse(knock: Knock, guest: Guest, house: House) -> Refusal | None:
    """Why the guest may not do what they ask for, or None if they may."""
    if knock.is_change and guest.by is not By.KEY and knock.asker is Asker.STRANGERS:
        return Refusal(why=Why.FORBIDDEN, sentence=STRANGERS_PAGE)
    if knock.needed is None:
        return None
    if guest.scope is None:
        return _turned_away(knock, guest, house)
    if not guest.scope.covers(knock.needed):
        return Refusal(
            why=Why.FORBIDDEN,
            sentence=say(
                "The API key {name} may {scope} here; this needs {needed}.",
                name=repr(guest.name[:60]),
                scope=str(guest.scope),
                needed=str(knock.needed),
            ),
        )
    return None


def needs_token(knock: Knock, guest: Guest) -> bool:
    """Whether a form's token must show that a page of ours asks, for the browser says nothing of it."""
    uses_session = guest.by is By.SESSION and knock.needed is not None
    return knock.is_change and uses_session and knock.asker is Asker.UNSAID


def _turned_away(knock: Knock, guest: Guest, house: House) -> Refusal:
    if guest.problem:
        why = Why.SIGN_IN if knock.gave_key else Why.FORBIDDEN
        return Refusal(why=why, sentence=guest.problem)
    if house.problem:
        return Refusal(why=Why.BROKEN, sentence=house.problem)
    if not house.is_claimed:
        return Refusal(why=Why.CLAIM, sentence=CLAIM)
    return Refusal(why=Why.SIGN_IN, sentence=SIGN_IN)
