"""What `/readyz` answers: whether plays reach Trakt now, from the same checks as the pages. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crosswatch.health.checks import KINDS, SETUP_KINDS, WAY_KINDS, Level

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from crosswatch.health.checks import Check, Health

READY, NOT_READY, SETUP_NEEDED = "ready", "not_ready", "setup_needed"


def names_in(texts: Iterable[str]) -> frozenset[str]:
    """The names in these texts, which may hold several with commas between them."""
    return frozenset(name.strip() for text in texts for name in text.split(",") if name.strip())


def unknown_names(names: Collection[str], health: Health, *, may_read: bool) -> list[str]:
    """Those that are neither a kind of check nor the id of one: a slip, which must not pass for readiness.

    Args:
        names: What was asked for.
        health: All checks.
        may_read: Whether ids may be named: who is linked could be found out by trying the ids of names.
    """
    known = {*KINDS, *(check.id for check in health.checks if may_read)}
    return sorted(name for name in names if name not in known)


def considered(health: Health, *, only: Collection[str], ignore: Collection[str]) -> list[Check]:
    """The checks that decide, the worst first.

    Args:
        health: All of them.
        only: Kinds and ids; empty for what a play passes on its way, and what a first set-up needs.
        ignore: Kinds and ids that do not decide.
    """
    wanted = only or {*SETUP_KINDS, *WAY_KINDS}
    return [check for check in health.checks if _is_named(check, wanted) and not _is_named(check, ignore)]


def status_of(checks: Iterable[Check]) -> str:
    """`ready` if all of them are fine."""
    levels = {check.level for check in checks}
    if max(levels, default=Level.FINE) is Level.FINE:
        return READY
    return SETUP_NEEDED if Level.SETUP in levels else NOT_READY


def check_shape(check: Check) -> dict[str, Any]:
    """A check as whoever may read sees it."""
    return {
        "id": check.id,
        "level": check.level.name.lower(),
        "message": f"{check.title}. {check.sentence}",
        "since": check.since,
    }


def strangers_view(checks: Iterable[Check]) -> list[dict[str, Any]]:
    """What everybody may see: of each kind the worst level. No names, no numbers, no moments."""
    worst: dict[str, Level] = {}
    for check in checks:
        worst[check.kind] = max(check.level, worst.get(check.kind, Level.FINE))
    return [{"id": kind, "level": level.name.lower()} for kind, level in worst.items()]


def _is_named(check: Check, names: Collection[str]) -> bool:
    return check.kind in names or check.id in names
