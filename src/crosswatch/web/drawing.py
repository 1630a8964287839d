"""Pages from templates. Values are escaped by the templates' engine; nothing is ever put together by hand."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastapi.responses import HTMLResponse
from markupsafe import Markup, escape

import crosswatch
from crosswatch.core.phrases import Phrase
from crosswatch.web import actions, languages, words
from crosswatch.web.agents import agent_names
from crosswatch.web.frame import frame_of, way_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from jinja2 import Environment
    from jinja2.runtime import Context
    from starlette.requests import Request

HERE = Path(__file__).parent
STATIC = HERE / "static"


@cache
def environment() -> Environment:
    """The templates, with the words that they may use as filters."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: PLC0415 -- at the first page

    made = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=languages.told,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    made.install_gettext_callables(  # type: ignore[attr-defined]  # the extension gives it
        languages.translate, languages.translate_count, newstyle=True
    )
    for name in ("gettext", "ngettext"):
        made.globals[name] = _with_phrases(made.globals[name])
    made.globals["version"] = crosswatch.__version__
    made.filters.update(
        moment=words.moment_words,
        clock=words.clock_words,
        position=words.position_words,
        epoch_ms=words.epoch_ms,
        typed=_typed,
        agent=agent_names,
        mend=actions.mend,
    )
    return made


def draw(template: str, **values: Any) -> str:
    """A piece of a page."""
    return environment().get_template(template).render(language=languages.current(), **values)


def draw_page(request: Request, template: str, *, status: int = 200, **values: Any) -> HTMLResponse:
    """A whole page; its addresses are relative, so that it works below any path that a proxy puts before."""
    shown = {**frame_of(request), "top": top_of(request), "status": status, **values}
    return HTMLResponse(draw(template, **shown), status)


def top_of(request: Request) -> str:
    """The relative address of the first page, as seen from the address that was asked for."""
    return "../" * way_of(request).count("/", 1) or "./"


def _with_phrases(gettext: Any) -> Callable[..., str]:
    """The same, where a text and the values in it may be phrases."""
    from jinja2 import pass_context  # noqa: PLC0415 -- as above

    @pass_context
    def told(context: Context, text: str, *more: Any, **values: Any) -> Any:
        if isinstance(text, Phrase):
            return escape(languages.told(text))
        known = {name: languages.told(value) for name, value in values.items()}
        return gettext(context, text, *more, **known)

    return told


def _typed(text: str) -> Markup:
    """The text, with what stands in backticks as something to be typed."""
    pieces = str(escape(languages.told(text))).split("`")
    return Markup(  # noqa: S704 -- escaped above
        "".join(f"<code>{piece}</code>" if odd % 2 else piece for odd, piece in enumerate(pieces))
    )
