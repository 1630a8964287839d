"""Forms made of the configuration's schema: what stands in a field, what was typed there, what that changes.

A form says which values it showed. What somebody has left alone is never written, so that two people who
change different things do not get in each other's way; where both have changed the same thing, the second one
is told (`conflicts`), and nothing is written.
"""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from crosswatch.config.changes import MISSING, differences, put_at, value_at
from crosswatch.config.model import Settings, parse_settings
from crosswatch.config.revision import revision_of
from crosswatch.config.schema import Key, Kind, key_at, path_of
from crosswatch.config.secrets import MASK, mask
from crosswatch.config.validation import dotted
from crosswatch.core.phrases import Phrase, say, say_count
from crosswatch.errors import ConfigError, ConflictError
from crosswatch.web.languages import mark

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from crosswatch.config.changes import Change
    from crosswatch.config.document import Document
    from crosswatch.config.file import ConfigFile

WAS = "was"
REMOVE = "remove"
CLEAR = "!clear"
Typed = dict[str, list[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of a form.

    Attributes:
        name: The dotted key, with the place in a list.
        key: What the schema says of it.
        value: What stands in it: a text, whether it is on, or the words that are chosen.
        is_hidden: Whether the stored value is never shown.
        is_set: Whether a hidden value is stored.
        is_cleared: Whether a hidden value is to be taken away.
        variable: The variable of the environment that sets it; empty if it can be changed here.
        problem: What is wrong with what was typed.
        theirs: What it is now, if somebody else was quicker.
    """

    name: str
    key: Key
    value: Any
    is_hidden: bool = False
    is_set: bool = False
    is_cleared: bool = False
    variable: str = ""
    problem: str = ""
    theirs: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What somebody wants to be so.

    Attributes:
        name: The dotted key, or an entry of a list that is to go.
        value: As JSON has it; `MISSING` for what is to go.
    """

    name: str
    value: Any


def values_of(settings: Settings) -> Document:
    """Every value in force, defaults included."""
    values: Document = msgspec.to_builtins(settings)
    return values


def is_hidden(key: Key, value: Any) -> bool:
    """Whether the value must not be shown: by its name, or for what is in it."""
    last = str(path_of(key.name)[-1])
    shown = mask({last: list(value) if isinstance(value, tuple) else value})[last]
    return key.is_secret or shown == MASK or (isinstance(shown, list) and MASK in shown)


def read_was(typed: Typed, allowed: Collection[str]) -> dict[str, Any]:
    """What the form showed, of the keys that it may be about."""
    try:
        was = msgspec.json.decode(typed.get(WAS, [""])[0], type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeEncodeError):
        return {}
    return {name: value for name, value in was.items() if (key := key_at(name)) and key.name in allowed}


def write_was(names: Iterable[str], values: Document) -> str:
    """What the form shows, to come back with it; a hidden value leaves no more than a trace."""
    return json.dumps({name: _trace_of(name, values) for name in names})


def wishes_of(typed: Typed, was: Mapping[str, Any], locked: Collection[str]) -> list[Wish]:
    """What was typed that is not what was shown.

    Args:
        typed: The fields of the form.
        was: What it showed.
        locked: The keys that the environment sets.
    """
    removed = [
        name
        for name in typed.get(REMOVE, ())
        if name.endswith("]") and any(one.startswith(f"{name}.") for one in was)
    ]
    wishes = []
    for name, shown in was.items():
        key = key_at(name)
        if key is None or name in locked or name.startswith(tuple(f"{gone}." for gone in removed)):
            continue
        value = _typed_value(name, key, typed, shown)
        if value is not MISSING and not _is_same(value, shown):
            wishes.append(Wish(name=name, value=value))
    later_first = sorted(removed, key=lambda name: -int(path_of(name)[-1]))
    return [*wishes, *(Wish(name=name, value=MISSING) for name in later_first)]


def fulfil(document: Document, wishes: Sequence[Wish]) -> None:
    """Put what is wanted into the document."""
    for wish in wishes:
        put_at(document, path_of(wish.name), wish.value)


def require_places(wishes: Sequence[Wish], was: Mapping[str, Any], values: Document) -> None:
    """Let nothing be written by a place in a list that means another entry by now.

    A form shows one entry more than there are, for a new one; where there are fewer now, somebody has taken
    some out, and those behind them have moved up.

    Raises:
        ConflictError: If a wish is about such a list; with its key.
    """
    shown: dict[str, int] = {}
    for path in map(path_of, was):
        for depth, step in enumerate(path):
            if isinstance(step, int):
                stem = dotted(path[:depth])
                shown[stem] = max(step, shown.get(stem, 0))
    for stem, number in shown.items():
        now = value_at(values, path_of(stem))
        is_shorter = len(now if isinstance(now, list | tuple) else ()) < number
        if is_shorter and any(is_below(wish.name, stem) for wish in wishes):
            raise ConflictError(
                say(
                    "Somebody has taken an entry out of {key} meanwhile. Nothing was written: "
                    "look at what is there now, and change that.",
                    key=stem,
                ),
                key=stem,
            )


def conflicts(wishes: Sequence[Wish], was: Mapping[str, Any], values: Document) -> list[str]:
    """The keys that somebody else has changed since the form was drawn, to something else than is wanted."""
    found = []
    for wish in wishes:
        names = [wish.name] if wish.value is not MISSING else [one for one in was if is_below(one, wish.name)]
        for name in names:
            now = value_at(values, path_of(name))
            is_as_wanted = now is not MISSING and now == wish.value
            if not is_as_wanted and _trace_of(name, values) != was[name]:
                found.append(name)
    return found


def problems(document: Document, wishes: Sequence[Wish]) -> dict[str, str]:
    """For each field that cannot stay so a sentence; under the empty name what no field is about.

    Args:
        document: What is in force.
        wishes: What is wanted.
    """
    found: dict[str, str] = {}
    left = list(wishes)
    while True:
        made = copy.deepcopy(document)
        fulfil(made, left)
        try:
            parse_settings(made)
        except ConfigError as error:
            culprit = next((wish for wish in left if is_below(error.key or "", wish.name)), None)
            found[culprit.name if culprit else ""] = _beside_field(error.sentence, culprit)
            if culprit is None:
                return found
            left.remove(culprit)
        else:
            return found


def save(config: ConfigFile, wishes: Sequence[Wish], was: Mapping[str, Any]) -> tuple[Change, ...]:
    """Write what is wanted, durably and in force; what that has changed. Blocks.

    Raises:
        ConflictError: If somebody else was quicker.
        ConfigError: If it cannot be so, or cannot be written.
    """
    changed: tuple[Change, ...] = ()

    def change(document: Document) -> None:
        nonlocal changed
        now = values_of(parse_settings(config.overlay.applied(document)))
        require_places(wishes, was, now)
        if found := conflicts(wishes, was, now):
            raise ConflictError(say("It was changed meanwhile. Nothing was written."), key=found[0])
        before = copy.deepcopy(document)
        fulfil(document, wishes)
        changed = differences(before, document)

    config.update(change)
    return changed


def field_of(
    name: str,
    config: ConfigFile,
    values: Document,
    *,
    typed: Typed | None = None,
    problem: str = "",
    tell_theirs: bool = False,
) -> Field:
    """The field of a key, with what was typed there, or else what is in force.

    Args:
        name: The dotted key.
        config: The configuration.
        values: Every value in force.
        typed: What was typed; None for nothing yet.
        problem: What is wrong with that.
        tell_theirs: Whether to say what it is now.
    """
    key = key_at(name)
    assert key is not None  # noqa: S101 -- the caller has the name from the schema
    now = value_at(values, path_of(name))
    now = key.default if now is MISSING else now
    hidden = is_hidden(key, now)
    variable = config.overlay.variables.get(name, "")
    is_typed = typed is not None and not variable
    return Field(
        name=name,
        key=key,
        value=_typed_text(name, key, typed or {}) if is_typed else _shown(key, now, hidden=hidden),
        is_hidden=hidden,
        is_set=hidden and bool(now),
        is_cleared=is_typed and f"{name}{CLEAR}" in (typed or {}),
        variable=variable,
        problem=problem,
        theirs=words_of(key, now) if tell_theirs else "",
    )


def words_of(key: Key | None, value: Any) -> str:
    """The value as a person reads it; never a secret."""
    if key is not None and is_hidden(key, value):
        return mark("set") if value else mark("not set")
    if isinstance(value, bool):
        return mark("on") if value else mark("off")
    if value in (None, "", [], (), MISSING):
        return mark("empty")
    if isinstance(value, dict):
        return say_count("{number} key", "{number} keys", len(value))
    if isinstance(value, list | tuple):
        if any(isinstance(entry, dict) for entry in value):
            return say_count("{number} entry", "{number} entries", len(value))
        return ", ".join(map(str, value))
    return _number_text(value) if isinstance(value, float) else str(value)


def _beside_field(sentence: str, wish: Wish | None) -> str:
    """The sentence where it stands beside the very field, which needs no name there."""
    if wish is None or not isinstance(sentence, Phrase):
        return sentence
    for name, fact in sentence.facts.items():
        if fact == wish.name and sentence.template.startswith(f"{{{name}}} must"):
            return Phrase(sentence.template, "", {**sentence.facts, name: say("It")})
    return sentence


def is_below(name: str, above: str) -> bool:
    """Whether the key is the other one, or one in it."""
    return name == above or name.startswith((f"{above}.", f"{above}["))


def _trace_of(name: str, values: Document) -> Any:
    """What tells the value from another one, and shows it only if that may be."""
    key = key_at(name)
    value = value_at(values, path_of(name))
    if key is None:
        return None
    value = key.default if value is MISSING else value
    value = list(value) if isinstance(value, tuple) else value
    return {"hidden": revision_of(value)} if is_hidden(key, value) else value


def _is_same(value: Any, shown: Any) -> bool:
    return bool(value == shown) and isinstance(value, bool) == isinstance(shown, bool)


def _typed_value(name: str, key: Key, typed: Typed, shown: Any) -> Any:
    """What was typed, as JSON has it; `MISSING` for nothing. What is no number stays the text that it is."""
    given = typed.get(name, [])
    text = given[0] if given else ""
    if f"{name}{CLEAR}" in typed:
        return key.default
    if isinstance(shown, dict) and not text.strip():  # a hidden value that nobody wants to replace
        return MISSING
    match key.kind:
        case Kind.SWITCH:
            return bool(given)
        case Kind.CHOICES:
            return [choice for choice in key.choices if choice in given]
        case Kind.TEXTS:
            return _lines(text)
        case Kind.NUMBERS:
            return [_number(line) for line in _lines(text)]
        case Kind.NUMBER:
            return _number(text) if text.strip() else key.default
        case Kind.TEXT:
            return text if given else MISSING


def _typed_text(name: str, key: Key, typed: Typed) -> Any:
    given = typed.get(name, [])
    if key.kind is Kind.SWITCH:
        return bool(given)
    return given if key.kind is Kind.CHOICES else (given[0] if given else "")


def _shown(key: Key, value: Any, *, hidden: bool) -> Any:
    if hidden:
        return ""
    if key.kind in (Kind.TEXTS, Kind.NUMBERS):
        return "\n".join(map(str, value))
    if key.kind is Kind.NUMBER:
        return "" if value is None else _number_text(value)
    return value


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _number(text: str) -> Any:
    try:
        number = float(text.strip().replace(",", "."))
    except ValueError:
        return text
    return int(number) if number.is_integer() else number


def _number_text(value: float) -> str:
    return f"{value:.12g}"
