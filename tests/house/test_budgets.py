"""Pages stay light: all styles together, and all scripts together, as they lie in the folder."""

from __future__ import annotations

import re

import pytest

from crosswatch.web.drawing import HERE, STATIC

BUDGET = 25 * 1024


@pytest.mark.parametrize("ending", ["css", "js"])
def test_all_files_of_a_kind_stay_within_their_budget(ending):
    sizes = {path.name: path.stat().st_size for path in STATIC.glob(f"*.{ending}")}
    assert sum(sizes.values()) <= BUDGET, sizes


def test_no_page_holds_script_style_or_an_address_of_somewhere_else():
    for path in (HERE / "templates").glob("*.html"):
        text = path.read_text()
        inline = re.findall(
            r"<style|<script(?![^>]* src=)|\sstyle=|\son\w+=|javascript:|(?:href|src)=\"https?:", text
        )
        assert inline == [], path.name
