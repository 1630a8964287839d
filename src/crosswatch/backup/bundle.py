"""The support bundle: what helps whoever looks for a fault, without secrets.

Each text passes the same redaction as the log on its way in, whatever it is.
"""

from __future__ import annotations

import io
import platform
import sys
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

import crosswatch
from crosswatch.config.secrets import mask
from crosswatch.core.phrases import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from crosswatch.config.document import Document
    from crosswatch.health.checks import Check

README = """What helps to find a fault in CrossWatch.

about.json    version, platform, schema, counts
health.json   every check
config.json   the configuration, without its secrets
log.txt       the last lines of the log, without secrets

There is no secret in here. Names of people, servers and titles are: look through it before you send it on.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What goes into it.

    Attributes:
        document: The configuration in force.
        checks: How everything is.
        counts: How many rows each table has.
        schema: The database's schema.
        lines: The last lines of the log.
        started_at: When the app started, aware UTC, or None if it does not run.
        now: This moment, aware UTC.
    """

    document: Document
    checks: Sequence[Check]
    counts: Mapping[str, int]
    schema: int
    lines: Sequence[str]
    started_at: datetime | None
    now: datetime


def build_bundle(found: Findings, redact: Callable[[str], str]) -> bytes:
    """The zip.

    Args:
        found: What goes into it.
        redact: Takes secrets out of a text.
    """
    about = {
        "version": crosswatch.__version__,
        "python": sys.version,
        "platform": platform.platform(),
        "machine": platform.machine(),
        "made_at": found.now,
        "started_at": found.started_at,
        "schema": found.schema,
        "counts": found.counts,
    }
    texts = {
        "README.txt": README,
        "about.json": _json(about),
        "health.json": _json([msgspec.to_builtins(check, enc_hook=plain) for check in found.checks]),
        "config.json": _json(mask(found.document)),
        "log.txt": "\n".join(found.lines),
    }
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in texts.items():
            archive.writestr(name, redact(text))
    return memory.getvalue()


def _json(value: Any) -> str:
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
