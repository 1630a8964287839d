"""The page that a verification address points to: type the code, then agree or refuse.

It stands in for the one at Trakt, sign-in included: whoever is at the keyboard says who they are.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from aiohttp import web

if TYPE_CHECKING:
    from crosswatch.simulator.trakt.service import TraktService

PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Connect a device - simulated Trakt</title>
<style>body{{font:1rem/1.5 system-ui,sans-serif;max-width:28rem;margin:3rem auto;padding:0 1rem}}
label{{display:block;margin:1rem 0}}input,select{{display:block;font:inherit;width:100%;padding:.4rem}}
button{{font:inherit;padding:.4rem 1rem;margin-right:.5rem}}</style>
</head>
<body>
<main>
<h1>Connect a device</h1>
<p>This is the simulated Trakt. Nothing here reaches the real one.</p>
{content}
</main>
</body>
</html>
"""

FORM = """<form method="post" action="/activate">
<label>Code <input name="code" value="{code}" required autocomplete="off" maxlength="32"></label>
<label>Sign in as <select name="username">{members}</select></label>
<button name="decision" value="approve">Yes, connect</button>
<button name="decision" value="deny">No</button>
</form>"""

SAID = '<p role="status">{said}</p>'


class ActivationPage:
    """`/activate`, for browsers."""

    def __init__(self, service: TraktService) -> None:
        self._service = service

    def routes(self) -> list[web.RouteDef]:
        """The page and its form, for an aiohttp application; the code may stand behind the address."""
        return [
            web.get("/activate", self._show),
            web.get("/activate/{code}", self._show),
            web.post("/activate", self._decide),
        ]

    async def _show(self, request: web.Request) -> web.Response:
        return self._page(self._form(request.match_info.get("code") or request.query.get("code", "")))

    async def _decide(self, request: web.Request) -> web.Response:
        form = await request.post()
        code, username = str(form.get("code", "")), str(form.get("username", ""))
        try:
            if form.get("decision") == "approve":
                self._service.approve_device(code, username)
                return self._page(SAID.format(said="Connected. You can close this page."))
            self._service.deny_device(code)
        except (KeyError, ValueError) as error:
            said = SAID.format(said=escape(str(error.args[0])))
            return self._page(said + self._form(code), status=400)
        return self._page(SAID.format(said="Refused. The device gets nothing."))

    def _form(self, code: str) -> str:
        members = "".join(f"<option>{escape(name)}</option>" for name in self._service.world.users)
        return FORM.format(code=escape(code), members=members)

    @staticmethod
    def _page(content: str, status: int = 200) -> web.Response:
        return web.Response(status=status, text=PAGE.format(content=content), content_type="text/html")
