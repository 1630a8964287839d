from __future__ import annotations

import inspect
import ssl

import aiohttp
import pytest

from crosswatch.errors import SourceUnavailableError
from crosswatch.providers.scrobble.plex.transport import (
    Neighbour,
    check_status,
    client_headers,
    shown,
    translate,
)

PLEX = Neighbour(
    name="Plex at http://nas:32400", address_key="plex.server_url", token_key="plex.account_token"
)

CLIENT_ERRORS = sorted(
    {
        found
        for _, found in inspect.getmembers(aiohttp.client_exceptions, inspect.isclass)
        if issubclass(found, aiohttp.ClientError)
    },
    key=lambda found: found.__name__,
)


@pytest.mark.parametrize("error_class", CLIENT_ERRORS)
def test_every_error_of_the_http_library_has_a_translation(error_class):
    """A new one falls into a sentence that is true of all of them, and never through the net."""
    found = translate(error_class.__new__(error_class), PLEX)
    assert isinstance(found, SourceUnavailableError)
    assert (
        "plex.server_url" in str(found) or "will be asked again" in str(found) or "certificate" in str(found)
    )


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        pytest.param(TimeoutError(), "does not answer in time", id="time-out"),
        pytest.param(ConnectionResetError(), "broke off", id="reset"),
        pytest.param(aiohttp.ServerTimeoutError(), "does not answer in time", id="time-out of the library"),
        pytest.param(aiohttp.ServerDisconnectedError(), "broke off", id="disconnected"),
        pytest.param(ssl.SSLCertVerificationError(), "allow_self_signed", id="certificate"),
        pytest.param(ssl.SSLError(), "http or https", id="TLS"),
        pytest.param(ConnectionRefusedError(111, "Connection refused"), "Connection refused", id="refused"),
        pytest.param(aiohttp.InvalidURL("x"), "is not an address", id="address"),
    ],
)
def test_an_error_says_what_to_do(error, sentence):
    assert sentence in str(translate(error, PLEX))


@pytest.mark.parametrize("status", [101, 200, 201, 204, 299])
def test_a_good_status_is_no_error(status):
    check_status(status, "", PLEX)


def test_we_are_called_the_same_in_every_request():
    assert client_headers("abc") == client_headers("abc")
    assert client_headers("abc")["User-Agent"].startswith("CrossWatch/")


@pytest.mark.parametrize(
    ("address", "text"),
    [
        ("http://nas:32400/web?X-Plex-Token=secret", "http://nas:32400"),
        ("https://me:secret@nas", "https://nas"),
        ("nonsense", "an address that makes no sense"),
    ],
)
def test_an_address_is_shown_without_what_may_be_secret(address, text):
    assert shown(address) == text
