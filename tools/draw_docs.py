"""Draws the parts of `docs/` that are the code's to say: the session table, the reasons, the door's answers.

`python -m tools.draw_docs` (or `make docs`) writes them between their marks; `tests/house/test_docs.py`
fails while the pages say something else than the code.
"""

from __future__ import annotations

import inspect
import re
import sys
from itertools import groupby
from pathlib import Path

from crosswatch.core.reasons import EXPLANATIONS, Reason
from crosswatch.core.session import TRANSITIONS, SessionState, Signal
from tools.attacks import attack_table

ROOT = Path(__file__).parents[1]
BEGIN, END = "<!-- drawn: {} -->", "<!-- /drawn -->"


def session_table() -> str:
    """A row for each thing that may have been told, a column for each thing that a player may do."""
    rows = [f"| told so far | {' | '.join(f'player: {signal}' for signal in Signal)} |", "|---|---|---|---|"]
    for state in SessionState:
        cells = []
        for signal in Signal:
            after, action = TRANSITIONS[state, signal]
            cells.append(f"**{action}** → {after}" if action else "–" if after is state else f"→ {after}")  # noqa: RUF001
        rows.append(f"| {state} | {' | '.join(cells)} |")
    return "\n".join(rows)


def session_diagram() -> str:
    """The same as a Mermaid state diagram; what changes nothing and tells nothing is left out."""
    lines = ["```mermaid", "stateDiagram-v2", f"    [*] --> {SessionState.NEW}"]
    for (state, signal), (after, action) in TRANSITIONS.items():
        if action or after is not state:
            lines.append(f"    {state} --> {after}: {signal}{f' / {action}' if action else ''}")
    return "\n".join([*lines, f"    {SessionState.ENDED} --> [*]", "```"])


def reason_tables() -> str:
    """All reasons as the code groups them, with what people read and can do."""
    parts = []
    for heading, group in groupby(Reason, key=_groups().__getitem__):
        parts.append(f"### {heading.capitalize()}\n\n| Code | What people read | What to do |\n|---|---|---|")
        for reason in group:
            told = EXPLANATIONS[reason]
            parts.append(
                f"| `{reason}` | **{told.title}.** {_plain(told.sentence)} | {_plain(told.action)} |"
            )
        parts.append("")
    return "\n".join(parts).strip()


def redraw(text: str) -> str:
    """The page with each of its drawn parts as the code has it now."""
    for name, draw in PARTS.items():
        begin = BEGIN.format(name)
        before, found, rest = text.partition(begin)
        if found:
            text = f"{before}{begin}\n{draw()}\n{END}{rest.partition(END)[2]}"
    return text


def pages() -> list[Path]:
    """The pages that have drawn parts."""
    return [page for page in sorted((ROOT / "docs").glob("*.md")) if "<!-- drawn:" in page.read_text()]


def main() -> None:
    """Draw all of it anew."""
    for page in pages():
        before = page.read_text()
        after = redraw(before)
        if after != before:
            page.write_text(after)
            sys.stdout.write(f"drawn anew: {page.relative_to(ROOT)}\n")


def _groups() -> dict[Reason, str]:
    """For each reason the comment above its group in the source."""
    groups: dict[Reason, str] = {}
    heading = ""
    for line in inspect.getsource(Reason).splitlines():
        if comment := re.fullmatch(r"    # (.+)", line):
            heading = comment[1]
        elif member := re.match(r"    ([A-Z_]+) = ", line):
            groups[Reason[member[1]]] = heading
    return groups


def _plain(template: str) -> str:
    """The sentence with its facts in italics, as they will stand there."""
    typed = re.sub(r"(`[^`{]*)\{(\w+)\}([^`]*`)", r"\1<\2>\3", template.replace(" {detail}", ""))
    return re.sub(r"\{(\w+)\}", r"*\1*", typed).strip()


PARTS = {
    "session-table": session_table,
    "session-diagram": session_diagram,
    "reasons": reason_tables,
    "attacks": attack_table,
}

if __name__ == "__main__":
    main()
