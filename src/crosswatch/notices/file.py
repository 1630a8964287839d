"""`notices.json`: the book on disk, beside `config.json`.

It is a file of its own, and no tables of the database, for one of the troubles that it must tell of is that
the database cannot be used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from crosswatch.config.atomic import write_atomically
from crosswatch.core.phrases import plain
from crosswatch.errors import PayloadError
from crosswatch.notices.book import Book

if TYPE_CHECKING:
    from pathlib import Path

FILE_NAME = "notices.json"


def read_book(path: Path) -> Book:
    """What the file holds; an empty book if there is none.

    Raises:
        PayloadError: If it is damaged.
        OSError: If it cannot be read.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return Book()
    try:
        return msgspec.json.decode(data, type=Book)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise PayloadError(f"{path} is damaged: {error}.") from None


def write_book(path: Path, book: Book) -> None:
    """Keep it, durably.

    Raises:
        OSError: If it cannot be written.
    """
    write_atomically(path, msgspec.json.encode(book, enc_hook=plain))
