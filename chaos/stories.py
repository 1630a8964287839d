"""What the app itself says of whatever went wrong: the plays with their steps, as lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from chaos.ground import Ground
    from crosswatch.demo.comparison import Comparison, Row


async def stories(
    ground: Ground,
    comparison: Comparison,
    plays: Sequence[dict[str, Any]],
    owners: Mapping[str, Sequence[str]],
) -> list[str]:
    """The plays of the same person and item as each line that is not right, with their traces.

    Args:
        ground: Where the app can be asked.
        comparison: Tells what is not right.
        plays: All plays that the app knows.
        owners: Whose viewings go to which accounts.
    """
    lines: dict[str, None] = {}
    for row in comparison.rows:
        if row.finding.is_right:
            continue
        lines[f"{row.finding}: {row.seen} -- {row.held}"] = None
        watched = [one for one in comparison.rows if one.seen and _is_alike(one, row, owners)]
        lines |= dict.fromkeys(f"  beside it: {one.seen} -- {one.held}" for one in watched if one is not row)
        them = {(one.seen.who, one.seen.rating_key) for one in watched if one.seen}
        for play in reversed(plays):
            if (play["person"]["name"], play["media"]["rating_key"]) in them:
                story = await ground.get(f"/api/plays/{play['id']}")
                lines |= dict.fromkeys(_told(story))
    return list(lines)


def _is_alike(row: Row, wrong: Row, owners: Mapping[str, Sequence[str]]) -> bool:
    """Whether it is the same item, of the same person or into the same account."""
    if row.seen is None:
        return False
    if wrong.seen is not None:
        return (row.seen.who, row.seen.trakt_label) == (wrong.seen.who, wrong.seen.trakt_label)
    is_theirs = wrong.account in owners.get(row.seen.who, ())
    return is_theirs and wrong.held is not None and row.seen.trakt_label == wrong.held.label


def _told(play: dict[str, Any]) -> Iterator[str]:
    """A play as lines: what it is, its deliveries, its steps."""
    times = ", ".join(f"{name} {play[name]}" for name in ("started_at", "ended_at", "watched_at"))
    yield f"  play {play['id']}: {play['reason']}, {play['origin']}, {play['progress']} %, {times}"
    for delivery in play.get("deliveries", ()):
        yield f"    {play['id']} delivery {delivery}"
    for step in play.get("trace", ()):
        yield f"    {play['id'][-6:]} {step['at']} {step['step']}: {step['text']}"
