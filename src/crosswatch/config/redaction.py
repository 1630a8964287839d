"""Taking secrets out of text on its way to a log, a stream or a page.

Two nets: the secrets we know (whatever the configuration holds now or has held since the start, for a
renewed token may still be in flight), and the shapes in which secrets travel (headers, addresses, JSON),
for those that we do not know.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

REDACTED = "[redacted]"

_NAMES = (
    r"x-plex-token|[\w.-]{0,40}(?:access|refresh|account|auth|device|id|claim)_?-?token|token|"
    r"client_?secret|webhook_?secret|secret|passw(?:or)?d|api_?-?key|device_?code|trakt-api-secret"
)
_VALUE = r"[^\s\"'&<>,;{}()\[\]]+"

_SHAPES = (
    # Authorization: Bearer abc, {'Authorization': 'Bearer abc'}, and a bearer token on its own
    re.compile(r"(?P<before>\b(?:bearer|basic)\s+)(?P<secret>[\w.~+/=-]{4,})", re.IGNORECASE),
    re.compile(
        r"(?P<before>\bauthorization[\"']?\s*[:=]\s*[\"']?)(?!bearer\b|basic\b)(?P<secret>" + _VALUE + ")",
        re.IGNORECASE,
    ),
    # "access_token": "abc", 'code': 'abc'; escaped quotes too, for JSON inside JSON
    re.compile(
        rf"(?P<before>(?<![\w-])(?:{_NAMES}|code)\\?[\"']\s*:\s*\\?[\"'])(?P<secret>[^\"'\\]+)", re.IGNORECASE
    ),
    # X-Plex-Token=abc, ?token=abc, X-Plex-Token: abc, also with = written as %3D
    re.compile(rf"(?P<before>(?<![\w-])(?:{_NAMES})(?:=|%3D|:\s))(?P<secret>{_VALUE})", re.IGNORECASE),
    # code=abc only inside an address; "code=404" elsewhere is not a secret
    re.compile(rf"(?P<before>[?&]code=)(?P<secret>{_VALUE})", re.IGNORECASE),
    # postgresql://me:abc@host
    re.compile(
        r"(?P<before>\b[a-z][a-z0-9+.-]{0,20}://[^\s/:@]{0,200}:)(?P<secret>[^\s/@]{1,500})(?=@)",
        re.IGNORECASE,
    ),
)


class Redactor:
    """Replaces each secret in a text by `REDACTED`.

    Args:
        secrets: The secrets in force. It is called for each text, so it must be quick; it returns the same
            object until something changes, as `ConfigFile.secrets` does.
    """

    def __init__(self, secrets: Callable[[], Collection[str]] = frozenset) -> None:
        self._secrets = secrets
        self._seen: Collection[str] | None = None
        self._known: set[str] = set()
        self._pattern: re.Pattern[str] | None = None

    def __call__(self, text: str) -> str:
        """The text without its secrets."""
        self._refresh()
        if self._pattern is not None:
            text = self._pattern.sub(REDACTED, text)
        for shape in _SHAPES:
            text = shape.sub(_redact_match, text)
        return text

    def _refresh(self) -> None:
        secrets = self._secrets()
        if secrets is self._seen:
            return
        self._seen = secrets
        self._known.update(secret for secret in secrets if secret)
        longest_first = sorted(self._known, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, longest_first))) if longest_first else None


def _redact_match(match: re.Match[str]) -> str:
    return f"{match['before']}{REDACTED}"
