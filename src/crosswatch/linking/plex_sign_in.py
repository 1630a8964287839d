"""Signing in to Plex by PIN: show a code and a link, wait until somebody has used either, give the token.

    sign_in = PlexSignIn(tv, clock)
    code = await sign_in.start()
    print(code.url, code.user_code, code.direct_url)
    token = await sign_in.wait()

Plex gives short codes, to be typed, and long ones, to be followed in a link; neither does for the other. So
there is one of each, and whichever is used first counts.

Source: Plex protocol notes, section 13.1.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING

from crosswatch.core.phrases import say
from crosswatch.errors import LoginError, SourceNotFoundError, SourceUnavailableError
from crosswatch.linking.codes import ShownCode

if TYPE_CHECKING:
    from datetime import datetime

    from crosswatch.clock import Clock
    from crosswatch.providers.scrobble.plex.plextv import Pin, PlexTv

ASK_EVERY_S = 2.0
"""Between two rounds of questions; with two PINs, plex.tv is asked once a second."""

USUAL_LIFE_S = 900
"""How long a short code is good for, where plex.tv does not say."""

EXPIRED = say("The code was not used in time. Get a new one; nothing else is lost.")

log = logging.getLogger("crosswatch.plex")


class PlexSignIn:
    """One attempt to sign in.

    Args:
        tv: plex.tv.
        clock: Tells the time.
    """

    def __init__(self, tv: PlexTv, clock: Clock) -> None:
        self._tv = tv
        self._clock = clock
        self._pins: tuple[Pin, ...] = ()
        self._expires_at: datetime | None = None

    async def start(self) -> ShownCode:
        """Get a code to show.

        Raises:
            SourceError: If plex.tv gives none.
        """
        short = await self._tv.create_pin(strong=False)
        strong = await self._tv.create_pin()
        self._pins = (short, strong)
        life_s = min(pin.expires_in_s or USUAL_LIFE_S for pin in self._pins)
        self._expires_at = self._clock.now() + timedelta(seconds=life_s)
        return ShownCode(
            user_code=short.code,
            url=self._tv.link_url,
            direct_url=self._tv.sign_in_url(strong),
            expires_at=self._expires_at,
        )

    async def wait(self) -> str:
        """Ask until somebody has signed in; their token. Trouble that may pass counts as "not yet".

        Raises:
            LoginError: If nobody has in time.
            SourceAuthError: If plex.tv refuses us.
        """
        while self._expires_at is not None and self._clock.now() < self._expires_at:
            for pin in self._pins:
                if token := await self._ask(pin):
                    return token
            await self._clock.sleep(ASK_EVERY_S)
        raise LoginError(EXPIRED)

    async def _ask(self, pin: Pin) -> str:
        try:
            return (await self._tv.fetch_pin(pin)).token
        except SourceNotFoundError:
            raise LoginError(EXPIRED) from None
        except SourceUnavailableError as error:
            log.debug("plex.tv does not tell whether somebody has signed in: %s", error)
            return ""
