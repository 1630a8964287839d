"""Who lives in the demo's house, who drops in, and in whose Trakt account the plays of each belong."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import crosswatch.simulator
from crosswatch.simulator.plex import Role

if TYPE_CHECKING:
    from crosswatch.demo.stage import Stage

OWNER = "alice"
"""The server's owner; her Trakt account is the one that `auth.trakt` in `config.json` links."""

VISITOR = "dave"
"""Has the server shared with him, and is linked to nothing."""

SAMPLES = Path(crosswatch.simulator.__file__).parent
"""Holds the lists that tell where TheTVDB has what only AniDB or MyAnimeList has a number for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """Somebody at Plex whose plays count.

    Attributes:
        name: As Plex shows them.
        device: What they watch on.
        accounts: The Trakt accounts that their plays belong into.
        role: What they are to the server's owner.
    """

    name: str
    device: str
    accounts: tuple[str, ...]
    role: Role = Role.SHARED


FAMILY = (
    Member(name=OWNER, device="web", accounts=("alice",), role=Role.OWNER),
    Member(name="bob", device="tv", accounts=("bob",)),
    Member(name="Kids", device="tablet", accounts=("kids",), role=Role.MANAGED),
    Member(name="Together", device="tv", accounts=("alice", "bob"), role=Role.MANAGED),
)
"""The owner, a friend with an account of his own, a managed profile, and one on which two watch together."""

LINKS = {member.name: member.accounts for member in FAMILY}


def move_in(stage: Stage) -> None:
    """Make everybody known to Plex, link three accounts at Trakt, and write both into `config.json`.

    To be called before the app starts, on a stage whose first account is the owner's.
    """
    people = stage.plex.world.people
    for member in FAMILY:
        if not any(member.name == one.title for one in people.everybody):
            people.add("", title=member.name, role=member.role)
    people.add(VISITOR)
    accounts = dict.fromkeys(account for member in FAMILY for account in member.accounts if account != OWNER)
    stage.document["accounts"] = {account: stage.link(account) for account in accounts}
    stage.document["people"] = [
        {
            "name": member.name,
            "plex_ids": [people.named(member.name).account_id],
            "accounts": ["default" if account == OWNER else account for account in member.accounts],
        }
        for member in FAMILY
    ]
    stage.document["identity"] = {
        "anime_list": str(SAMPLES / "anime_list.xml"),
        "anime_ids": str(SAMPLES / "anime_ids.json"),
    }
