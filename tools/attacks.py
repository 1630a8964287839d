"""Every address, and what the door answers to five ways of trying to get past it.

The table stands in `docs/security.md`. What it says comes from the door's own decisions; that a running app
answers just so is what `tests/acceptance/test_attacker.py` finds out, try by try.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import TYPE_CHECKING

from crosswatch.access.pages import SAFE_METHODS, Asker
from crosswatch.access.register import ApiKey, Scope, Session
from crosswatch.access.verdict import House, Knock, recognise, refuse
from crosswatch.access.visitors import Visitor
from crosswatch.web.door import STATUS
from crosswatch.web.factory import create_app
from crosswatch.web.permissions import rule_for

if TYPE_CHECKING:
    from collections.abc import Iterator

AT = datetime(2026, 1, 1, tzinfo=UTC)
SESSION = Session(id="", user="admin", digest="", created_at=AT, seen_at=AT)
READ_KEY = ApiKey(id="", name="home page", scope=Scope.READ, digest="", created_at=AT)

NEAR = Visitor(address=ip_address("192.168.1.20"), hosts=("nas.lan",))
FAR = Visitor(address=ip_address("203.0.113.9"), hosts=("watch.example.com",))
REBOUND = Visitor(address=ip_address("192.168.1.20"), hosts=("evil.example.com",))
UNCLAIMED, CLAIMED = House(is_claimed=False), House(is_claimed=True)

SITUATIONS = (
    "No password yet, from outside",
    "Password set, not signed in, from the network",
    "Signed in, asked by another site's page",
    "No password yet, by a stranger's name",
    "A stolen `read` key",
)


def attack_table() -> str:
    """A row for each address, a column for each way."""
    rows = [f"| Address | Needs | {' | '.join(SITUATIONS)} |", "|---|---|" + "---|" * len(SITUATIONS)]
    for method, path in addresses():
        rule = rule_for(method, path)
        needs = (
            "nothing"
            if rule.scope is None
            else "a neighbour, or its secret"
            if rule.is_for_neighbours
            else rule.scope
        )
        cells = (f"{answer}" for answer in answers(method, path))
        rows.append(f"| `{method} {path}` | {needs} | {' | '.join(cells)} |")
    return "\n".join(rows)


def addresses() -> Iterator[tuple[str, str]]:
    """Every method and path that the app knows, by path."""
    found = {("GET", "/openapi.json"), ("GET", "/static/{file}")}
    for included in create_app().routes:
        router = getattr(included, "original_router", None)
        for route in router.routes if router is not None else ():
            found.update((method, route.path) for method in route.methods - {"HEAD"})
    return iter(sorted(found, key=lambda address: (address[1], address[0])))


def answers(method: str, path: str) -> Iterator[str]:
    """What the door says in each situation: a status, or `answered` where it lets the request pass."""
    rule = rule_for(method, path)
    is_change = method not in SAFE_METHODS
    plain = Knock(
        method=method,
        needed=rule.scope,
        is_for_neighbours=rule.is_for_neighbours,
        visitor=FAR,
        asker=Asker.UNSAID,
    )
    page_of = Asker.OURS if is_change else Asker.UNSAID
    tries = (
        (plain, UNCLAIMED),
        (replace(plain, visitor=NEAR), CLAIMED),
        (replace(plain, session=SESSION, asker=Asker.STRANGERS), CLAIMED),
        (replace(plain, visitor=REBOUND, asker=page_of), UNCLAIMED),
        (replace(plain, key=READ_KEY, gave_key=True), CLAIMED),
    )
    for knock, house in tries:
        refusal = refuse(knock, recognise(knock, house), house)
        yield "answered" if refusal is None else str(STATUS[refusal.why])
