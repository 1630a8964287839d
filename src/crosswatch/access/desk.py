"""Signing in and out, and everything that changes who may come in."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import msgspec

from crosswatch.access.changes import (
    make_key,
    make_user,
    with_code,
    with_key,
    with_renewed_hash,
    with_user,
    without_key,
)
from crosswatch.access.file import AccessFile
from crosswatch.access.passwords import hash_password, is_outdated, is_password
from crosswatch.access.register import ApiKey, Register, Scope, Session, Usage, User, with_usage
from crosswatch.access.slowdown import SlowDown
from crosswatch.access.tokens import digest, is_same, new_id, new_token, tidy_code
from crosswatch.config.environment import read_variable
from crosswatch.core.phrases import say
from crosswatch.errors import AccessError, ConfigError, DeniedError, TooManyTriesError, UnfitError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from pathlib import Path

    from crosswatch.clock import Clock

FIRST_USER = "admin"
PASSWORD_VARIABLE = "CROSSWATCH_ADMIN_PASSWORD"  # noqa: S105 -- the name of it
LONGEST_AGENT = 200
POLL_INTERVAL_S = 1.0
WRITE_USAGE_EVERY = timedelta(minutes=5)
NOTICED_AFTER = timedelta(minutes=1)
MOST_WAITING = 8
"""So many tries wait for the processor at once; each takes memory and time on purpose."""

SETUP = "set-up code"
WRONG = say("The name or the password is wrong.")

log = logging.getLogger("crosswatch.access")


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Where a try comes from.

    Attributes:
        source: What is slowed down together, as `Visitor.source` says.
        address: For people, in the list of sessions.
        agent: What the browser calls itself.
        is_at_hand: Whether it is in the private network, with nobody in between.
    """

    source: str
    address: str = ""
    agent: str = ""
    is_at_hand: bool = False


class AccessDesk:
    """Users, sessions and keys of one installation.

    Args:
        directory: The folder of `config.json`.
        clock: What time it is.
        environment: Variables, one of which may hold the first password.
    """

    def __init__(
        self, directory: Path, *, clock: Clock, environment: Mapping[str, str] | None = None
    ) -> None:
        self._file = AccessFile(directory)
        self._clock = clock
        self._environment = environment or {}
        self._slow_down = SlowDown()
        self._one_at_a_time = asyncio.Lock()
        self._waiting = 0
        self._usage: dict[str, Usage] = {}
        self._written_at = clock.now()

    # ---------------------------------------------------------------- looking up, in memory

    @property
    def register(self) -> Register:
        """What is in force."""
        return self._file.register

    @property
    def problem(self) -> str:
        """Why nobody's credentials can be looked up, or empty."""
        return self._file.problem

    @property
    def is_claimed(self) -> bool:
        """Whether somebody has set a password."""
        return bool(self.register.users)

    @property
    def cookie_name(self) -> str:
        """The name of our cookie; cookies know no ports, so two installations on one machine must differ."""
        return f"crosswatch_{self.register.instance}"

    def session(self, token: str | None, address: str) -> Session | None:
        """The session that this cookie belongs to, if it has not ended; it was used just now."""
        if not token or self.problem:
            return None
        kept = digest(token)
        now = self._clock.now()
        for session in self.register.sessions:
            if session.digest == kept and self._as_used(session).ends_at() > now:
                self._note(session.id, address)
                return self._as_used(session)
        return None

    def key(self, text: str, address: str) -> ApiKey | None:
        """The key of ours that this is; it was used just now."""
        kept = digest(text)
        found = next((key for key in self.register.keys if key.digest == kept), None)
        if found is None or self.problem:
            return None
        self._note(found.id, address)
        return found

    def sessions(self) -> list[Session]:
        """Every session, the one used last first; some may have ended."""
        return sorted(map(self._as_used, self.register.sessions), key=lambda one: one.seen_at, reverse=True)

    def api_keys(self) -> list[ApiKey]:
        """Every key, oldest first."""
        return [
            key
            if (used := self._usage.get(key.id)) is None
            else msgspec.structs.replace(key, used_at=used.at)
            for key in self.register.keys
        ]

    # ---------------------------------------------------------------- life

    def open(self) -> None:
        """Read the file, or make it with a set-up code; blocks for some milliseconds.

        Without a file that can be written everything holds until the process ends.
        """
        self._file.refresh()
        if self.problem:
            return
        user = None if self.is_claimed else self._user_of_environment()

        def change(register: Register) -> Register:
            return with_code(register if user is None or register.users else with_user(register, user))

        try:
            self._file.update(change)
        except AccessError as error:
            self._file.register = change(self.register)
            log.error("%s", error, extra={"event": "access.unwritable"})  # noqa: TRY400 -- a sentence
        if not self.is_claimed:
            log.info(
                "nobody has set a password yet, so everybody in this network may do everything; from outside "
                "it takes the set-up code %s",
                self.register.setup_code,
                extra={"event": "access.unclaimed"},
            )

    def _user_of_environment(self) -> User | None:
        """The user whose password the environment holds, for installations that nobody clicks through."""
        try:
            password = read_variable(self._environment, PASSWORD_VARIABLE)
            return make_user(FIRST_USER, password, self._clock.now()) if password else None
        except (ConfigError, UnfitError) as error:
            log.error(  # noqa: TRY400 -- a sentence
                "%s cannot be used: %s", PASSWORD_VARIABLE, error, extra={"event": "access.password_unfit"}
            )
            return None

    async def watch(
        self, sleep: Callable[[float], Awaitable[None]], interval_s: float = POLL_INTERVAL_S
    ) -> None:
        """Notice what commands change, and write down now and then what was used; for ever.

        Args:
            sleep: Waits so many seconds, as `Clock.sleep` does.
            interval_s: Seconds between two looks.
        """
        while True:
            await sleep(interval_s)
            await asyncio.to_thread(self._file.refresh)
            if self._usage and self._clock.now() - self._written_at >= WRITE_USAGE_EVERY:
                await self.flush()

    async def flush(self) -> None:
        """Write down what was used, and forget what has ended."""
        usage, self._usage = self._usage, {}
        now = self._written_at = self._clock.now()
        try:
            if usage:
                await self._change(lambda register: with_usage(register, usage).without_stale(now))
        except AccessError as error:  # the file says so itself; sessions end sooner, that is all
            log.warning("when sessions were used last is not written down: %s", error)

    # ---------------------------------------------------------------- the first password

    async def claim(self, name: str, password: str, *, code: str | None, caller: Caller) -> str:
        """Set the first password, and sign in; the new session's token.

        Args:
            name: What to sign in as; empty means `FIRST_USER`.
            password: The password.
            code: The set-up code as typed; None for somebody who needs none.
            caller: From where.

        Raises:
            DeniedError: If the code is wrong, or somebody else was quicker.
            UnfitError: If the name or the password cannot be.
            TooManyTriesError: If there were too many wrong codes.
            AccessError: If the register cannot be written.
        """
        if code is not None:
            self._require_patience(caller, SETUP)
            if not is_same(tidy_code(code), self.register.setup_code):
                self._failed(caller, SETUP)
                raise DeniedError(say("The set-up code is wrong. `crosswatch setup-code` prints it."))
        user = await asyncio.to_thread(make_user, name or FIRST_USER, password, self._clock.now())
        token, session = self._new_session(user.name, caller)

        def change(register: Register) -> Register:
            if register.users:
                raise DeniedError(say("Somebody has set a password already. Sign in with it."))
            return msgspec.structs.replace(register, users=(user,), sessions=(session,), setup_code="")

        await self._change(change)
        log.info("the first password is set", extra={"event": "access.claimed"})
        return token

    # ---------------------------------------------------------------- sessions

    async def sign_in(self, name: str, password: str, *, caller: Caller, old_token: str | None) -> str:
        """A new session's token; the browser's old session ends.

        Args:
            name: The user; empty means the only one.
            password: The password.
            caller: From where.
            old_token: The cookie that the browser has now.

        Raises:
            DeniedError: If the name or the password is wrong.
            TooManyTriesError: If there were too many wrong ones, or too many try at once.
            AccessError: If the register cannot be read or written.
        """
        if self.problem:
            raise AccessError(self.problem)
        users = self.register.users
        wanted = name.strip() or (users[0].name if len(users) == 1 else "")
        user = self.register.user(wanted)
        await self._verify(user, wanted, password, caller)
        token, session = self._new_session(user.name if user else wanted, caller)
        old = digest(old_token) if old_token else ""

        def change(register: Register) -> Register:
            kept = tuple(one for one in register.sessions if one.digest != old)
            return msgspec.structs.replace(register, sessions=(*kept, session)).without_stale(
                session.created_at
            )

        await self._change(change)
        log.info("%s signed in from %s", session.user, caller.address, extra={"event": "access.signed_in"})
        return token

    async def end_session(self, session_id: str) -> bool:
        """End one session; whether there was one."""
        return await self._end(lambda one: one.id == session_id)

    async def end_other_sessions(self, kept_id: str) -> bool:
        """End every session but this one (or all, if there is none of that id); whether there were any."""
        return await self._end(lambda one: one.id != kept_id)

    async def change_password(self, name: str, current: str, new: str, *, caller: Caller) -> str:
        """Set another password; every session of that user ends, and a new one's token is returned.

        Raises:
            DeniedError: If the current password is wrong.
            UnfitError: If the new one cannot be.
            TooManyTriesError: If there were too many wrong ones.
            AccessError: If the register cannot be written.
        """
        await self._verify(self.register.user(name), name, current, caller)
        user = await asyncio.to_thread(make_user, name, new, self._clock.now())
        token, session = self._new_session(user.name, caller)
        await self._change(lambda register: with_user(register, user, session))
        log.info("%s has set another password", user.name, extra={"event": "access.password_changed"})
        return token

    # ---------------------------------------------------------------- keys

    async def create_key(self, name: str, scope: Scope) -> tuple[str, ApiKey]:
        """A new key, and what is kept of it; the key itself is never seen again.

        Raises:
            UnfitError: If the name is none or taken, or there are too many keys.
            AccessError: If the register cannot be written.
        """
        text, key = make_key(name, scope, self._clock.now())
        await self._change(lambda register: with_key(register, key))
        log.info("the API key %r may %s", key.name, key.scope, extra={"event": "access.key_created"})
        return text, key

    async def revoke_key(self, key_id: str) -> bool:
        """Take a key back; whether there was one of that id."""
        before = self.register.keys
        await self._change(lambda register: without_key(register, key_id))
        return len(self.register.keys) < len(before)

    # ---------------------------------------------------------------- parts

    async def _verify(self, user: User | None, name: str, password: str, caller: Caller) -> None:
        """Check a password, one at a time, so that a crowd can use up neither memory nor processor."""
        if self._waiting >= MOST_WAITING and not self._is_known(caller):
            raise _too_many(1)
        self._waiting += 1
        try:
            async with self._one_at_a_time:
                self._require_patience(caller, name.casefold())
                kept = user.password if user is not None else None
                if not await asyncio.to_thread(is_password, password, kept):
                    self._failed(caller, name.casefold())
                    raise DeniedError(WRONG)
        finally:
            self._waiting -= 1
        self._slow_down.succeeded(caller.source)
        if user is not None and is_outdated(user.password):
            name, before = user.name, user.password
            after = await asyncio.to_thread(hash_password, password)
            await self._change(lambda register: with_renewed_hash(register, name, before, after))

    def _require_patience(self, caller: Caller, account: str) -> None:
        wait = self._slow_down.wait(
            caller.source, account, self._clock.now(), is_known=self._is_known(caller)
        )
        if wait:
            raise _too_many(wait.total_seconds())

    def _failed(self, caller: Caller, account: str) -> None:
        self._slow_down.failed(caller.source, account, self._clock.now())
        log.warning(
            "somebody at %s got a password or a code wrong",
            caller.address or "an unknown address",
            extra={"event": "access.denied"},
        )

    def _is_known(self, caller: Caller) -> bool:
        """Whether the source is the user's own: in this network, or where somebody is signed in from."""
        return caller.is_at_hand or any(one.address == caller.address for one in self.register.sessions)

    def _new_session(self, user: str, caller: Caller) -> tuple[str, Session]:
        token, now = new_token(), self._clock.now()
        session = Session(
            id=new_id(),
            user=user,
            digest=digest(token),
            created_at=now,
            seen_at=now,
            address=caller.address,
            agent=caller.agent[:LONGEST_AGENT],
        )
        return token, session

    async def _end(self, ends: Callable[[Session], bool]) -> bool:
        before = self.register.sessions
        if not any(map(ends, before)):
            return False
        await self._change(
            lambda register: msgspec.structs.replace(
                register, sessions=tuple(one for one in register.sessions if not ends(one))
            )
        )
        return True

    async def _change(self, change: Callable[[Register], Register]) -> None:
        await asyncio.to_thread(self._file.update, change)

    def _note(self, used_id: str, address: str) -> None:
        now = self._clock.now()
        before = self._usage.get(used_id)
        if before is None or now - before.at >= NOTICED_AFTER or before.address != address:
            self._usage[used_id] = Usage(at=now, address=address)

    def _as_used(self, session: Session) -> Session:
        used = self._usage.get(session.id)
        if used is None:
            return session
        return msgspec.structs.replace(session, seen_at=used.at, address=used.address)


def _too_many(wait_s: float) -> TooManyTriesError:
    seconds = max(1, round(wait_s))
    sentence = say("That was wrong too often. The next try counts in {seconds} s.", seconds=seconds)
    return TooManyTriesError(sentence, wait_s=wait_s)
