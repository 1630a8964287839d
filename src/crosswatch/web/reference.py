"""The API's description as people read it, made of the app's own OpenAPI document. Pure."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from crosswatch.web.languages import mark

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

TITLES = {
    "watch": mark("Watching"),
    "config": mark("Configuration"),
    "plays": mark("Plays"),
    "matches": mark("Matches"),
    "people": mark("People"),
    "logs": mark("Log"),
    "webhook": mark("Webhook"),
    "health": mark("Health"),
    "upkeep": mark("Backups and notices"),
    "pages": mark("Pages"),
    "access": mark("Access"),
}
"""What each group of addresses is called, in this order; a group that is not named here comes last."""

NO_NEED = "nothing"
KINDS = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "array": "list",
    "object": "object",
}
FORMATS = {"date-time": "moment", "binary": "file"}
SAMPLES = {"integer": 0, "number": 0, "boolean": True, "array": [], "object": {}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """A parameter, or a key of a body.

    Attributes:
        name: Its name.
        where: `query`, `path`, `header` or `body`.
        kind: What it is, in words.
        text: What it means; may be empty.
        is_required: Whether it must be there.
    """

    name: str
    where: str
    kind: str
    text: str
    is_required: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """What can be asked at one address.

    Attributes:
        id: For links.
        verb: The HTTP method.
        path: The address.
        text: What it does, by paragraphs.
        needs: The scope that it takes, or `nothing`.
        values: Parameters, and keys of the body.
        body: What the body is, where its keys are not described.
        answers: Status and meaning of each answer of its own.
        curl: How to ask for it.
    """

    id: str
    verb: str
    path: str
    text: tuple[str, ...]
    needs: str
    values: tuple[Value, ...]
    body: str
    answers: tuple[tuple[str, str], ...]
    curl: str

    @property
    def lead(self) -> str:
        """The first sentence or two."""
        return self.text[0] if self.text else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    """Addresses that belong together."""

    id: str
    title: str
    operations: tuple[Operation, ...]


def chapters_of(document: Mapping[str, Any], base: str) -> tuple[Chapter, ...]:
    """Every address that the document describes, by groups.

    Args:
        document: The OpenAPI document.
        base: Where the app answers, without a slash at its end; examples ask there.
    """
    order = list(TITLES)
    found = sorted(_operations(document, base), key=lambda pair: _place(order, pair[0]))
    return tuple(
        Chapter(id=tag, title=TITLES.get(tag, tag), operations=tuple(operation for _, operation in group))
        for tag, group in groupby(found, key=lambda pair: pair[0])
    )


def kind_words(schema: Mapping[str, Any], document: Mapping[str, Any]) -> str:
    """What the schema allows, in words: `whole number, 1 to 500`."""
    schema = _resolved(schema, document)
    if "anyOf" in schema:
        kinds = [kind_words(one, document) for one in schema["anyOf"] if one.get("type") != "null"]
        return " or ".join(dict.fromkeys(kinds))
    if "enum" in schema:
        return "one of " + ", ".join(f"`{one}`" for one in schema["enum"])
    if "const" in schema:
        return f"`{schema['const']}`"
    kind = FORMATS.get(schema.get("format", ""), KINDS.get(schema.get("type", ""), "anything"))
    if kind == KINDS["array"] and "items" in schema:
        kind = f"list of: {kind_words(schema['items'], document)}"
    least, most = schema.get("minimum"), schema.get("maximum")
    if least is not None and most is not None:
        return f"{kind}, {least} to {most}"
    return f"{kind}, {least} or more" if least is not None else kind


def _operations(document: Mapping[str, Any], base: str) -> Iterator[tuple[str, Operation]]:
    for path, verbs in document["paths"].items():
        for verb, told in verbs.items():
            tag = (told.get("tags") or ["pages"])[0]
            yield tag, _operation(path, verb.upper(), told, document, base=base)


def _operation(
    path: str, verb: str, told: Mapping[str, Any], document: Mapping[str, Any], *, base: str
) -> Operation:
    body = _body_schema(told, document)
    values = (*_parameters(told, document), *_keys(body, document))
    needs = told.get("x-needs", NO_NEED)
    return Operation(
        id=f"{verb}-{path.strip('/').replace('/', '-')}".lower(),
        verb=verb,
        path=path,
        text=tuple(
            " ".join(part.split()) for part in told.get("description", "").split("\n\n") if part.strip()
        ),
        needs=needs,
        values=values,
        body="" if body is None or body.get("properties") else kind_words(body, document),
        answers=tuple(
            (status, answer["description"])
            for status, answer in told["responses"].items()
            if answer.get("description") not in ("Successful Response", "Validation Error")
        ),
        curl=_curl(path, verb, needs, body, document, base=base),
    )


def _parameters(told: Mapping[str, Any], document: Mapping[str, Any]) -> Iterator[Value]:
    for one in told.get("parameters", ()):
        yield Value(
            name=one["name"],
            where=one["in"],
            kind=kind_words(one["schema"], document),
            text=one.get("description", ""),
            is_required=one.get("required", False),
        )


def _keys(body: Mapping[str, Any] | None, document: Mapping[str, Any]) -> Iterator[Value]:
    for name, schema in (body or {}).get("properties", {}).items():
        yield Value(
            name=name,
            where="body",
            kind=kind_words(schema, document),
            text=schema.get("description", ""),
            is_required=name in (body or {}).get("required", ()),
        )


def _body_schema(told: Mapping[str, Any], document: Mapping[str, Any]) -> Mapping[str, Any] | None:
    content = told.get("requestBody", {}).get("content", {})
    schema = content.get("application/json", {}).get("schema")
    return _resolved(schema, document) if schema is not None else None


def _curl(
    path: str,
    verb: str,
    needs: str,
    body: Mapping[str, Any] | None,
    document: Mapping[str, Any],
    *,
    base: str,
) -> str:
    """The command, with what is to be filled in as capitals."""
    filled = "/".join(
        step[1:-1].upper() if step.startswith("{") and step.endswith("}") else step
        for step in path.split("/")
    )
    words = ["curl", "-s"]
    if verb not in ("GET", "POST") or (verb == "POST" and body is None):
        words += ["-X", verb]
    words.append(shlex.quote(f"{base}{filled}"))
    if needs != NO_NEED:
        words += ["-H", "'X-Api-Key: cw_…'"]
    if body is not None:
        sample = {name: _sample(schema, document) for name, schema in body.get("properties", {}).items()}
        words += ["-H", "'Content-Type: application/json'", "--data", shlex.quote(json.dumps(sample))]
    return " ".join(words)


def _sample(schema: Mapping[str, Any], document: Mapping[str, Any]) -> Any:
    schema = _resolved(schema, document)
    if "anyOf" in schema:
        return _sample(schema["anyOf"][0], document)
    return schema["enum"][0] if "enum" in schema else SAMPLES.get(schema.get("type", ""), "…")


def _resolved(schema: Mapping[str, Any], document: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema itself where another place is named."""
    while "$ref" in schema:
        found: Any = document
        for step in schema["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        schema = found
    return schema


def _place(order: list[str], tag: str) -> int:
    return order.index(tag) if tag in order else len(order)
