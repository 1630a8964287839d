"""Who is who on one server: several lists of people made one, and what each of them is called. Pure.

A server and plex.tv call one person by many names: user name, e-mail, a title that friends chose, a profile's
name, what a server has once been told. User names and e-mails are one person's; any other name may be
anybody's, and identifies nobody while two accounts bear it.

The server's owner is number 1 there, and everybody else has their number at plex.tv. So the owner's number at
plex.tv is taken for 1.

Source: Plex protocol notes, section 10.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from crosswatch.core.events import OWNER_ID, Account
from crosswatch.core.filters import fold

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One line of a list of people.

    Attributes:
        number: Their number in that list.
        name: What to call them; may be empty.
        others: Further names that anybody may bear.
        own: Names that are nobody else's: user name and e-mail.
    """

    number: int
    name: str = ""
    others: frozenset[str] = frozenset()
    own: frozenset[str] = frozenset()

    @property
    def names(self) -> frozenset[str]:
        """Every name."""
        return frozenset({self.name, *self.others, *self.own}) - {""}


class Register:
    """All lists of one server, the most telling one last.

    Attributes:
        owner_plex_id: The owner's number at plex.tv, or None while it is not known.
    """

    def __init__(self) -> None:
        self.owner_plex_id: int | None = None
        self._lists: dict[str, tuple[Listed, ...]] = {}
        self._people: dict[int, Listed] = {}
        self._bearers: dict[str, set[int]] = {}

    def __contains__(self, number: int) -> bool:
        return self._local(number) in self._people

    def put(self, source: str, lines: Iterable[Listed]) -> None:
        """Take a list in place of what that source said before."""
        self._lists[source] = tuple(lines)
        self._rebuild()

    def put_owner(self, source: str, line: Listed) -> None:
        """Take what a source says of the owner, whose number it knows."""
        self.owner_plex_id = line.number
        self.put(source, (line,))

    def know(self, account: Account) -> Account:
        """The account with all that is known of it, by the server's number; names it comes with are kept."""
        number = self._local(account.id)
        line = self._people.get(number) if number is not None else None
        name = account.name or (line.name if line else "")
        names = {name, account.name, *account.aliases} | (line.names if line else frozenset())
        own = {fold(one) for one in line.own} if line else set()
        contested = {one for one in map(fold, names) if one not in own and self._is_contested(one, number)}
        return replace(
            account,
            id=number,
            name=name,
            aliases=frozenset(names) - {name, ""},
            owner_plex_id=self.owner_plex_id if number == OWNER_ID else None,
            contested=frozenset(contested),
            namesake=self._namesake(account.name) if number is None else None,
        )

    def everybody(self) -> list[Account]:
        """Every account that is known, by number."""
        return [self.know(Account(id=number)) for number in sorted(self._people)]

    def _namesake(self, name: str) -> int | None:
        bearers = self._bearers.get(fold(name), set())
        return next(iter(bearers)) if len(bearers) == 1 else None

    def _is_contested(self, name: str, number: int | None) -> bool:
        bearers = self._bearers.get(name, set())
        return len(bearers) > 1 if number is None else bool(bearers - {number})

    def _local(self, number: int | None) -> int | None:
        return OWNER_ID if number is not None and number == self.owner_plex_id else number

    def _rebuild(self) -> None:
        self._people = {}
        for line in (line for lines in self._lists.values() for line in lines):
            number = OWNER_ID if line.number == self.owner_plex_id else line.number
            known = self._people.get(number, Listed(number=number))
            self._people[number] = Listed(
                number=number,
                name=line.name or known.name,
                others=known.names | line.names,
                own=known.own | line.own,
            )
        bearers: defaultdict[str, set[int]] = defaultdict(set)
        for number, line in self._people.items():
            for name in line.names:
                bearers[fold(name)].add(number)
        self._bearers = dict(bearers)
