"""Each key of `config.json` as the typed view has it: what it is called, what it means, what it may be. Pure.

The page of settings, `crosswatch config` and the tables of `docs/configuration.md` are made of this, so that
a key is written down once: in the view (`neighbours`, `household`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import msgspec

from crosswatch.config.model import Settings, known_keys
from crosswatch.config.secrets import is_secret_name
from crosswatch.config.validation import hint_at
from crosswatch.config.view import About

ANY_ENTRY, ANY_NAME = "[]", "<name>"


class Kind(StrEnum):
    """What a value is, by which a form chooses its field."""

    TEXT = "text"
    SWITCH = "switch"
    NUMBER = "number"
    TEXTS = "texts"
    NUMBERS = "numbers"
    CHOICES = "choices"


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One key.

    Attributes:
        name: Dotted; `[]` stands for an entry of a list, `<name>` for any name.
        label: A few words.
        help: What it means, in Markdown.
        kind: What its value is.
        default: What counts while nothing is written, as JSON has it.
        least: The smallest number, or None.
        most: The largest number, or None.
        choices: The words that a list may hold, if it may not hold any.
        rule: What a text must be, or empty.
        may_be_null: Whether null means something.
        is_secret: Whether its value is never shown.
        is_advanced: Whether hardly anybody needs it.
        same_as: The key that was said the same of before, or empty.
    """

    name: str
    label: str
    help: str
    kind: Kind
    default: Any
    least: float | None = None
    most: float | None = None
    choices: tuple[str, ...] = ()
    rule: str = ""
    may_be_null: bool = False
    is_secret: bool = False
    is_advanced: bool = False
    same_as: str = ""


@cache
def schema() -> tuple[Key, ...]:
    """Every key, in the order of the view."""
    first: dict[About, str] = {}
    made = []
    for name in known_keys():
        *above, last = path_of(name)
        view = hint_at(Settings, above)
        bare, notes = _taken_apart(hint_at(view, [last]))
        about = next(note for note in notes if isinstance(note, About))
        meta = next((note for note in notes if isinstance(note, msgspec.Meta)), msgspec.Meta())
        same_as = first.setdefault(about, name)
        made.append(
            Key(
                name=name,
                label=about.label,
                help=about.help,
                kind=_kind_of(bare),
                default=msgspec.json.decode(msgspec.json.encode(getattr(view(), str(last)))),
                least=meta.ge,
                most=meta.le,
                choices=_choices_of(bare),
                rule=meta.description or "",
                may_be_null=_may_be_null(hint_at(view, [last])),
                is_secret=is_secret_name(str(last)),
                is_advanced=about.advanced,
                same_as="" if same_as == name else same_as,
            )
        )
    return tuple(made)


def path_of(name: str) -> list[str | int]:
    """The steps to a key; an entry of a list is the first one, where the name does not say which."""
    steps = re.findall(r"\[(\d*)\]|([^.\[\]]+)", name)
    return [word or int(index or 0) for index, word in steps]


def key_at(name: str) -> Key | None:
    """The key of that name, which may name an entry (`servers[1].name`, `accounts.tom.scope`)."""
    pattern = re.sub(r"\[\d+\]", ANY_ENTRY, name)
    found = _by_name()
    return found.get(pattern) or found.get(re.sub(r"^accounts\.[^.]+", f"accounts.{ANY_NAME}", pattern))


@cache
def _by_name() -> dict[str, Key]:
    return {key.name: key for key in schema()}


def _taken_apart(hint: Any) -> tuple[Any, tuple[Any, ...]]:
    """The bare type, and everything that is noted about it, from the outside inwards."""
    notes: tuple[Any, ...] = ()
    while True:
        if get_origin(hint) is Annotated:
            hint, *more = get_args(hint)
            notes += tuple(more)
        elif get_origin(hint) in (Union, UnionType):
            hint = get_args(hint)[0]  # the rest is None
        elif get_origin(hint) is tuple and get_origin(get_args(hint)[0]) is Annotated:
            return hint, notes + _taken_apart(get_args(hint)[0])[1]
        else:
            return hint, notes


def _may_be_null(hint: Any) -> bool:
    while get_origin(hint) is Annotated:
        hint = get_args(hint)[0]
    return get_origin(hint) in (Union, UnionType) and type(None) in get_args(hint)


def _kind_of(bare: Any) -> Kind:
    if get_origin(bare) is tuple:
        inner = _taken_apart(get_args(bare)[0])[0]
        if get_origin(inner) is Literal:
            return Kind.CHOICES
        return Kind.NUMBERS if inner is int else Kind.TEXTS
    return {bool: Kind.SWITCH, float: Kind.NUMBER, int: Kind.NUMBER}.get(bare, Kind.TEXT)


def _choices_of(bare: Any) -> tuple[str, ...]:
    inner = get_args(bare)[0] if get_origin(bare) is tuple else None
    return get_args(inner) if get_origin(inner) is Literal else ()
