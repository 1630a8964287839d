"""Reading the documentation as its reader's browser does: sections, table rows, code, links, anchors."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])

_FENCE = re.compile(r"^```(?P<language>\w*)\n(?P<code>.*?)^```$", re.DOTALL | re.MULTILINE)
_HEADING = re.compile(r"^(?P<marks>#{1,6}) (?P<title>.+)$", re.MULTILINE)
_LINK = re.compile(r"\]\((?P<target>[^)\s]+)\)")


def page(name: str) -> str:
    """The text of a page, by its path from the root."""
    return (ROOT / name).read_text()


def code_blocks(text: str, language: str) -> list[str]:
    """What stands in fences of that language."""
    return [match["code"] for match in _FENCE.finditer(text) if match["language"] == language]


def headings(text: str, level: int | None = None) -> list[str]:
    """Titles, those in code left out."""
    prose = _FENCE.sub("", text)
    return [
        match["title"] for match in _HEADING.finditer(prose) if level is None or len(match["marks"]) == level
    ]


def section(text: str, title: str) -> str:
    """What stands under that heading, up to the next one of its level or above."""
    match = next(match for match in _HEADING.finditer(text) if match["title"] == title)
    rest = text[match.end() :]
    end = re.search(rf"^#{{1,{len(match['marks'])}}} ", rest, re.MULTILINE)
    return rest[: end.start()] if end else rest


def rows(text: str) -> list[list[str]]:
    """The rows of all tables, as cells; heads and rules left out."""
    lines = text.splitlines()
    return [
        [cell.strip() for cell in line.strip().strip("|").split("|")]
        for line, above in zip(lines[1:], lines, strict=False)
        if line.startswith("| ") and above.startswith("|")
    ]


def typed(text: str) -> list[str]:
    """Everything that stands in backticks in the prose."""
    return re.findall(r"`([^`\n]+)`", _FENCE.sub("", text))


def links(text: str) -> list[str]:
    """Where links lead."""
    return [match["target"] for match in _LINK.finditer(_FENCE.sub("", text))]


def anchors(text: str) -> set[str]:
    """The names under which headings can be linked to."""
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in headings(text)}
