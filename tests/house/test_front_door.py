"""The door is lazy: who only imports the package or its core loads neither web, network nor database."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import crosswatch

SOURCES = Path(crosswatch.__file__).parents[1]
HEAVY = {"fastapi", "starlette", "uvicorn", "aiohttp", "sqlite3", "msgspec", "jinja2", "pydantic", "click"}


def loaded_by(statement):
    """The top-level modules that a fresh interpreter has after one statement."""
    names = "{name.partition('.')[0] for name in sys.modules}"
    code = f"{statement}\nimport json, sys\nprint(json.dumps(sorted({names})))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        check=True,
        env={"PYTHONPATH": str(SOURCES)},
        timeout=30,
    )
    return set(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize(
    "statement",
    [
        "import crosswatch",
        "import crosswatch.core.session, crosswatch.core.delivery, crosswatch.core.sentences",
        "import crosswatch.errors, crosswatch.clock",
    ],
)
def test_the_package_and_its_core_load_nothing_heavy(statement):
    assert loaded_by(statement) & HEAVY == set()


def test_the_command_line_alone_loads_no_web_server_and_no_network():
    assert loaded_by("import crosswatch.cli") & (HEAVY - {"click"}) == set()


def test_the_app_leaves_out_the_first_version_of_pydantic():
    loaded = "print([name for name in sys.modules if name.startswith('pydantic.v1.')])"
    done = subprocess.run(
        [sys.executable, "-c", f"import sys, crosswatch.web.factory as web; web.create_app(); {loaded}"],
        capture_output=True,
        check=True,
        env={"PYTHONPATH": str(SOURCES)},
        timeout=30,
    )
    assert done.stdout == b"[]\n"


def test_the_app_is_built_once():
    assert crosswatch.app is crosswatch.app


def test_what_is_not_there_is_said_not_to_be_there():
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = crosswatch.nothing


def test_no_module_can_take_the_place_of_the_app():
    """A module of that name would replace the attribute as soon as anybody imported it."""
    with pytest.raises(ModuleNotFoundError):
        __import__("crosswatch.app")


@pytest.mark.parametrize("command", [["-m", "crosswatch"], ["-m", "crosswatch", "--help"]])
def test_the_module_runs_as_a_command(command):
    done = subprocess.run(
        [sys.executable, *command],
        capture_output=True,
        check=False,
        timeout=30,
        env={"PYTHONPATH": str(SOURCES)},
    )
    assert b"Usage: crosswatch" in done.stdout + done.stderr
