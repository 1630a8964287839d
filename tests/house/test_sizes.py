"""Rooms stay small enough to be seen at a glance."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import crosswatch

SOURCES = sorted(Path(crosswatch.__file__).parent.rglob("*.py"))
MODULE_LINES = 450
FUNCTION_LINES = 60
TABLES = {"titles.py"}  # data, one line a title


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(SOURCES[0].parent).as_posix())
def test_a_module_is_one_thing_and_its_functions_fit_a_screen(path):
    text = path.read_text()
    assert path.name in TABLES or text.count("\n") <= MODULE_LINES
    long = [
        node.name
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno > FUNCTION_LINES
    ]
    assert long == []
