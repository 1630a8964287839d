"""Whose number is whose: what one server and plex.tv say about people, kept and seldom asked for.

The server is asked first, and is enough where a person is known by number. plex.tv knows user names, e-mails
and the owner's number; it is asked once at each start, then hourly, and when somebody turns up of whom nobody
has heard. If it does not answer, life goes on without its names, and that is said once.

Source: Plex protocol notes, section 10.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from crosswatch.core.events import Account
from crosswatch.errors import SourceAuthError, SourceError
from crosswatch.providers.scrobble.plex.cache import KeyedCache
from crosswatch.providers.scrobble.plex.register import Register

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from crosswatch.providers.scrobble.plex.plextv import PlexTv, TvAccount
    from crosswatch.providers.scrobble.plex.register import Listed

REFRESH_S = 3600.0
"""Real seconds after which plex.tv's lists are asked for again."""

ASK_AGAIN_S = 60.0
"""Real seconds before somebody unknown is looked for again, or lists are that could not be had."""

PATIENCE_S = 2.0
"""Real seconds that a play waits for plex.tv; what comes later is known at the play's next word."""

SERVER, OWNER, HOME, FRIENDS, SHARES = "server", "owner", "home", "friends", "shares"
PLEX_TV = frozenset({HOME, FRIENDS, SHARES})
_ALL = ""
"""The key of what there is only one of."""

log = logging.getLogger("crosswatch.plex")


class AccountDirectory:
    """The people of one server whose owner's token we have.

    Args:
        load_own: The server's own list.
        load_uuid: The server's `machineIdentifier`.
        tv: plex.tv.
        token: The owner's.
    """

    def __init__(
        self,
        *,
        load_own: Callable[[], Coroutine[Any, Any, list[Listed]]],
        load_uuid: Callable[[], Coroutine[Any, Any, str]],
        tv: PlexTv,
        token: str,
    ) -> None:
        self._load_own = load_own
        self._load_uuid = load_uuid
        self._tv = tv
        self._token = token
        self._register = Register()
        self._own = KeyedCache(self._read_own, size=1, max_age_s=REFRESH_S)
        self._is_used = False
        self._answered: set[str] = set()
        self._asking: asyncio.Task[None] | None = None
        self._asked_at: float | None = None
        self._problem = ""

    @property
    def owner_plex_id(self) -> int | None:
        """The owner's number at plex.tv, or None while it is not known."""
        return self._register.owner_plex_id

    async def resolve(self, number: int) -> Account:
        """The account of that number; waits a little for plex.tv where its word may matter.

        Raises:
            SourceError: If nothing is known of it and the server's own list cannot be had.
        """
        try:
            await self._ask_server(number)
        except SourceError:
            if number not in self._register:
                raise
        is_enough = number in self._register and self._is_complete
        asking = self._ask_if_due(is_enough=is_enough)
        if asking is not None and not is_enough:
            await asyncio.wait({asking}, timeout=PATIENCE_S)
        return self.know(Account(id=number or None))

    async def fetch_everybody(self) -> list[Account]:
        """Every account, by all lists read anew.

        Raises:
            SourceError: If the server's own list cannot be had.
        """
        self._own.forget(_ALL)
        await self._own.get(_ALL)
        await asyncio.wait({self._ask()})
        return self.everybody()

    def know(self, account: Account) -> Account:
        """The account with all that is known of it by now; unchanged while nothing has been read."""
        if not self._is_used:
            return account
        known = self._register.know(account)
        return replace(known, has_all_names=self._is_complete and not self._is_sought(known.id))

    def everybody(self) -> list[Account]:
        """Every account that is known by now."""
        return [self.know(account) for account in self._register.everybody()]

    def forget(self) -> None:
        """Read the server's own list again when somebody is asked for; plex.tv's have their own time."""
        self._own.clear()

    async def aclose(self) -> None:
        """Ask nobody any more."""
        if self._asking is not None:
            self._asking.cancel()
            await asyncio.wait({self._asking})

    # ------------------------------------------------------------------------------ asking

    @property
    def _is_complete(self) -> bool:
        return self._answered >= PLEX_TV

    def _is_sought(self, number: int | None) -> bool:
        """Whether plex.tv is being asked about an account that nobody knows."""
        is_asking = self._asking is not None and not self._asking.done()
        return is_asking and number is not None and number not in self._register

    async def _read_own(self, _key: str) -> None:
        self._register.put(SERVER, await self._load_own())
        self._is_used = True

    async def _ask_server(self, number: int) -> None:
        await self._own.get(_ALL)
        if number and number not in self._register and self._own.age_s(_ALL) > ASK_AGAIN_S:
            self._own.forget(_ALL)
            await self._own.get(_ALL)

    def _ask_if_due(self, *, is_enough: bool) -> asyncio.Task[None] | None:
        """The question to plex.tv that is under way, or begins now because it is time; None if it is not."""
        if self._asking is not None and not self._asking.done():
            return self._asking
        age = None if self._asked_at is None else asyncio.get_running_loop().time() - self._asked_at
        is_due = age is None or age > (REFRESH_S if is_enough else ASK_AGAIN_S)
        return self._ask() if is_due else None

    def _ask(self) -> asyncio.Task[None]:
        if self._asking is None or self._asking.done():
            self._asked_at = asyncio.get_running_loop().time()
            self._asking = asyncio.create_task(self._ask_plex_tv(), name="ask plex.tv who is who")
        return self._asking

    async def _ask_plex_tv(self) -> None:
        """Read all lists. Without the owner's number the others would make two people of the owner."""
        try:
            owner = await self._tv.fetch_user(self._token)
        except SourceError as error:
            if isinstance(error, SourceAuthError):  # whom it does not know, it tells nothing
                self._answered |= PLEX_TV
            self._note(error.sentence)
            return
        self._register.put_owner(OWNER, owner.listed)
        problems = await asyncio.gather(
            self._ask_for(HOME, self._tv.fetch_home_users(self._token)),
            self._ask_for(FRIENDS, self._tv.fetch_friends(self._token)),
            self._ask_for(SHARES, self._load_shares()),
        )
        self._note(next(filter(None, problems), ""))

    async def _ask_for(self, source: str, question: Coroutine[Any, Any, list[TvAccount]]) -> str:
        """Take in one list; why it could not be had, or empty."""
        try:
            found = await question
        except SourceError as error:
            if isinstance(error, SourceAuthError):  # it will not come, so nobody need wait for it
                self._answered.add(source)
            return error.sentence
        self._register.put(source, [one.listed for one in found])
        self._answered.add(source)
        return ""

    async def _load_shares(self) -> list[TvAccount]:
        return await self._tv.fetch_sharers(self._token, await self._load_uuid())

    def _note(self, problem: str) -> None:
        if problem and not self._problem:
            log.warning(
                "%s Until it answers, people are known by the names that their server gives.",
                problem,
                extra={"event": "plex.accounts_unknown"},
            )
        elif self._problem and not problem:
            log.info("plex.tv tells the names of people again", extra={"event": "plex.accounts_known"})
        self._problem = problem
