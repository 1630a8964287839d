"""Access tokens for requests, and their renewal.

A refresh token is good for one use, and the answer to it is the only place where its successor stands. So:

* one renewal of an account at a time, in this process and among those that share the configuration;
* the file is read again first, for somebody may have renewed or logged in meanwhile;
* nothing is asked for that could not be kept: the file must be writable;
* the new pair is durable before it is used, and a renewal that has begun is never cancelled;
* an answer that was lost is asked for once more with the old token, which settles whether it was spent.

Credentials are never deleted. A refused refresh token is not sent again: the account goes on with its access
token while that lasts, and is on hold afterwards, until the configuration holds other tokens.

Source: Trakt protocol notes, sections 3.2 to 3.5; design notes, section 5.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

from crosswatch.config.atomic import file_lock
from crosswatch.core.outcomes import Hold, Retry
from crosswatch.core.phrases import say
from crosswatch.core.reasons import Reason
from crosswatch.errors import ConfigError
from crosswatch.providers.scrobble.trakt.accounts import (
    Pair,
    pair_of,
    parse_pair,
    stored_refresh_token,
    write_pair,
)
from crosswatch.providers.scrobble.trakt.answers import Answer, Failure, Reply
from crosswatch.providers.scrobble.trakt.classify import app_refused
from crosswatch.providers.scrobble.trakt.grants import classify_grant, is_grant_refused

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import datetime

    from crosswatch.clock import Clock
    from crosswatch.config.document import Document
    from crosswatch.config.file import ConfigFile
    from crosswatch.core.plays import SinkAccount
    from crosswatch.providers.scrobble.trakt.client import TraktClient

QUIET_AFTER_FAILURE = timedelta(minutes=5)
"""How long a renewal that is not urgent is left alone after it failed."""

LEAST_LIFE = timedelta(hours=1)
"""A renewed token that is refused sooner than this is not renewed again: another would fare no better."""

NOT_LINKED = say("The account is not linked to Trakt yet.")

GRANT_REFUSED = Hold(reason=Reason.LINK_EXPIRED, detail=say("Trakt does not renew the login any more."))

log = logging.getLogger("crosswatch.trakt")


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkStatus:
    """How an account's link to Trakt stands.

    Attributes:
        is_linked: Whether there are tokens.
        hold: Why nothing can be sent, or None.
        warning: Why nothing can be sent soon unless somebody acts, or empty.
        expires_at: When the access token ends, aware UTC, or None if unknown.
        renew_at: When it is renewed, aware UTC, or None if unknown.
    """

    is_linked: bool
    hold: Hold | None = None
    warning: str = ""
    expires_at: datetime | None = None
    renew_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Refusal:
    """A final word on one pair of tokens and one app."""

    pair: Pair
    app: tuple[str, str] = field(repr=False)
    hold: Hold


@dataclass(frozen=True, slots=True, kw_only=True)
class _Unsaved:
    """A new pair that the disk has not taken yet."""

    spent: str = field(repr=False)
    pair: Pair


class Tokens:
    """Gives each account its access token, renewing it when it is time.

    Args:
        config: Where tokens are kept.
        client: For the OAuth host.
        clock: Tells the time.
    """

    def __init__(self, config: ConfigFile, client: TraktClient, clock: Clock) -> None:
        self._config = config
        self._client = client
        self._clock = clock
        self._renewals: dict[str, asyncio.Task[str | Retry | Hold]] = {}
        self._refusals: dict[str, _Refusal] = {}
        self._unsaved: dict[str, _Unsaved] = {}
        self._quiet_until: dict[str, datetime] = {}
        self._renewed: dict[str, tuple[str, datetime]] = {}

    async def fetch(self, account: SinkAccount, *, rejected: str = "") -> str | Retry | Hold:
        """An access token for the account, or why there is none.

        A token that still lasts is given at once, even if it is time to renew it; that is done beside.

        Args:
            account: Whose.
            rejected: The access token that Trakt has just refused, or empty.
        """
        if not self._client.settings.client_id:
            return app_refused(say("No Trakt app is configured: `trakt.client_id` is empty."))
        pair = pair_of(self._config.settings, account.name)
        if pair is None:
            return Hold(reason=Reason.LINK_EXPIRED, detail=NOT_LINKED)
        if self._is_usable(account.name, pair, rejected):
            if pair.is_due(self._clock.now()) and self._may_renew_early(account.name, pair):
                self._renewal(account.name)
            return pair.access_token
        return await asyncio.shield(self._renewal(account.name, rejected))

    def status(self, account: SinkAccount) -> LinkStatus:
        """How the link stands, by what is known without asking."""
        pair = pair_of(self._config.settings, account.name)
        if pair is None:
            return LinkStatus(is_linked=False, hold=Hold(reason=Reason.LINK_EXPIRED, detail=NOT_LINKED))
        refused = self._refusal(account.name, pair)
        lasts = bool(pair.access_token) and not pair.is_over(self._clock.now())
        return LinkStatus(
            is_linked=True,
            hold=refused.hold if refused and not lasts else None,
            warning=refused.hold.detail if refused else "",
            expires_at=pair.ends_at,
            renew_at=pair.renew_at,
        )

    def identity(self, account: SinkAccount) -> tuple[object, ...]:
        """Whatever changes when somebody logs in anew or configures another app; to be compared only."""
        return (pair_of(self._config.settings, account.name), *self._app())

    async def aclose(self) -> None:
        """Let every renewal that has begun come to its end; its answer must not be lost."""
        under_way = [task for task in self._renewals.values() if not task.done()]
        if under_way:
            await asyncio.wait(under_way)

    # ------------------------------------------------------------------------------ deciding

    def _is_usable(self, name: str, pair: Pair, rejected: str) -> bool:
        if not pair.access_token or pair.access_token == rejected or name in self._unsaved:
            return False
        return not pair.is_over(self._clock.now()) or not pair.refresh_token

    def _may_renew_early(self, name: str, pair: Pair) -> bool:
        quiet_until = self._quiet_until.get(name)
        is_quiet = quiet_until is not None and self._clock.now() < quiet_until
        return bool(pair.refresh_token) and not is_quiet and self._refusal(name, pair) is None

    def _refusal(self, name: str, pair: Pair) -> _Refusal | None:
        """The refusal that still holds: other tokens, or another app, lift it."""
        refusal = self._refusals.get(name)
        same = refusal is not None and refusal.pair == pair and refusal.app == self._app()
        return refusal if same else None

    def _is_new(self, name: str, pair: Pair) -> bool:
        token, renewed_at = self._renewed.get(name, ("", None))
        return (
            renewed_at is not None
            and token == pair.access_token
            and self._clock.now() - renewed_at < LEAST_LIFE
        )

    def _app(self) -> tuple[str, str]:
        settings = self._client.settings
        return (settings.client_id, settings.client_secret)

    # ------------------------------------------------------------------------------ renewing

    def _renewal(self, name: str, rejected: str = "") -> asyncio.Task[str | Retry | Hold]:
        """The renewal that is under way, or a new one."""
        task = self._renewals.get(name)
        if task is None or task.done():
            task = asyncio.create_task(self._renew(name, rejected), name=f"trakt-renewal-{name}")
            self._renewals[name] = task
        return task

    async def _renew(self, name: str, rejected: str) -> str | Retry | Hold:
        try:
            async with self._alone(name):
                await asyncio.to_thread(self._config.poll)
                result = await self._renew_alone(name, rejected)
        except (ConfigError, OSError) as error:
            why = error.sentence if isinstance(error, ConfigError) else str(error)
            detail = say("The login cannot be renewed now: {error}", error=why)
            result = Retry(reason=Reason.LINK_EXPIRED, detail=detail)
        if isinstance(result, str):
            self._quiet_until.pop(name, None)
        else:
            self._quiet_until[name] = self._clock.now() + QUIET_AFTER_FAILURE
            log.warning(
                "trakt/%s: the login was not renewed: %s",
                name,
                result.detail,
                extra={"event": "trakt.not_renewed"},
            )
        return result

    async def _renew_alone(self, name: str, rejected: str) -> str | Retry | Hold:
        """One renewal, nobody else at it.

        Raises:
            ConfigError: If nothing can be kept; nothing was asked for then, or the new pair waits in memory.
        """
        await self._save_waiting(name)
        pair = pair_of(self._config.settings, name)
        if pair is None:
            return Hold(reason=Reason.LINK_EXPIRED, detail=NOT_LINKED)
        now = self._clock.now()
        if pair.access_token not in ("", rejected) and not (pair.is_over(now) or pair.is_due(now)):
            return pair.access_token
        refusal = self._refusal(name, pair)
        if refusal is not None:
            return refusal.hold
        if not pair.refresh_token:
            detail = say("Trakt refuses the login, and there is no refresh token.")
            return Hold(reason=Reason.LINK_EXPIRED, detail=detail)
        if rejected == pair.access_token and self._is_new(name, pair):
            detail = say("Trakt refuses even a login that was just renewed.")
            return Hold(reason=Reason.LINK_EXPIRED, detail=detail)
        await asyncio.to_thread(self._config.ensure_writable)
        reply = await self._ask(pair)
        fresh = self._pair_in(reply)
        if fresh is None:
            if is_grant_refused(reply):
                self._refusals[name] = _Refusal(pair=pair, app=self._app(), hold=GRANT_REFUSED)
                return GRANT_REFUSED
            return classify_grant(reply)
        return await self._keep(name, _Unsaved(spent=pair.refresh_token, pair=fresh))

    async def _ask(self, pair: Pair) -> Reply:
        """The answer to the refresh token; once more if it was lost."""
        fields = {
            "refresh_token": pair.refresh_token,
            "redirect_uri": self._client.settings.redirect_uri,
            "grant_type": "refresh_token",
        }
        reply = await self._client.authorize("/oauth/token", fields)
        if self._is_lost(reply):
            log.warning(
                "the answer to a renewal was lost; asking once more", extra={"event": "trakt.renewal_lost"}
            )
            reply = await self._client.authorize("/oauth/token", fields)
        return reply

    def _pair_in(self, reply: Reply) -> Pair | None:
        return (
            parse_pair(reply.json, self._clock.now())
            if isinstance(reply, Answer) and reply.is_success
            else None
        )

    def _is_lost(self, reply: Reply) -> bool:
        """Whether the token may have been spent without our seeing its successor."""
        if isinstance(reply, Failure):
            return reply.may_be_done
        return isinstance(reply, Answer) and reply.is_success and self._pair_in(reply) is None

    async def _keep(self, name: str, waiting: _Unsaved) -> str | Retry | Hold:
        self._unsaved[name] = waiting
        await self._save_waiting(name)
        pair = pair_of(self._config.settings, name)
        return pair.access_token if pair else Hold(reason=Reason.LINK_EXPIRED, detail=NOT_LINKED)

    async def _save_waiting(self, name: str) -> None:
        """Write the new pair, unless somebody has logged in anew meanwhile; then theirs is the one.

        Raises:
            ConfigError: If it cannot be written; it is kept in memory and tried again.
        """
        waiting = self._unsaved.get(name)
        if waiting is None:
            return

        def change(document: Document) -> None:
            if stored_refresh_token(document, name) == waiting.spent:
                write_pair(document, name, waiting.pair)

        await asyncio.to_thread(self._config.update, change)
        del self._unsaved[name]
        self._renewed[name] = (waiting.pair.access_token, self._clock.now())
        log.info("trakt/%s: the login was renewed", name, extra={"event": "trakt.renewed"})

    @contextlib.asynccontextmanager
    async def _alone(self, name: str) -> AsyncIterator[None]:
        """Hold the lock on the account's renewal against other processes.

        Raises:
            OSError: If there is no room for a lock file.
        """
        digest = sha256(name.encode()).hexdigest()[:12]  # names are free text, file names are not
        lock = file_lock(self._config.directory / f"trakt-{digest}.lock")
        await asyncio.to_thread(lock.__enter__)
        try:
            yield
        finally:
            await asyncio.to_thread(lock.__exit__, None, None, None)
