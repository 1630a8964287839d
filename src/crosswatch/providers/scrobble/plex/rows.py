"""What a server lists: sessions, history, accounts, itself, and its rule for "watched". Pure.

Source: Plex protocol notes, sections 1.4, 7, 10, 11 and 14.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from crosswatch.core.events import OWNER_ID, Account, Player, PlayerState
from crosswatch.core.facts import HistoryRow, SessionRow
from crosswatch.errors import PayloadError
from crosswatch.providers.scrobble.plex.items import media_from
from crosswatch.providers.scrobble.plex.values import (
    Item,
    child_of,
    children_of,
    int_of,
    is_set,
    rating_key_of,
    text_of,
)

NETWORKS = frozenset({"lan", "wan", "cellular"})

THRESHOLD = "LibraryVideoPlayedThreshold"
BEHAVIOUR = "LibraryVideoPlayedAtBehaviour"
PLAYED_SETTINGS = frozenset({THRESHOLD, BEHAVIOUR})
"""The preferences that make up a server's rule for "watched"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Which server answers, as it says without a token.

    Attributes:
        server_uuid: `machineIdentifier`, never empty.
        version: Of the server's program, or empty.
    """

    server_uuid: str
    version: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerFacts:
    """What a server tells about itself to whoever has a token.

    Attributes:
        name: As its owner named it, or empty.
        owner: The owner's name at plex.tv, mostly an e-mail, or empty.
    """

    name: str = ""
    owner: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayedRule:
    """When a server itself counts a video as watched.

    Attributes:
        threshold_percent: Share of the length, 1 to 100.
        behaviour: 0 at the threshold; 1 at the final credits marker; 2 at the first credits marker; 3 at the
            earlier of threshold and first credits marker.
    """

    threshold_percent: int = 90
    behaviour: int = 3

    def counted_at_ms(
        self, length_ms: int, first_credits_ms: int | None, final_credits_ms: int | None
    ) -> int:
        """Where the server counts a video of that length; without markers the threshold counts."""
        threshold_ms = length_ms * self.threshold_percent // 100
        match self.behaviour:
            case 0:
                return threshold_ms
            case 1:
                return final_credits_ms or threshold_ms
            case 2:
                return first_credits_ms or threshold_ms
            case _:
                return min(threshold_ms, first_credits_ms or threshold_ms)


def sessions_from(container: Item) -> list[SessionRow]:
    """The rows of `/status/sessions` that name their session; a stopped session is not listed there."""
    rows = (_session_from(item, container) for item in children_of(container, "Metadata"))
    return [row for row in rows if row.session_key]


def history_from(container: Item) -> list[HistoryRow]:
    """The rows of one page of the history, as listed; a row without key, account or time is dropped."""
    rows = (_history_row_from(item, container) for item in children_of(container, "Metadata"))
    return [row for row in rows if row is not None]


def accounts_from(container: Item) -> list[Account]:
    """The accounts that the server knows, some without a name; number 0 is nobody."""
    accounts = (
        Account(id=int_of(item.get("id"), least=1), name=text_of(item.get("name")))
        for item in children_of(container, "Account")
    )
    return [account for account in accounts if account.id is not None]


def viewer_from(user: Item) -> Account:
    """Who watches, by the `User` of a session or the `Account` of a webhook.

    Number 0, or 1 without a name, stands for players that are let in without a sign-in. That is nobody, and
    least of all the owner.

    Source: Plex protocol notes, sections 7.1 and 12.3, Q20; tests/recordings/plex/webhooks/17-*.json.
    """
    number, name = int_of(user.get("id"), least=1), text_of(user.get("title"))
    return Account(id=None if number == OWNER_ID and not name else number, name=name)


def network_of(player: Item, session: Item) -> str:
    """How a player reaches its server: `lan`, `wan` or `cellular`; empty if nothing says so.

    A session says it itself, but for old servers and players without a share of the bandwidth.

    Source: Plex protocol notes, section 7.1.
    """
    location = text_of(session.get("location")).lower()
    if location in NETWORKS:
        return location
    if player.get("local") is None:
        return ""
    return "lan" if is_set(player.get("local")) else "wan"


def identity_from(container: Item) -> Identity:
    """Which server it is.

    Raises:
        PayloadError: If it does not say.
    """
    server_uuid = text_of(container.get("machineIdentifier"))
    if not server_uuid:
        raise PayloadError("The answer has no machineIdentifier.")
    return Identity(server_uuid=server_uuid, version=text_of(container.get("version")))


def server_facts_from(container: Item) -> ServerFacts:
    """What the server's root page tells."""
    return ServerFacts(
        name=text_of(container.get("friendlyName")), owner=text_of(container.get("myPlexUsername"))
    )


def played_rule_from(container: Item) -> PlayedRule:
    """The rule in the server's preferences; Plex's own default for what is missing or makes no sense."""
    values = {text_of(item.get("id")): item.get("value") for item in children_of(container, "Setting")}
    threshold = int_of(values.get(THRESHOLD), least=1)
    behaviour = int_of(values.get(BEHAVIOUR))
    default = PlayedRule()
    return PlayedRule(
        threshold_percent=default.threshold_percent if threshold is None else min(100, threshold),
        behaviour=default.behaviour if behaviour is None else behaviour,
    )


def player_state_of(value: object) -> PlayerState | None:
    """The state of that name in any case, or None."""
    try:
        return PlayerState(text_of(value).lower())
    except ValueError:
        return None


def _session_from(item: Item, container: Item) -> SessionRow:
    player = child_of(item, "Player")
    return SessionRow(
        session_key=text_of(item.get("sessionKey")),
        state=player_state_of(player.get("state")) or PlayerState.PLAYING,
        offset_ms=int_of(item.get("viewOffset")),
        account=viewer_from(child_of(item, "User")),
        media=media_from(item, container),
        player=Player(
            client_id=text_of(player.get("machineIdentifier")),
            title=text_of(player.get("title")),
            product=text_of(player.get("product")),
            network=network_of(player, child_of(item, "Session")),
        ),
    )


def _history_row_from(item: Item, container: Item) -> HistoryRow | None:
    history_key = text_of(item.get("historyKey"))
    account_id = int_of(item.get("accountID"))
    viewed_at = int_of(item.get("viewedAt"), least=1)
    if not history_key or account_id is None or viewed_at is None:
        return None
    try:
        moment = datetime.fromtimestamp(viewed_at, UTC)
    except (ValueError, OverflowError, OSError):  # a year that no calendar has
        return None
    return HistoryRow(
        history_key=history_key,
        rating_key=rating_key_of(item),
        account_id=account_id,
        viewed_at=moment,
        media=media_from(item, container),
    )
