from __future__ import annotations

import io
from datetime import UTC, datetime

import pytest

from crosswatch.demo.remarks import Remark, Tone
from crosswatch.demo.terminal import Terminal, shows_colours


class Screen(io.StringIO):
    def isatty(self):
        return True


def remark(text="starts Arrival (2016)"):
    at = datetime(2026, 11, 1, 20, 0, tzinfo=UTC)
    return Remark(at=at, who="alice", mark="▶", text=text, tone=Tone.PERSON)


@pytest.mark.parametrize(
    ("stream", "environment", "expected"),
    [
        pytest.param(Screen(), {"TERM": "xterm"}, True, id="on a terminal"),
        pytest.param(Screen(), {"TERM": "xterm", "NO_COLOR": "1"}, False, id="NO_COLOR"),
        pytest.param(Screen(), {"TERM": "xterm", "NO_COLOR": ""}, True, id="empty NO_COLOR"),
        pytest.param(Screen(), {"TERM": "dumb"}, False, id="dumb terminal"),
        pytest.param(io.StringIO(), {"TERM": "xterm"}, False, id="a file"),
    ],
)
def test_colours_are_for_those_who_can_see_them(stream, environment, expected):
    assert shows_colours(stream, environment) is expected


def test_a_file_gets_whole_lines_without_colours():
    stream = io.StringIO()
    Terminal(stream).remark(remark("x" * 300))
    assert stream.getvalue().endswith("x" * 300 + "\n")
    assert "\x1b" not in stream.getvalue()


def test_a_long_remark_goes_on_below_its_own_beginning(monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    stream = Screen()
    Terminal(stream, is_colourful=False).remark(remark("one two three " * 6))
    first, *more = stream.getvalue().splitlines()
    assert more
    assert all(len(line) <= 60 for line in (first, *more))
    assert {len(line) - len(line.lstrip()) for line in more} == {first.index("one")}


def test_a_long_line_of_a_table_is_cut_at_the_edge_and_no_other(monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    stream = Screen()
    terminal = Terminal(stream, is_colourful=False)
    terminal.row("x" * 50)
    terminal.row("y" * 40)
    terminal.write("z" * 50)
    assert stream.getvalue().split() == ["x" * 39 + "…", "y" * 40, "z" * 50]


def test_a_style_ends_where_its_text_ends():
    terminal = Terminal(Screen(), is_colourful=True)
    assert terminal.styled("text", "1;31") == "\x1b[1;31mtext\x1b[0m"
    assert terminal.styled("", "1;31") == ""
