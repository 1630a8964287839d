"""Deliveries of Plex webhooks: who may send them, and the payload within whatever body carries it. Pure.

A Plex server sends `multipart/form-data` with a part `payload`, with or without a file name, and mostly a
picture beside it. Relays and people send JSON as it is, or in a form field. The picture is passed over.

A Plex server signs nothing. So a secret may come in the address as well as in a signature; whoever sends
neither is a stranger where a secret is set.

Source: hand-over, "Webhook-mode"; Plex protocol notes, section 12.1; tests/recordings/plex/webhooks/2*.json.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from crosswatch.errors import PayloadError

if TYPE_CHECKING:
    from collections.abc import Collection

    from python_multipart.multipart import MultipartCallbacks

MOST_PAYLOAD_BYTES = 1024 * 1024
"""A payload of Plex has some kilobytes."""

MOST_BODY_BYTES = 4 * MOST_PAYLOAD_BYTES
"""A payload with its picture."""

FIELD = "payload"
MOST_FIELDS = 16

_MULTIPART = b"multipart/form-data"
_FORM = b"application/x-www-form-urlencoded"
_BOM = b"\xef\xbb\xbf"


def payload_of(body: bytes, content_type: str) -> bytes:
    """The JSON text in the body of a delivery; not decoded, and of any size.

    A form that begins with a brace is JSON whose sender (such as `curl --data`) did not say so. A body of any
    other type is taken for JSON.

    Raises:
        PayloadError: If there is none.
    """
    kind, options = parse_options_header(content_type)
    if kind == _MULTIPART:
        return _Parts(options.get(b"boundary", b"")).payload_in(body)
    if kind == _FORM and not body.lstrip().startswith(b"{"):
        return _field_of(body)
    return body.removeprefix(_BOM)


def is_authentic(
    secrets: Collection[str], *, token: str | None, signature: str | None, body: bytes | None
) -> bool:
    """Whether the sender knows one of the secrets; always, where there is none.

    Args:
        secrets: Those that are set.
        token: What the address says, or None.
        signature: `X-Plex-Signature`: base64 of the HMAC-SHA1 of the raw body; or None.
        body: The raw body; None while it has not been read, and no signature can be checked.
    """
    if not secrets:
        return True
    given = (token or "").encode()
    knows = [hmac.compare_digest(given, secret.encode()) for secret in secrets]  # all: none is quicker
    if body is not None:
        signed = (signature or "").strip().encode()
        knows += [hmac.compare_digest(signed, _signature(secret, body)) for secret in secrets]
    return any(knows)


def _signature(secret: str, body: bytes) -> bytes:
    return base64.b64encode(hmac.digest(secret.encode(), body, hashlib.sha1))


def _field_of(body: bytes) -> bytes:
    try:
        fields = parse_qs(body.decode("ascii"), max_num_fields=MOST_FIELDS, errors="strict")
    except ValueError:  # not ASCII, not UTF-8 within, or too many
        raise PayloadError("The form cannot be read.") from None
    if not fields.get(FIELD):
        raise PayloadError(f"The form has no field {FIELD}.")
    return fields[FIELD][0].encode()


class _Parts:
    """Reads a multipart body for its first part of the right name, whether it is a field or a file."""

    def __init__(self, boundary: bytes) -> None:
        self._boundary = boundary
        self._header = bytearray()
        self._value = bytearray()
        self._part: bytearray | None = None
        self._payload: bytes | None = None

    def payload_in(self, body: bytes) -> bytes:
        """The part's content.

        Raises:
            PayloadError: If there is no such part, or it is not whole.
        """
        if not self._boundary:
            raise PayloadError("The type of the body names no boundary.")
        callbacks: MultipartCallbacks = {
            "on_header_field": lambda data, start, end: self._header.extend(data[start:end]),
            "on_header_value": lambda data, start, end: self._value.extend(data[start:end]),
            "on_header_end": self._end_header,
            "on_part_data": self._take,
            "on_part_end": self._end_part,
        }
        try:
            MultipartParser(self._boundary, callbacks).write(body)
        except FormParserError:
            if self._payload is None:
                raise PayloadError("The body is not multipart as its type says.") from None
        if self._payload is None:
            raise PayloadError(f"The body has no part {FIELD}.")
        return self._payload

    def _end_header(self) -> None:
        if bytes(self._header).lower() == b"content-disposition" and self._payload is None:
            _, options = parse_options_header(self._value.decode("latin-1"))
            if options.get(b"name") == FIELD.encode():
                self._part = bytearray()
        self._header.clear()
        self._value.clear()

    def _take(self, data: bytes, start: int, end: int) -> None:
        if self._part is not None:
            self._part += data[start:end]

    def _end_part(self) -> None:
        if self._part is not None:
            self._payload, self._part = bytes(self._part), None
