from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from crosswatch.cli.program import program
from crosswatch.config.model import default_document


@pytest.fixture
def directory(tmp_path, monkeypatch):
    """The folder that the commands are told of; nothing is in it yet."""
    folder = tmp_path / "config"
    folder.mkdir()
    monkeypatch.setenv("CROSSWATCH_CONFIG_DIR", str(folder))
    monkeypatch.delenv("CROSSWATCH_CLOCK", raising=False)
    return folder


@pytest.fixture
def configure(directory):
    """Writes a configuration: the defaults, with these parts replaced."""

    def write(**parts):
        document = default_document()
        for part, values in parts.items():
            document[part] = {**document.get(part, {}), **values} if isinstance(values, dict) else values
        (directory / "config.json").write_text(json.dumps(document))
        (directory / "config.json").chmod(0o600)
        return document

    return write


@pytest.fixture
def run():
    """Runs one command as the shell does: exit code, and everything it said."""

    def run(*arguments):
        return CliRunner().invoke(program, list(arguments))

    return run
