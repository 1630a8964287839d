"""QR codes as pieces of a page: SVG without a single style, dark on light whatever the theme."""

from __future__ import annotations

from markupsafe import Markup

QUIET_MODULES = 4
"""Light modules around the code; scanners ask for so many."""


def qr_code(text: str) -> Markup:
    """The code that spells the text."""
    import segno  # noqa: PLC0415 -- for the few pages that show one

    made = segno.make(text, error="m", micro=False)
    drawn: str = made.svg_inline(
        border=QUIET_MODULES, dark="#000", light="#fff", svgclass="qr", lineclass=None, omitsize=True
    )
    return Markup(drawn)  # noqa: S704 -- made of numbers only
