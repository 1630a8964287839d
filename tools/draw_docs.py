"""Draws what is the code's to say in `docs/`: keys, reasons, the session table, the door's answers.

`python -m tools.draw_docs` (or `make docs`) writes them between their marks; `tests/house/test_docs.py`
fails while the pages say something else than the code.
"""

from __future__ import annotations

import inspect
import json
import re
import sys
from functools import partial
from itertools import groupby
from pathlib import Path

from crosswatch.config.schema import Key, Kind, schema
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


def key_table(*prefixes: str) -> str:
    """A row for each key of `config.json` that begins so."""
    lines = ["| Key | Default | Allowed | Meaning |", "|---|---|---|---|"]
    for key in schema():
        if key.name.startswith(prefixes):
            meaning = f"As `{key.same_as}`." if key.same_as else key.help
            lines.append(f"| `{key.name}` | `{_default(key)}` | {_allowed(key)} | {meaning} |")
    return "\n".join(lines)


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
    """The sentence with its facts in italics, as they will stand there; within code in angle brackets."""
    parts = re.sub(r"\[ \{detail\}\]|[][]", "", template).split("`")
    marks = (r"*\1*", r"<\1>")
    marked = [re.sub(r"\{(\w+)\}", marks[place % 2], part) for place, part in enumerate(parts)]
    return "`".join(marked).strip()


def _default(key: Key) -> str:
    value = key.default
    whole = isinstance(value, float) and value.is_integer()
    return json.dumps(int(value) if whole else value, ensure_ascii=False)


def _allowed(key: Key) -> str:
    """What the key may hold, in words."""
    limits = f"{key.least:.12g} to {key.most:.12g}" if key.least is not None else ""
    choices = ", ".join(f"`{choice}`" for choice in key.choices)
    words = {
        Kind.TEXT: re.sub(r"\b(\w+://)", r"`\1`", key.rule) or "a text",
        Kind.SWITCH: "true or false",
        Kind.NUMBER: limits or "a number",
        Kind.TEXTS: "a list of texts",
        Kind.NUMBERS: f"a list of numbers, {limits}",
        Kind.CHOICES: f"a list of {choices}",
    }
    return words[key.kind] + (", or null" if key.may_be_null else "")


KEYS = {
    "plex": ("plex.",),
    "trakt": ("trakt.",),
    "auth": ("auth.",),
    "watch": ("features.watch.",),
    "webhook": ("features.webhook.",),
    "scrobble": ("features.scrobble.",),
    "pages": ("web.", "access."),
    "upkeep": ("notices.", "backup."),
    "rest": ("identity.", "storage.", "runtime."),
    "servers": ("servers[].",),
    "people": ("people",),
    "accounts": ("accounts.",),
}
"""Each table of keys in `docs/configuration.md`, and how the keys in it begin."""

PARTS = {
    "session-table": session_table,
    "session-diagram": session_diagram,
    "reasons": reason_tables,
    "attacks": attack_table,
    **{f"keys-{name}": partial(key_table, *prefixes) for name, prefixes in KEYS.items()},
}

if __name__ == "__main__":
    main()
