"""Who may play on a server, and what each of them is to its owner.

Source: Plex protocol notes, section 10.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from crosswatch.errors import SourceAuthError, SourceError, SourceNotFoundError

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from crosswatch.providers.scrobble.plex.plextv import PlexTv, TvAccount

log = logging.getLogger("crosswatch.plex")


class Kind(StrEnum):
    """What somebody is to the owner of the server."""

    OWNER = "owner"
    HOME = "home"
    """A member of the Plex Home with an account of their own."""
    MANAGED = "managed"
    """A profile of the Home, which has no account of its own."""
    FRIEND = "friend"
    """Somebody with whom the server is shared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """Somebody who may play.

    Attributes:
        number: At plex.tv.
        name: What to call them.
        kind: What they are.
    """

    number: int
    name: str
    kind: Kind


async def fetch_members(tv: PlexTv, token: str, server_uuid: str) -> list[Member]:
    """Everybody who may play on the server, its owner first; each once.

    Args:
        tv: plex.tv.
        token: The owner's. Whose token is somebody else's sees nobody but themself there.
        server_uuid: `machineIdentifier`; empty while it is not known, and then every friend is listed.

    Raises:
        SourceError: If it cannot be told whose the token is.
    """
    owner = await tv.fetch_user(token)
    home, friends = await asyncio.gather(
        _or_nobody(tv.fetch_home_users(token)),
        _or_nobody(tv.fetch_sharers(token, server_uuid) if server_uuid else tv.fetch_friends(token)),
    )
    found = [_member(owner, Kind.OWNER)]
    found += [_member(one, Kind.HOME if one.username else Kind.MANAGED) for one in home]
    found += [_member(one, Kind.FRIEND) for one in friends]
    return list({member.number: member for member in reversed(found)}.values())[::-1]


async def _or_nobody(question: Awaitable[list[TvAccount]]) -> list[TvAccount]:
    """The answer; nobody where there is no such list, or it is none of ours."""
    try:
        return await question
    except (SourceAuthError, SourceNotFoundError):
        return []
    except SourceError as error:
        log.warning("a list of people cannot be had: %s", error, extra={"event": "plex.people_unknown"})
        return []


def _member(account: TvAccount, kind: Kind) -> Member:
    return Member(number=account.id, name=account.listed.name or str(account.id), kind=kind)
