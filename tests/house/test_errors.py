"""Errors are few and drawn; foreign ones end where they arise."""

from __future__ import annotations

import inspect
import re

import aiohttp
import pytest

from crosswatch import errors
from crosswatch.providers.scrobble.trakt.answers import Failure
from crosswatch.providers.scrobble.trakt.client import _failure

CLIENT_ERRORS = sorted(
    {
        found
        for _, found in inspect.getmembers(aiohttp.client_exceptions, inspect.isclass)
        if issubclass(found, aiohttp.ClientError)
    },
    key=lambda found: found.__name__,
)
NOTHING_WAS_SENT = (
    aiohttp.ClientConnectorError,
    aiohttp.ConnectionTimeoutError,
    aiohttp.InvalidURL,
    aiohttp.NonHttpUrlClientError,
)
"""No connection, or no address: the request cannot have been carried out."""


@pytest.mark.parametrize("error_class", CLIENT_ERRORS)
def test_an_error_towards_trakt_counts_as_undone_only_where_nothing_can_have_been_sent(error_class):
    """An error that the library may grow is thus taken for "perhaps done", and Trakt is asked."""
    failure = _failure(error_class.__new__(error_class))
    assert isinstance(failure, Failure)
    assert failure.detail.endswith(".")
    assert failure.may_be_done or issubclass(error_class, NOTHING_WAS_SENT)


def tree_of(root, depth=0):
    yield depth, root.__name__
    for child in root.__subclasses__():
        if child.__module__ == errors.__name__:
            yield from tree_of(child, depth + 1)


def test_the_tree_of_errors_is_drawn_as_it_is():
    pattern = re.compile(r"^    (?P<branch>[│ ├└─]*)(?P<name>[A-Z]\w+Error)\b", re.MULTILINE)
    drawn = [(len(match["branch"]) // 4, match["name"]) for match in pattern.finditer(errors.__doc__)]
    assert drawn == list(tree_of(errors.CrossWatchError))
