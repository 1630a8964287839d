"""Signing in by device code: show a code, wait until somebody has typed it on Trakt, keep the tokens.

    login = DeviceLogin(config, client, clock)
    code = await login.start()
    print(code.verification_url, code.user_code)
    await login.wait()

A page that is looked at again and again can call `poll` itself instead of `wait`, at its own leisure: it asks
Trakt no sooner than Trakt allows.

Source: Trakt protocol notes, sections 3.1, 3.4 and 3.5.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from crosswatch.core.phrases import say
from crosswatch.errors import ConfigError, LoginError
from crosswatch.providers.scrobble.trakt.accounts import DEFAULT_ACCOUNT, parse_pair, write_pair
from crosswatch.providers.scrobble.trakt.answers import Answer, Failure
from crosswatch.providers.scrobble.trakt.classify import RULES_OF_2026, retry_after_s
from crosswatch.providers.scrobble.trakt.grants import is_app_refused
from crosswatch.providers.scrobble.trakt.items import parse_number

if TYPE_CHECKING:
    from collections.abc import Callable

    from crosswatch.clock import Clock
    from crosswatch.config.document import Document
    from crosswatch.config.file import ConfigFile
    from crosswatch.providers.scrobble.trakt.answers import Reply
    from crosswatch.providers.scrobble.trakt.client import TraktClient

USUAL_LIFE_S = 600
USUAL_INTERVAL_S = 5
"""What Trakt's figures have always been, for an answer without them."""

SLOW_DOWN_S = 5.0

_FINAL = {
    404: say("Trakt does not know the code any more. Start again."),
    409: say("The code was used already, and the tokens went to whoever used it. Start again."),
    410: say("The code has expired. Start again."),
    418: say(
        "Access was refused on Trakt. Start again and allow it. If Trakt would not let you: since July 2026 "
        "a free account may connect one community app, so disconnect the other one or take VIP."
    ),
    420: say("A limit of the Trakt account has been reached."),
    423: say("Trakt has locked or deactivated the account. Contact Trakt's support."),
    426: say("Trakt answers that this needs VIP. {rules}", rules=RULES_OF_2026),
}

_APP_REFUSED = say(
    "Trakt does not accept `trakt.client_id` or `trakt.client_secret`. {rules} Check both, or use an app of "
    "a VIP member.",
    rules=RULES_OF_2026,
)

log = logging.getLogger("crosswatch.trakt")


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceCode:
    """What a person needs in order to sign in.

    Attributes:
        user_code: To be typed on Trakt.
        verification_url: Where; as Trakt gave it.
        expires_at: Until when, aware UTC.
        device_code: Ours, to ask with; a secret.
    """

    user_code: str
    verification_url: str
    expires_at: datetime
    device_code: str = field(repr=False)

    @property
    def direct_url(self) -> str:
        """Where nothing has to be typed: Trakt takes the code behind the address."""
        return f"{self.verification_url.rstrip('/')}/{self.user_code}"


class DeviceLogin:
    """One attempt to link an account.

    Args:
        config: Where the app stands and the tokens go.
        client: For the OAuth host.
        clock: Tells the time.
        account: Name of the account in the configuration; `default` is `auth.trakt`.
        also: What else to write together with the tokens, in the same step; None for nothing.
    """

    def __init__(
        self,
        config: ConfigFile,
        client: TraktClient,
        clock: Clock,
        *,
        account: str = DEFAULT_ACCOUNT,
        also: Callable[[Document], None] | None = None,
    ) -> None:
        self.account = account
        self._also = also
        self._config = config
        self._client = client
        self._clock = clock
        self._code: DeviceCode | None = None
        self._interval_s = float(USUAL_INTERVAL_S)
        self._asked_at: datetime | None = None
        self._is_linked = False

    async def start(self) -> DeviceCode:
        """Get a code to show.

        Raises:
            LoginError: If no app is configured, the tokens could not be kept, or Trakt gives no code.
        """
        if not self._client.settings.client_id:
            raise LoginError(
                say("No Trakt app is configured. Set `trakt.client_id` first. {rules}", rules=RULES_OF_2026)
            )
        await self._require_writable()
        reply = await self._client.authorize("/oauth/device/code", {}, with_secret=False)
        if not isinstance(reply, Answer) or not reply.is_success:
            raise LoginError(_refusal(reply))
        self._code = _read_code(reply.json, self._clock.now())
        if self._code is None:
            raise LoginError(
                say("Trakt's answer holds no code. Check `trakt.auth_url`, and try again later.")
            )
        self._interval_s = float(min(parse_number(reply.json.get("interval")) or USUAL_INTERVAL_S, 60))
        self._asked_at = self._clock.now()
        return self._code

    async def poll(self) -> bool:
        """Ask whether the code has been typed; True once the account is linked and the tokens are kept.

        Too soon after the last time, nothing is asked and the answer is False. Trouble that may pass counts
        as "not yet".

        Raises:
            LoginError: If the attempt has failed for good.
        """
        if self._is_linked:
            return True
        if self._code is None:
            raise LoginError(say("There is no code yet."))
        now = self._clock.now()
        if now >= self._code.expires_at:
            raise LoginError(_FINAL[410])
        if self._wait_s(now) > 0:
            return False
        self._asked_at = now
        reply = await self._client.authorize("/oauth/device/token", {"code": self._code.device_code})
        self._is_linked = await self._judge(reply)
        return self._is_linked

    async def wait(self) -> None:
        """Poll until the account is linked.

        Raises:
            LoginError: If the attempt has failed for good, or the code has expired.
        """
        while not await self.poll():
            await self._clock.sleep(self._wait_s(self._clock.now()))

    def _wait_s(self, now: datetime) -> float:
        """Seconds until Trakt may be asked again."""
        return self._interval_s - (now - self._asked_at).total_seconds() if self._asked_at else 0.0

    async def _judge(self, reply: Reply) -> bool:
        if is_app_refused(reply):
            raise LoginError(_APP_REFUSED)
        if not isinstance(reply, Answer):
            return False
        if reply.status in _FINAL:
            raise LoginError(_FINAL[reply.status])
        if reply.is_edge:
            return False
        if reply.is_success:
            await self._keep(reply.json)
            return True
        if reply.status == 429:  # noqa: PLR2004
            self._interval_s += max(SLOW_DOWN_S, retry_after_s(reply) or 0.0)
        return False

    async def _keep(self, body: Any) -> None:
        pair = parse_pair(body, self._clock.now())
        if pair is None:
            raise LoginError(say("Trakt linked the account, but its answer holds no tokens. Start again."))

        def change(document: Document) -> None:
            write_pair(document, self.account, pair)
            if self._also is not None:
                self._also(document)

        try:
            await asyncio.to_thread(self._config.update, change)
        except ConfigError as error:
            raise LoginError(
                say("Trakt linked the account, but the tokens cannot be kept: {error}", error=error.sentence)
            ) from error
        log.info("trakt/%s: linked", self.account, extra={"event": "trakt.linked"})

    async def _require_writable(self) -> None:
        try:
            await asyncio.to_thread(self._config.ensure_writable)
        except ConfigError as error:
            raise LoginError(say("The tokens could not be kept: {error}", error=error.sentence)) from error


def _read_code(body: Any, now: datetime) -> DeviceCode | None:
    if not isinstance(body, dict):
        return None
    device, user, url = (body.get(name) for name in ("device_code", "user_code", "verification_url"))
    if not isinstance(device, str) or not isinstance(user, str) or not isinstance(url, str):
        return None
    if not device or not user or not url.startswith(("https://", "http://")):
        return None
    life_s = min(parse_number(body.get("expires_in")) or USUAL_LIFE_S, 24 * 3600)
    return DeviceCode(
        user_code=user, verification_url=url, expires_at=now + timedelta(seconds=life_s), device_code=device
    )


def _refusal(reply: Reply) -> str:
    """Why there is no code, for people."""
    if is_app_refused(reply):
        return _APP_REFUSED
    if isinstance(reply, Failure):
        return say("{trouble} Check `trakt.auth_url` and the network, and try again.", trouble=reply.detail)
    if isinstance(reply, Answer) and reply.status in (420, 423, 426):
        return _FINAL[reply.status]
    status = reply.status if isinstance(reply, Answer) else 0
    if isinstance(reply, Answer) and reply.is_edge:
        return say(
            "The firewall in front of Trakt turned the request away ({status}). Try again later.",
            status=status,
        )
    return say("Trakt gives no code (it answered {status}). Try again later.", status=status)
