"""`crosswatch check-config`: would the file be taken, and if not, what is wrong and where."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from crosswatch.config.document import decode_document
from crosswatch.config.environment import Overlay
from crosswatch.config.file import FILE_NAME, config_directory
from crosswatch.config.model import known_keys, parse_settings
from crosswatch.config.reading import read_configuration
from crosswatch.errors import ConfigError
from crosswatch.health.steps import missing_steps

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crosswatch.config.document import Document

ANY_NAME = "<name>"


@click.command()
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option("--json", "as_json", is_flag=True, help="As JSON, for programs.")
def command(file: Path | None, *, as_json: bool) -> None:
    """Check config.json, or another FILE, without changing anything.

    Exits with 1 if the app would refuse it, together with what the environment sets. What is still missing
    for scrobbling, and keys that mean nothing, are said and are no error.
    """
    path = file or config_directory() / FILE_NAME
    try:
        document = decode_document(read_configuration(path))
        in_force = document if file is not None else Overlay(os.environ).applied(document)
        missing = [notice.sentence for notice in missing_steps(parse_settings(in_force))]
    except ConfigError as error:
        _show_problem(path, error, as_json=as_json)
        raise click.exceptions.Exit(1) from error
    unknown = list(unknown_keys(document))
    if as_json:
        click.echo(json.dumps({"ok": True, "path": str(path), "missing": missing, "unknown": unknown}))
        return
    click.echo(f"{path} is fine.")
    for key in unknown:
        click.echo(f"  {key} means nothing here; it is kept as it is.")
    for sentence in missing:
        click.echo(f"  {sentence}")


def unknown_keys(document: Document) -> Iterator[str]:
    """The keys that no setting reads, dotted; below such a key nothing more is said."""
    known = set(known_keys())
    above = {key[:place] for key in known for place, letter in enumerate(key) if letter in ".["}
    yield from _unknown(document, "", "", known, above)


def _unknown(value: Any, shown: str, pattern: str, known: set[str], above: set[str]) -> Iterator[str]:
    """Keys below a place, which is `shown` to people and looked up by its `pattern`."""
    if pattern in known:
        return
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from _unknown(item, f"{shown}[{index}]", f"{pattern}[]", known, above)
    elif isinstance(value, dict):
        if f"{pattern}.{ANY_NAME}" in above:
            for name, item in value.items():
                yield from _unknown(item, f"{shown}.{name}", f"{pattern}.{ANY_NAME}", known, above)
            return
        for name, item in value.items():
            path = f"{pattern}.{name}" if pattern else name
            where = f"{shown}.{name}" if shown else name
            if path in known or path in above or f"{path}[" in above:
                yield from _unknown(item, where, path, known, above)
            else:
                yield where


def _show_problem(path: Path, error: ConfigError, *, as_json: bool) -> None:
    if as_json:
        problem = {"detail": str(error), "key": error.key, "line": error.line, "column": error.column}
        click.echo(json.dumps({"ok": False, "path": str(path), "problem": problem}))
        return
    place = f":{error.line}:{error.column}" if error.line is not None else ""
    click.echo(f"{path}{place}: {error}", err=True)
