"""A valid document, and what follows from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from crosswatch.config.model import Settings, parse_settings
from crosswatch.config.secrets import secret_values

if TYPE_CHECKING:
    from crosswatch.config.document import Document
    from crosswatch.config.environment import Overlay


@dataclass(frozen=True, slots=True)
class Good:
    """A document that can be in force.

    Attributes:
        stored: What `config.json` says.
        document: The same with what the environment sets: what is in force.
        settings: The typed view on it.
        secrets: Every secret in it, for redaction.
    """

    stored: Document
    document: Document
    settings: Settings
    secrets: frozenset[str]


def build_good(stored: Document, overlay: Overlay) -> Good:
    """What follows from the document of a file.

    Raises:
        ConfigError: If it is not valid, or the environment cannot be used. Names the key.
    """
    document = overlay.applied(stored)
    return Good(stored, document, parse_settings(document), secret_values(document))
