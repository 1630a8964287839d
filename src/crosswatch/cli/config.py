"""`crosswatch config`: keys of config.json by name, as the schema has them."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict
from typing import Any

import click
import msgspec

from crosswatch.config.changes import MISSING, put_at, value_at
from crosswatch.config.document import decode_document
from crosswatch.config.environment import Overlay, convert
from crosswatch.config.file import FILE_NAME, ConfigFile, config_directory
from crosswatch.config.model import Settings, parse_settings
from crosswatch.config.reading import read_configuration
from crosswatch.config.schema import Key, key_at, path_of, schema
from crosswatch.config.secrets import mask
from crosswatch.config.validation import hint_at

FROM_STDIN = "-"
as_json_option = click.option("--json", "as_json", is_flag=True, help="As JSON, for programs.")


@click.group()
def command() -> None:
    """Keys of config.json, by name. A running app takes each change over within a second or two."""


@command.command()
@click.argument("key", required=False)
@as_json_option
def get(key: str | None, *, as_json: bool) -> None:
    """Show what is in force for KEY, or for all keys below it; for all keys if left out.

    Secrets are only said to be set.
    """
    document = decode_document(read_configuration(config_directory() / FILE_NAME))
    settings = parse_settings(Overlay(os.environ).applied(document))
    masked = mask(json.loads(msgspec.json.encode(settings)))
    value = value_at(masked, path_of(key or ""))
    if value is MISSING:
        raise click.ClickException(_unknown(key or ""))
    if as_json:
        click.echo(json.dumps(value, indent=2, ensure_ascii=False))
        return
    for name, one in _leaves(key or "", value):
        shown = json.dumps(one, ensure_ascii=False)
        click.echo(shown if name == key else f"{name} = {shown}")


@command.command(name="set")
@click.argument("key")
@click.argument("value")
@as_json_option
def change(key: str, value: str, *, as_json: bool) -> None:
    """Set KEY to VALUE. Lists are texts with commas between, or JSON; `-` reads a VALUE from standard input.

    Nothing is changed if it could not be in force.
    """
    known = key_at(key)
    if known is None:
        raise click.ClickException(_unknown(key))
    text = sys.stdin.read().strip() if value == FROM_STDIN else value
    config = ConfigFile(config_directory(), environment=os.environ)
    config.load()
    if variable := config.overlay.variables.get(key):
        raise click.ClickException(f"{key} is set by the environment ({variable}); change it there.")
    path = path_of(key)
    new = convert(text, hint_at(Settings, path), key, key) if text or not known.may_be_null else None
    config.update(lambda document: put_at(document, path, new))
    if as_json:
        click.echo(json.dumps({"ok": True, "key": key}))
    else:
        click.echo(f"{key} is set." if known.is_secret else f"{key} = {json.dumps(new, ensure_ascii=False)}")


@command.command(name="schema")
@click.argument("key", required=False)
@as_json_option
def show_schema(key: str | None, *, as_json: bool) -> None:
    """Show what KEY means, or all keys that begin so: its default, what it may be, what it does."""
    found = [one for one in schema() if one.name.startswith(key or "")]
    if not found:
        raise click.ClickException(_unknown(key or ""))
    if as_json:
        click.echo(json.dumps([asdict(one) for one in found], indent=2, ensure_ascii=False))
        return
    for one in found:
        click.echo(f"{one.name}  ({_rule(one)}; {json.dumps(one.default)} if left out)")
        click.echo(f"    {one.help}")


def _leaves(name: str, value: Any) -> list[tuple[str, Any]]:
    """Each single value with its name; a list of objects counts by its entries."""
    if isinstance(value, dict):
        return [leaf for step, one in value.items() for leaf in _leaves(f"{name}.{step}".lstrip("."), one)]
    if isinstance(value, list) and any(isinstance(one, dict) for one in value):
        return [leaf for place, one in enumerate(value) for leaf in _leaves(f"{name}[{place}]", one)]
    return [(name, value)]


def _rule(key: Key) -> str:
    limits = f", {key.least:.12g} to {key.most:.12g}" if key.least is not None else ""
    choices = f" of {', '.join(key.choices)}" if key.choices else ""
    return f"{key.rule or key.kind}{limits}{choices}"


def _unknown(key: str) -> str:
    return f"There is no key {key!r}. `crosswatch config schema` shows them all."
