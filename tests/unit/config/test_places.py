from __future__ import annotations

import json

import pytest

from crosswatch.config.document import encode_document
from crosswatch.config.model import default_document, known_keys
from crosswatch.config.places import place_of
from crosswatch.config.schema import path_of

TEXT = """{
  "plex": {"server_url": "a, {b}: [c]", "none": null},
  "empty": {}, "list": [],
  "servers": [
    {"name": "Den \\"2\\"", "ports": [1, [2, 3], 4]},
    {"name": true}
  ],
  "last": 1.5
}"""


@pytest.mark.parametrize(
    ("path", "line", "starts"),
    [
        (["plex"], 2, '{"server_url"'),
        (["plex", "server_url"], 2, '"a, {b}'),
        (["plex", "none"], 2, "null"),
        (["plex", "missing"], 2, '{"server_url"'),
        (["empty"], 3, "{}"),
        (["list"], 3, "[]"),
        (["servers", 0, "ports", 2], 5, "4]"),
        (["servers", 0, "ports", 1, 1], 5, "3]"),
        (["servers", 1, "name"], 6, "true"),
        (["servers", 2], 4, "["),
        (["last"], 8, "1.5"),
        (["nowhere"], 1, "{"),
    ],
)
def test_a_value_is_found_where_it_stands(path, line, starts):
    found = place_of(TEXT, path)
    assert found[0] == line
    assert TEXT.split("\n")[line - 1][found[1] - 1 :].startswith(starts)


def test_every_key_of_the_default_document_is_found():
    text = encode_document(default_document()).decode()
    for name in known_keys():
        path = path_of(name)
        value = json.loads(text)
        try:
            for step in path:
                value = value[step]
        except (KeyError, IndexError):
            continue
        line, column = place_of(text, path)
        assert text.split("\n")[line - 1][column - 1 :].startswith(json.dumps(value)[:1])
        assert f'"{path[-1]}"' in text.split("\n")[line - 1]
