"""What each address needs: the whole policy of the door on one page.

Whatever is not named here can be read by whoever may read, and changed by an administrator only, so that an
address that is added later is never open by accident. Paths are compared as the router compares them: whole,
as they are, without anything being tidied first.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from crosswatch.access.pages import SAFE_METHODS
from crosswatch.access.register import Scope

KIB = 1024
LARGEST_BODY = 1024 * KIB
SMALL_BODY = 16 * KIB
WEBHOOK_BODY = 5 * 1024 * KIB
"""A webhook may carry a picture; its own address takes somewhat less, and says so in its own words."""


@dataclass(frozen=True)
class Rule:
    """What an address needs.

    Attributes:
        method: The HTTP method; `HEAD` goes with `GET`.
        path: The address; `{…}` stands for one step, `{…}/**` for everything below.
        scope: What the asker must be allowed to do; None lets everybody in.
        is_for_neighbours: Whether whoever is in the private network may as well.
        largest_body: In bytes.
    """

    method: str
    path: str
    scope: Scope | None
    is_for_neighbours: bool = False
    largest_body: int = LARGEST_BODY

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """Matches the paths that are meant."""
        pattern = re.escape(self.path).replace(r"\*\*", ".*")
        return re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", pattern), re.DOTALL)

    def fits(self, method: str, path: str) -> bool:
        """Whether the request is meant."""
        wanted = "GET" if method == "HEAD" else method
        return wanted == self.method and self.pattern.fullmatch(path) is not None


EVERYBODY = None

RULES = (
    Rule("GET", "/healthz", EVERYBODY),
    Rule("GET", "/readyz", EVERYBODY),  # kinds and levels only, unless the asker may read
    Rule("GET", "/static/**", EVERYBODY),
    Rule("GET", "/sign-in", EVERYBODY),
    Rule("POST", "/sign-in", EVERYBODY, largest_body=SMALL_BODY),
    Rule("POST", "/looks", EVERYBODY, largest_body=SMALL_BODY),
    Rule("GET", "/setup/claim", EVERYBODY),
    Rule("POST", "/setup/claim", EVERYBODY, largest_body=SMALL_BODY),
    Rule("GET", "/setup", Scope.ADMIN),
    Rule("GET", "/setup/{step}", Scope.ADMIN),  # with codes that link accounts, and everybody's names
    Rule("POST", "/setup/{step}", Scope.ADMIN, largest_body=SMALL_BODY),
    Rule("POST", "/setup/{step}/{verb}", Scope.ADMIN, largest_body=SMALL_BODY),
    Rule("POST", "/webhook/trakt", Scope.OPERATE, is_for_neighbours=True, largest_body=WEBHOOK_BODY),
    Rule("POST", "/sign-out", Scope.READ, largest_body=SMALL_BODY),
    Rule("POST", "/debug/watch/start", Scope.OPERATE),
    Rule("POST", "/debug/watch/stop", Scope.OPERATE),
    Rule("POST", "/api/plays/{play_id}/{verb}", Scope.OPERATE),
    Rule("POST", "/history", Scope.OPERATE, largest_body=SMALL_BODY),
    Rule("GET", "/history/{play_id}/match", Scope.OPERATE),  # it asks Trakt
    Rule("POST", "/history/{play_id}/ignoring", Scope.ADMIN, largest_body=SMALL_BODY),  # a rule for all plays
    Rule("POST", "/history/{play_id}/{verb}", Scope.OPERATE, largest_body=SMALL_BODY),
    Rule("POST", "/api/logs/debug", Scope.OPERATE),
    Rule("POST", "/logs", Scope.OPERATE, largest_body=SMALL_BODY),
    Rule("POST", "/api/test/{what}", Scope.OPERATE),
    Rule("POST", "/health", Scope.OPERATE, largest_body=SMALL_BODY),
    Rule("POST", "/api/explain", Scope.READ),  # it changes nothing
    Rule("GET", "/api/config", Scope.ADMIN),
    Rule("GET", "/settings", Scope.ADMIN),  # what `GET /api/config` tells
    Rule("GET", "/settings/**", Scope.ADMIN),
    Rule("GET", "/api/backups", Scope.ADMIN),
    Rule("GET", "/api/backups/{name}", Scope.ADMIN),  # every secret is in there
    Rule("GET", "/api/support-bundle", Scope.ADMIN),
    Rule("GET", "/api/access/me", Scope.READ),
    Rule("GET", "/api/access/**", Scope.ADMIN),
)


def rule_for(method: str, path: str) -> Rule:
    """What that request needs.

    Args:
        method: The HTTP method.
        path: As the router sees it, without a prefix.
    """
    found = next((rule for rule in RULES if rule.fits(method, path)), None)
    return found or Rule(method, path, Scope.READ if method in SAFE_METHODS else Scope.ADMIN)
