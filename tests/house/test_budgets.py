"""Pages stay light: what any one of them loads of styles and of scripts, as it lies in the folder."""

from __future__ import annotations

import re

import pytest

from crosswatch.web.drawing import HERE, STATIC

BUDGET = 25 * 1024
TEMPLATES = {path.name: path.read_text() for path in (HERE / "templates").glob("*.html")}
PAGES = sorted(name for name, text in TEMPLATES.items() if text.startswith(("{% extends", "<!doctype")))


def loaded_by(page, ending):
    """Names of the files of that kind that a page loads, through its parents and its modules' imports."""
    parent = re.match(r'{% extends "(\S+)" %}', TEMPLATES[page])
    names = loaded_by(parent[1], ending) if parent else set()
    waiting = set(re.findall(rf"static/([\w.-]+\.{ending})", TEMPLATES[page]))
    while waiting:
        name = waiting.pop()
        names.add(name)
        waiting |= set(re.findall(r'from "\./([\w.-]+\.js)"', (STATIC / name).read_text())) - names
    return names


@pytest.mark.parametrize("ending", ["css", "js"])
@pytest.mark.parametrize("page", PAGES)
def test_what_a_page_loads_stays_within_its_budget(page, ending):
    sizes = {name: (STATIC / name).stat().st_size for name in loaded_by(page, ending)}
    assert sizes
    assert sum(sizes.values()) <= BUDGET, sizes


def test_every_style_and_script_is_loaded_by_some_page():
    files = {path.name for ending in ("css", "js") for path in STATIC.glob(f"*.{ending}")}
    assert files == {name for page in PAGES for ending in ("css", "js") for name in loaded_by(page, ending)}


@pytest.mark.parametrize("name", sorted(TEMPLATES))
def test_no_page_holds_script_style_or_parts_from_elsewhere(name):
    text = TEMPLATES[name]
    foreign = r"<style|<script(?![^>]* src=)|\sstyle=|\son\w+=|javascript:|(?:src|<link[^>]* href)=\"https?:"
    assert re.findall(foreign, text) == []
