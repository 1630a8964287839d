"""Settings from environment variables: for containers, where a file is not what people like to write.

The variable of a key is `CROSSWATCH_` and the key in capitals, with `_` for each dot; with `_FILE` behind it,
it names a file that holds the value, as container engines hand over secrets. What is set so is in force
whatever `config.json` says, cannot be changed over the API, and is never written to disk: it belongs to
whoever starts the process. An empty variable sets nothing.

Tokens of accounts (`auth.…`) cannot be set so: the app renews them, and what it has renewed must win after
the next start. Lists of objects have no variables either.
"""

from __future__ import annotations

import copy
import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args, get_origin

from crosswatch.config.model import Settings, known_keys, parse_settings
from crosswatch.config.validation import hint_at
from crosswatch.core.phrases import say
from crosswatch.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from crosswatch.config.document import Document

PREFIX = "CROSSWATCH_"
FILE_SUFFIX = "_FILE"
WRITTEN_BY_THE_APP = ("auth.",)

_YES = frozenset({"true", "yes", "on", "1"})
_NO = frozenset({"false", "no", "off", "0"})


def variable_of(key: str) -> str:
    """The variable that sets the key."""
    return PREFIX + key.replace(".", "_").upper()


@cache
def settable_keys() -> tuple[str, ...]:
    """The keys that have a variable."""
    return tuple(
        key
        for key in known_keys()
        if "[" not in key and "<" not in key and not key.startswith(WRITTEN_BY_THE_APP)
    )


class Overlay:
    """What the environment sets.

    Args:
        environment: The variables.

    Attributes:
        variables: For each key that is set, the variable that sets it.
        unknown: Variables that look like one of ours and set nothing.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.variables: dict[str, str] = {}
        self._values: dict[str, Any] = {}
        self._problem: ConfigError | None = None
        for key in settable_keys():
            try:
                self._read(key, environment)
            except ConfigError as error:
                self._problem = self._problem or error
        self.unknown = _unknown(environment)

    def applied(self, document: Document) -> Document:
        """A copy of the document with what the environment sets.

        Raises:
            ConfigError: If a variable cannot be used. Names the key.
        """
        if self._problem is not None:
            raise self._problem
        made = copy.deepcopy(document)
        for key, value in self._values.items():
            _put(made, key.split("."), value)
        return made

    def taken_out(self, document: Document, stored: Document) -> Document:
        """A copy of the document in which what the environment sets is as `stored` has it.

        Only where the document says the same as the environment: what somebody has written otherwise is kept,
        and is in force once the variable is gone.
        """
        made = copy.deepcopy(document)
        for key, value in self._values.items():
            path = key.split(".")
            if _get(made, path) == value:
                _put(made, path, _get(stored, path))
        return made

    def require_sound(self, stored: Document) -> None:
        """Check what stands behind the environment's values, for it counts once they are gone.

        Raises:
            ConfigError: If one of them cannot be used. Names the key.
        """
        try:
            parse_settings(stored)
        except ConfigError as error:
            hidden = tuple(f"{key}{end}" for key in self.variables for end in (".", "["))
            if error.key in self.variables or (error.key or "").startswith(hidden):
                raise

    def _read(self, key: str, environment: Mapping[str, str]) -> None:
        variable = variable_of(key)
        text = read_variable(environment, variable, key)
        if text is None:
            return
        value = convert(text, hint_at(Settings, list(key.split("."))), variable, key)
        self._values[key] = value
        self.variables[key] = variable


def read_variable(environment: Mapping[str, str], variable: str, key: str = "") -> str | None:
    """What the variable says, or the file that its `_FILE` twin names; None if neither is set.

    Raises:
        ConfigError: If both are set, or the file cannot be read.
    """
    twin = variable + FILE_SUFFIX
    text, path = environment.get(variable) or None, environment.get(twin)
    if not path:
        return text
    if text is not None:
        raise ConfigError(
            say("{variable} and {twin} are both set. Keep one.", variable=variable, twin=twin),
            key=key or None,
        )
    try:
        return Path(path).read_text(encoding="utf-8").strip() or None
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror or "" if isinstance(error, OSError) else say("it is no text")
        raise ConfigError(
            say("The file that {twin} names cannot be read: {reason}.", twin=twin, reason=reason),
            key=key or None,
        ) from None


_CONVERTERS: dict[Any, Callable[[str], Any]] = {
    str: str,
    int: int,
    float: float,
}


def convert(text: str, hint: Any, variable: str, key: str) -> Any:
    """The value that the text means for a key of that type; limits are checked with the whole document.

    Args:
        text: As a person types it.
        hint: The key's type in the view.
        variable: What to call the source of the text.
        key: The key.

    Raises:
        ConfigError: If it means no such value. Names the key.
    """
    while get_args(hint) and get_origin(hint) is not tuple:  # Annotated[float, …], float | None
        hint = get_args(hint)[0]
    plain = text.strip()
    if hint is bool:
        if plain.lower() in _YES | _NO:
            return plain.lower() in _YES
        raise ConfigError(say("{variable} must be true or false.", variable=variable), key=key)
    if get_origin(hint) is tuple:
        return _convert_list(plain, variable, key)
    try:
        return _CONVERTERS.get(hint, str)(plain)
    except ValueError:
        raise ConfigError(say("{variable} must be a number.", variable=variable), key=key) from None


def _convert_list(text: str, variable: str, key: str) -> list[Any]:
    """A JSON list, or texts with commas between."""
    if not text.startswith("["):
        return [entry.strip() for entry in text.split(",") if entry.strip()]
    try:
        found = json.loads(text)
    except ValueError:
        raise ConfigError(
            say("{variable} must be a list, or texts with commas between.", variable=variable), key=key
        ) from None
    return list(found)


def _unknown(environment: Mapping[str, str]) -> list[str]:
    """Variables named after one of our sections that no key has: a slip of the pen."""
    sections = {variable_of(key.partition(".")[0]) + "_" for key in settable_keys() if "." in key}
    known = {variable_of(key) for key in settable_keys()}
    known |= {variable + FILE_SUFFIX for variable in known}
    return sorted(name for name in environment if name.startswith(tuple(sections)) and name not in known)


def _get(document: Any, path: list[str]) -> Any:
    for step in path:
        document = document.get(step) if isinstance(document, dict) else None
    return document


def _put(document: Document, path: list[str], value: Any) -> None:
    """Set the value there, or take it away if it is None; sections that are missing are made."""
    *above, name = path
    for step in above:
        if value is not None:
            document.setdefault(step, {})
        inner = document.get(step)
        if not isinstance(inner, dict):  # a mistake, which is for the check to tell
            return
        document = inner
    if value is None:
        document.pop(name, None)
    else:
        document[name] = value
