"""What the parts of the configuration's typed view are made of: base, kinds of values, words about them.

What is written here of a key is written once: the page of settings, the command line and
`docs/configuration.md` show it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import msgspec

from crosswatch.config.secrets import mask

Url = Annotated[str, msgspec.Meta(description="an address that begins with http:// or https://")]
Seconds = Annotated[float, msgspec.Meta(ge=0.01, le=86_400)]
Moment = Annotated[float, msgspec.Meta(ge=0, le=100_000_000_000)]  # Unix seconds; the limit is year 5138
Mark = Annotated[float, msgspec.Meta(ge=50, le=100)]
PlexId = Annotated[int, msgspec.Meta(ge=1, le=999_999_999_999)]


@dataclass(frozen=True, slots=True)
class About:
    """What is said of a key, in a form and in the documentation.

    Attributes:
        label: A few words, as a form's label.
        help: What it means; backticks, links and emphasis as Markdown has them.
        advanced: Whether hardly anybody needs it.
    """

    label: str
    help: str
    advanced: bool = False


class View(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the configuration that does not show its secrets when it is printed."""

    def __repr__(self) -> str:
        values = {name: getattr(self, name) for name in self.__struct_fields__}
        shown = mask(
            {key: list(value) if isinstance(value, tuple) else value for key, value in values.items()}
        )
        return f"{type(self).__name__}({', '.join(f'{key}={value!r}' for key, value in shown.items())})"

    def _tidy(self, *names: str) -> None:
        """Take away what copying and pasting leaves: blanks around a text, a slash behind an address.

        A text of which nothing remains is its default.
        """
        defaults = {field.name: field.default for field in msgspec.structs.fields(type(self))}
        for name in names:
            text = getattr(self, name).strip().rstrip("/")
            msgspec.structs.force_setattr(self, name, text or defaults[name])
