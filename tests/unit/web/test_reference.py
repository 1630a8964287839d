"""The description of the API as people read it, from a document that has every shape once."""

from __future__ import annotations

import shlex

import pytest

from crosswatch.web.factory import create_app
from crosswatch.web.reference import chapters_of, kind_words

DOCUMENT = {
    "paths": {
        "/api/things/{thing_id}": {
            "get": {
                "tags": ["unheard of"],
                "description": "One thing,\nby `id`.\n\nMore of it.",
                "parameters": [
                    {"name": "thing_id", "in": "path", "required": True, "schema": {"type": "string"}},
                    {
                        "name": "n",
                        "in": "query",
                        "schema": {"type": "integer", "minimum": 1, "maximum": 9},
                        "description": "How many.",
                    },
                ],
                "responses": {
                    "200": {"description": "Successful Response"},
                    "404": {"description": "None such."},
                },
                "x-needs": "read",
            }
        },
        "/api/plays": {
            "post": {
                "tags": ["plays"],
                "requestBody": {
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Wish"}}}
                },
                "responses": {},
                "x-needs": "nothing",
            },
            "delete": {"tags": ["plays"], "responses": {}, "x-needs": "admin"},
        },
    },
    "components": {
        "schemas": {
            "Wish": {
                "type": "object",
                "properties": {
                    "kind": {"$ref": "#/components/schemas/Kind"},
                    "season": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
                },
                "required": ["kind"],
            },
            "Kind": {"type": "string", "enum": ["show", "movie"]},
        }
    },
}


def operations(base="http://nas:8787/watch"):
    return {
        f"{one.verb} {one.path}": one for chapter in chapters_of(DOCUMENT, base) for one in chapter.operations
    }


def test_groups_come_in_their_order_and_unknown_ones_last():
    assert [(chapter.id, chapter.title) for chapter in chapters_of(DOCUMENT, "")] == [
        ("plays", "Plays"),
        ("unheard of", "unheard of"),
    ]


def test_an_address_says_what_it_does_takes_and_answers():
    one = operations()["GET /api/things/{thing_id}"]
    assert one.text == ("One thing, by `id`.", "More of it.")
    assert one.needs == "read"
    assert [(value.name, value.where, value.kind, value.is_required) for value in one.values] == [
        ("thing_id", "path", "text", True),
        ("n", "query", "whole number, 1 to 9", False),
    ]
    assert one.answers == (("404", "None such."),)


@pytest.mark.parametrize(
    ("address", "words"),
    [
        (
            "GET /api/things/{thing_id}",
            ["curl", "-s", "http://nas:8787/watch/api/things/THING_ID", "-H", "X-Api-Key: cw_…"],
        ),
        (
            "DELETE /api/plays",
            ["curl", "-s", "-X", "DELETE", "http://nas:8787/watch/api/plays", "-H", "X-Api-Key: cw_…"],
        ),
        (
            "POST /api/plays",
            [
                "curl",
                "-s",
                "http://nas:8787/watch/api/plays",
                "-H",
                "Content-Type: application/json",
                "--data",
                '{"kind": "show", "season": 0}',
            ],
        ),
    ],
)
def test_an_example_is_a_command_that_a_shell_understands(address, words):
    assert shlex.split(operations()[address].curl) == words


def test_a_hostile_host_stays_one_word_of_the_example():
    base = "http://nas;rm -rf ~"
    assert shlex.split(operations(base)["DELETE /api/plays"].curl)[4] == f"{base}/api/plays"


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"type": "boolean"}, "true or false"),
        ({"type": "string", "format": "date-time"}, "moment"),
        ({"type": "integer", "minimum": 0}, "whole number, 0 or more"),
        ({"type": "array", "items": {"type": "string"}}, "list of: text"),
        ({"anyOf": [{"type": "string"}, {"type": "integer"}, {"type": "null"}]}, "text or whole number"),
        ({"$ref": "#/components/schemas/Kind"}, "one of `show`, `movie`"),
        ({"const": "watched"}, "`watched`"),
        ({}, "anything"),
    ],
)
def test_what_is_allowed_is_said_in_words(schema, words):
    assert kind_words(schema, DOCUMENT) == words


def test_every_address_of_the_app_is_described_with_a_sentence():
    chapters = chapters_of(create_app().openapi(), "http://127.0.0.1:8787")
    assert [one.path for chapter in chapters for one in chapter.operations if not one.lead] == []
    ids = [one.id for chapter in chapters for one in chapter.operations]
    assert len(set(ids)) == len(ids)
    assert {chapter.title for chapter in chapters} & {chapter.id for chapter in chapters} == set()
