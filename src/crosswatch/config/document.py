"""The text of `config.json`: JSON in, JSON out, and a place to point at when it is not JSON.

The raw document is the truth of the configuration. It is read into an ordinary dict and written back
from one, so that keys we do not know, and the order in which somebody typed them, survive.
"""

from __future__ import annotations

import json
from typing import Any, NoReturn

from crosswatch.core.phrases import say
from crosswatch.errors import ConfigError

Document = dict[str, Any]
"""A configuration as JSON holds it: texts, numbers, booleans, nulls, lists and objects."""

NO_OBJECT = say("The configuration must be one JSON object, {shape}.", shape="{ … }")

LARGEST_DOCUMENT_BYTES = 1024 * 1024
DEEPEST_NESTING = 64


def decode_document(data: bytes) -> Document:
    """The document that these bytes spell.

    Args:
        data: UTF-8 JSON, with or without a byte-order mark, at most `LARGEST_DOCUMENT_BYTES`.

    Raises:
        ConfigError: If the bytes are not JSON (with line and column, counted from 1), or are JSON that
            cannot be a configuration: not an object, nested too deeply, or too large.
    """
    if len(data) > LARGEST_DOCUMENT_BYTES:
        raise ConfigError(
            say("The configuration is larger than {size} KiB.", size=LARGEST_DOCUMENT_BYTES // 1024)
        )
    text = _decode_text(data)
    try:
        value = json.loads(text, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        raise _not_json(text, error) from None
    except RecursionError:
        raise ConfigError(
            say(
                "The configuration is nested deeper than {number} levels.",
                number=DEEPEST_NESTING,
            )
        ) from None
    except ValueError as error:  # a number of thousands of digits, or NaN
        raise ConfigError(
            say("The configuration holds a number that cannot be used: {error}.", error=str(error))
        ) from None
    if not isinstance(value, dict):
        raise ConfigError(NO_OBJECT)
    _require_sane(value, text)
    return value


def encode_document(document: Document) -> bytes:
    """The bytes that `config.json` holds for this document: indented UTF-8 that ends with a newline."""
    return (json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode()


def _decode_text(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line = before.count(b"\n") + 1
        column = error.start - (before.rfind(b"\n") + 1) + 1
        raise ConfigError(
            say(
                "The text is not UTF-8 at line {line}, byte {column}. Save the file as UTF-8.",
                line=line,
                column=column,
            ),
            line=line,
            column=column,
        ) from None


def _not_json(text: str, error: json.JSONDecodeError) -> ConfigError:
    """What is wrong and where; never what is written there, for it may be half a token."""
    reason: str = error.msg[:1].lower() + error.msg[1:]
    rest = text[error.pos :].lstrip()
    before = text[: error.pos].rstrip()
    if not text.strip():
        reason = say("there is nothing in it")
    elif rest.startswith(("//", "/*", "#")):
        reason = say("JSON knows no comments; take the comment away")
    elif rest.startswith(("}", "]")) and before.endswith(","):
        reason = say("there is a comma too many before the closing bracket")
    return ConfigError(
        say(
            "This is not JSON, at line {line}, column {column}: {reason}.",
            line=error.lineno,
            column=error.colno,
            reason=reason,
        ),
        line=error.lineno,
        column=error.colno,
    )


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(say("{name} is not a JSON number", name=name))


def _require_sane(document: Document, text: str) -> None:
    """Refuse what later steps could not copy, write or answer with."""
    level: list[Any] = [document]
    depth = 0
    while level:
        depth += 1
        if depth > DEEPEST_NESTING:
            raise ConfigError(
                say(
                    "The configuration is nested deeper than {number} levels.",
                    number=DEEPEST_NESTING,
                )
            )
        level = [child for value in level for child in _children(value)]
    if "\\u" not in text and "1e" not in text.lower():
        return
    try:
        encode_document(document)
    except UnicodeEncodeError:
        raise ConfigError(
            say("The configuration holds half of a character pair (\\ud800 to \\udfff).")
        ) from None
    except ValueError:
        raise ConfigError(say("The configuration holds a number that is too large to be one.")) from None


def _children(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []
