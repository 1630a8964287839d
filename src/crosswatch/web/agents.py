"""What a browser calls itself, as people call it. Pure."""

from __future__ import annotations

from crosswatch.web.languages import mark

BROWSERS = {"Edg": "Edge", "OPR": "Opera", "Firefox": "Firefox", "FxiOS": "Firefox", "CriOS": "Chrome"}
LATER_BROWSERS = {"Chrome": "Chrome", "Safari": "Safari", "curl": "curl"}
"""Names that others give themselves as well, so they are looked for last, in this order."""

SYSTEMS = {
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Android": "Android",
    "Windows": "Windows",
    "Mac OS X": "macOS",
    "CrOS": "ChromeOS",
    "Linux": "Linux",
}
UNKNOWN = mark("A browser")
LONGEST = 40


def agent_names(agent: str) -> tuple[str, str]:
    """Browser and system; of one that nobody knows its own word for itself, and nothing of the system.

    Args:
        agent: The `User-Agent` that it sent; anybody may have made it up.
    """
    browser = _first(agent, BROWSERS | LATER_BROWSERS)
    return browser or agent.partition("/")[0].strip()[:LONGEST] or UNKNOWN, _first(agent, SYSTEMS)


def _first(agent: str, names: dict[str, str]) -> str:
    return next((name for mark_of_it, name in names.items() if mark_of_it in agent), "")
