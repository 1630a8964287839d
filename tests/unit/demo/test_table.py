from __future__ import annotations

import io
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from crosswatch.demo.comparison import Comparison, Finding, Held, Row, Seen
from crosswatch.demo.table import summary, write_table
from crosswatch.demo.terminal import Terminal

END = datetime(2026, 11, 1, 20, 0, tzinfo=UTC)


def row(finding=Finding.RECORDED, *, who="alice", label="Arrival (2016)", told_s=0, held=True, reason=""):
    watched = Seen(
        who=who,
        label=label,
        trakt_label=label,
        rating_key="9723",
        progress=99.97,
        started_at=END - timedelta(hours=2),
        ended_at=END,
        counted_at=None,
    )
    play = Held(account="family", label=label, at=END, told_at=END + timedelta(seconds=told_s))
    return Row(seen=watched, account="family", held=play if held else None, finding=finding, reason=reason)


def written(*rows, is_colourful=False):
    stream = io.StringIO()
    write_table(Comparison(rows=rows), Terminal(stream, is_colourful=is_colourful))
    return stream.getvalue().splitlines()


def test_a_person_is_named_once_and_the_columns_are_aligned():
    _, first, second, *_ = written(row(), row(label="Tenet (2020)"))
    assert first.startswith("alice    Arrival (2016)")
    assert second.startswith("         Tenet (2020)")
    assert first.index("✓") == second.index("✓")


def test_each_account_is_named_and_the_viewing_once():
    first = row(told_s=3600)
    second = replace(first, account="carol_c")
    _, one, other, *_ = written(first, second)
    assert re.search(r"✓ \d\d:\d\d  family   told at", one)
    assert re.fullmatch(r" +✓ \d\d:\d\d  carol_c  told at \d\d:\d\d", other)
    assert one.index("✓") == other.index("✓")


def test_what_trakt_calls_otherwise_is_named():
    play = replace(row().held, label="Arrival (2017)")
    assert written(replace(row(), held=play))[1].endswith("as Arrival (2017)")
    assert "as " not in written(row())[1]


def test_progress_is_rounded_down_so_that_it_never_reads_as_more():
    assert "99\u00a0%" in written(row())[1]


def test_what_trakt_was_told_late_says_when():
    assert "told at" not in written(row(told_s=60))[1]
    assert "told at" in written(row(told_s=3600))[1]


def test_what_was_rightly_left_out_says_why():
    line = written(row(Finding.LEFT_OUT, held=False, reason="Not on the list"))[1]
    assert "✓ –" in line  # noqa: RUF001 -- as it is shown
    assert line.endswith("Not on the list")


def test_what_is_wrong_is_crossed_and_said():
    extra = Row(held=row().held, finding=Finding.DOUBLED)
    lost, doubled = written(row(Finding.LOST, held=False), extra)[1:3]
    assert "✗" in lost
    assert "Lost" in lost
    assert doubled.startswith("(nobody)")
    assert "Doubled" in doubled


def test_the_last_line_counts_everything():
    rows = [row(), row(Finding.LEFT_OUT, held=False, reason="Live"), row(Finding.LOST, held=False)]
    assert written(*rows)[-1] == (
        "2 of 3 plays are right: 1 recorded, 1 rightly not. 1 lost, 0 doubled, 0 wrong."
    )


def test_a_viewing_without_a_verdict_is_not_called_right():
    comparison = Comparison(rows=[row(Finding.LEFT_OUT, held=False)])
    assert summary(comparison) == (
        "0 of 1 play is right: 0 recorded, 0 rightly not. 0 lost, 0 doubled, 0 wrong, 1 without a verdict."
    )
    assert "✗" in written(*comparison.rows)[1]
